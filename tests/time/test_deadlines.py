"""Deadlines in the customer service of a Chinese company, over weekends, holidays and make-up days."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest

from engine.calendars import Calendar, due
from engine.errors import CalendarMissing
from tests.time.hours import at, cn, data, of, office, year


@pytest.mark.parametrize(
    ("start", "duration", "deadline"),
    [
        ("2026-02-13 17:00", "2 working hours", "2026-02-14 10:00"),  # that Saturday is a make-up day
        ("2026-02-14 17:00", "2 working hours", "2026-02-24 10:00"),  # then comes the Spring Festival
        ("2025-09-30 17:00", "16 working hours", "2025-10-10 18:00"),  # National Day and Mid-Autumn in one
    ],
)
def test_deadlines_step_over_the_holidays_that_the_state_council_announced(start: str, duration: str, deadline: str) -> None:
    assert cn().add(at(start), of(duration)) == at(deadline)


def test_every_day_of_three_years_agrees_with_an_independent_list_of_workdays() -> None:
    day, last = date(2024, 1, 1), date(2026, 12, 31)
    differing = []
    while day <= last:
        if cn().is_working_day(day) != chinese_calendar.is_workday(day):
            differing.append(day)
        day += timedelta(days=1)
    assert differing == []


@pytest.mark.parametrize(("year_", "hours"), [(2024, 1882.5), (2025, 1860), (2026, 1860)])
def test_a_year_has_as_many_working_hours_as_workdays_of_seven_and_a_half(year_: int, hours: float) -> None:
    last = at(f"{year_}-12-31 18:00")
    assert cn().between(at(f"{year_}-01-01 00:00"), last) == hours * 3600


def test_work_that_ends_with_the_week_is_due_on_friday_evening_and_not_on_monday_morning() -> None:
    assert cn().add(at("2026-03-06 16:00"), of("2 working hours")) == at("2026-03-06 18:00")


def test_chen_jing_has_her_lunch_and_the_clock_waits() -> None:
    assert cn().add(at("2026-03-06 11:50"), of("30 working minutes")) == at("2026-03-06 13:50")


def test_a_complaint_of_saturday_night_begins_to_count_on_monday_morning() -> None:
    assert cn().add(at("2026-03-07 23:10"), of("15 working minutes")) == at("2026-03-09 09:15")


def test_a_part_of_a_second_is_neither_lost_nor_given_away() -> None:
    start = at("2026-03-06 17:59:59.250000")
    assert cn().add(start, of("1 working minute")) == at("2026-03-09 09:00:59.250000")


def test_elapsed_time_runs_through_nights_and_holidays_and_needs_no_calendar() -> None:
    start = at("2026-02-14 17:00")
    assert cn().add(start, of("PT48H")) == due(of("PT48H"), start, None) == at("2026-02-16 17:00")


def test_deadlines_are_given_in_utc_whatever_zone_the_start_was_in() -> None:
    start = datetime(2026, 3, 6, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    for duration in ("1 working hour", "PT1H"):
        deadline = due(of(duration), start, cn())
        assert (deadline.tzinfo, deadline) == (UTC, datetime(2026, 3, 6, 3, tzinfo=UTC))


@pytest.mark.parametrize("duration", ["PT1H", "1 working hour", "1 working day"])
def test_an_instant_without_a_zone_is_refused(duration: str) -> None:
    naive = datetime.fromisoformat("2026-03-06 10:00")
    with pytest.raises(ValueError, match="time zone"):
        due(of(duration), naive, cn())
    with pytest.raises(ValueError, match="time zone"):
        cn().between(naive, at("2026-03-06 12:00"))


def test_eighty_percent_of_four_working_hours_are_three_hours_and_twelve_minutes() -> None:
    start = at("2026-03-06 09:00")
    assert cn().add_share(start, of("4 working hours"), 80) == at("2026-03-06 13:42")
    assert cn().add_share(start, of("4 working hours"), 120) == at("2026-03-06 15:18")


def test_who_asks_beyond_the_published_years_is_told_the_date_and_the_calendar() -> None:
    with pytest.raises(CalendarMissing, match=r"2027-01-04 lies outside the working calendar 'cn' .* 2024-01-01 to 2026-12-31"):
        cn().add(at("2027-01-04 09:00"), of("1 working hour"))
    with pytest.raises(CalendarMissing, match=r"2023-12-29 lies outside"):
        cn().between(at("2023-12-29 09:00"), at("2024-01-03 09:00"))
    with pytest.raises(CalendarMissing, match="2027-05-01 lies outside"):
        cn().is_working_day(date(2027, 5, 1))


@pytest.mark.parametrize("duration", ["4 working hours", "1 working day"])
def test_a_deadline_in_a_year_that_nobody_knows_yet_is_not_guessed(duration: str) -> None:
    with pytest.raises(CalendarMissing, match=f"{duration} from 2026-12-31 16:00 end after the last day of"):
        cn().add(at("2026-12-31 16:00"), of(duration))


def test_the_last_working_hour_of_the_calendar_can_still_be_used() -> None:
    assert cn().add(at("2026-12-31 17:00"), of("1 working hour")) == at("2026-12-31 18:00")


def test_working_time_without_a_calendar_is_refused() -> None:
    with pytest.raises(CalendarMissing, match="2 working hours can only be counted on a working calendar"):
        due(of("2 working hours"), at("2026-03-06 10:00"), None)


def test_a_calendar_survives_its_journey_through_json() -> None:
    written = data(years=year(off=("2026-05-01",), make_up=("2026-05-09",)))
    again = Calendar.from_data(json.loads(json.dumps(written)))
    assert again.add(at("2026-04-30 17:00"), of("2 working hours")) == at("2026-05-04 10:00")
    assert again.is_working_day(date(2026, 5, 9))


def test_a_make_up_day_follows_monday_even_when_its_own_weekday_has_other_hours() -> None:
    weekly = data()["weekly"] | {"sat": [["10:00", "12:00"]]}
    calendar = office(weekly=weekly, years=year(make_up=("2026-05-09",)))
    assert calendar.working_seconds_of(date(2026, 5, 9)) == 7.5 * 3600
    assert calendar.working_seconds_of(date(2026, 5, 16)) == 2 * 3600
    assert calendar.working_seconds_of(date(2026, 5, 17)) == 0


def test_the_hours_of_a_day_can_be_read_off() -> None:
    assert cn().hours_of(date(2026, 2, 14)) == (
        (at("2026-02-14 09:00"), at("2026-02-14 12:00")),
        (at("2026-02-14 13:30"), at("2026-02-14 18:00")),
    )
    assert cn().hours_of(date(2026, 2, 15)) == ()


def test_zhou_min_begins_when_the_office_next_opens() -> None:
    assert cn().next_working_instant(at("2026-02-14 18:00")) == at("2026-02-24 09:00")
    assert cn().next_working_instant(at("2026-02-24 10:30")) == at("2026-02-24 10:30")
    with pytest.raises(CalendarMissing, match="nobody is at work between 2026-12-31 18:00 and the end of"):
        cn().next_working_instant(at("2026-12-31 18:00"))
