"""What "2 working days" means, case by case: the same local time, n working days on, inside that day's hours."""

from __future__ import annotations

import pytest

from tests.time.hours import NIGHT, WEEK, at, berlin, berlin_nights, cn, data, of, office, year


@pytest.mark.parametrize(
    ("start", "days", "deadline", "why"),
    [
        ("2026-03-04 10:15", 1, "2026-03-05 10:15", "the same time on the next day"),
        ("2026-03-06 10:15", 1, "2026-03-09 10:15", "over the weekend"),
        ("2026-02-13 16:00", 1, "2026-02-14 16:00", "the make-up Saturday counts"),
        ("2026-02-13 16:00", 2, "2026-02-24 16:00", "the Spring Festival does not"),
        ("2026-03-04 09:00", 1, "2026-03-05 09:00", "from opening to opening"),
        ("2026-03-04 18:00", 1, "2026-03-05 18:00", "from closing to closing"),
        ("2026-03-04 12:30", 1, "2026-03-05 12:00", "in the lunch break: the end of the morning"),
        ("2026-03-04 08:59", 1, "2026-03-04 18:00", "before opening: that whole day"),
        ("2026-03-04 18:01", 1, "2026-03-05 18:00", "after closing: the next whole day"),
        ("2026-03-07 11:00", 1, "2026-03-09 18:00", "on a Saturday: the whole Monday"),
        ("2026-03-08 23:59", 2, "2026-03-10 18:00", "on a Sunday: Monday and Tuesday"),
        ("2024-01-01 10:00", 1, "2024-01-02 18:00", "before the first working day of the calendar"),
    ],
)
def test_working_days_are_counted_as_people_count_them(start: str, days: int, deadline: str, why: str) -> None:
    assert cn().add(at(start), of(f"{days} working days")) == at(deadline), why


def test_a_shorter_day_pulls_the_deadline_back_to_its_closing_and_a_later_one_on_to_its_opening() -> None:
    weekly = data()["weekly"] | {"fri": [["10:00", "15:00"]]}
    calendar = office(weekly=weekly)
    assert calendar.add(at("2026-03-05 16:30"), of("1 working day")) == at("2026-03-06 15:00")
    assert calendar.add(at("2026-03-05 09:20"), of("1 working day")) == at("2026-03-06 10:00")


def test_the_very_minute_of_closing_still_belongs_to_the_day() -> None:
    calendar = office(weekly=data()["weekly"] | {"sat": [["09:00", "12:00"]]})
    assert calendar.add(at("2026-03-07 12:00"), of("1 working day")) == at("2026-03-09 12:00")
    assert calendar.add(at("2026-03-07 12:01"), of("1 working day")) == at("2026-03-09 18:00")


def test_a_complaint_of_sunday_gets_the_whole_monday_also_after_a_short_saturday() -> None:
    calendar = office(weekly=data()["weekly"] | {"sat": [["09:00", "12:00"]]})
    assert calendar.add(at("2026-03-08 10:00"), of("1 working day")) == at("2026-03-09 18:00")


def test_parts_of_a_working_day_are_parts_of_its_working_time() -> None:
    start = at("2026-03-04 10:00")
    assert cn().add_share(start, of("1 working day"), 80) == at("2026-03-04 17:30")  # 6 of 7.5 hours
    assert cn().add_share(start, of("1 working day"), 100) == at("2026-03-05 10:00")
    assert cn().add_share(start, of("1 working day"), 120) == at("2026-03-05 11:30")
    assert cn().add_share(start, of("5 working days"), 80) == at("2026-03-10 10:00")  # exactly four days


def test_at_three_in_the_morning_the_night_shift_is_still_in_yesterdays_working_day() -> None:
    assert berlin_nights().add(berlin("2026-06-10 03:00"), of("1 working day")) == berlin("2026-06-11 03:00")
    assert berlin_nights().add(berlin("2026-06-10 12:00"), of("1 working day")) == berlin("2026-06-11 06:00")


def test_a_working_day_keeps_the_local_hour_when_the_clocks_change() -> None:
    for start, deadline in [("2026-03-28 23:00", "2026-03-29 23:00"), ("2026-10-24 23:00", "2026-10-25 23:00")]:
        assert berlin_nights().add(berlin(start), of("1 working day")) == berlin(deadline)


def test_a_local_time_that_the_clocks_skip_is_the_moment_they_jump() -> None:
    assert berlin_nights().add(berlin("2026-03-28 02:30"), of("1 working day")) == berlin("2026-03-29 03:00")


def test_a_local_time_that_the_clocks_show_twice_is_the_first_of_the_two() -> None:
    assert berlin_nights().add(berlin("2026-10-24 02:30"), of("1 working day")) == berlin("2026-10-25 02:30", fold=0)


def test_a_night_shift_runs_on_into_the_holiday_but_none_begins_on_it() -> None:
    calendar = office(weekly=dict.fromkeys(WEEK, NIGHT), years=year(off=("2026-05-01",)))  # a Friday
    assert calendar.between(at("2026-04-30 22:00"), at("2026-05-04 22:00")) == 8 * 3600
    assert calendar.add(at("2026-05-01 01:00"), of("1 working day")) == at("2026-05-05 01:00")
