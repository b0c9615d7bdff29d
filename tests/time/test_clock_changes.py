"""The two days a year on which Berlin changes its clocks, and a zone that stopped changing them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.time.hours import at, berlin, berlin_nights, berlin_office, cn, data, of, office

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def test_the_night_shift_is_seven_hours_in_spring_and_nine_in_autumn() -> None:
    lengths = [berlin_nights().working_seconds_of(day - timedelta(days=1)) / 3600 for day in (SPRING, AUTUMN)]
    assert lengths == [7, 9]
    assert berlin_nights().working_seconds_of(date(2026, 6, 10)) == 8 * 3600


def test_anna_finishes_an_hour_later_by_the_clock_on_the_wall_in_spring_and_an_hour_earlier_in_autumn() -> None:
    assert berlin_nights().add(berlin("2026-03-28 23:00"), of("4 working hours")) == berlin("2026-03-29 04:00")
    assert berlin_nights().add(berlin("2026-10-24 23:00"), of("4 working hours")) == berlin("2026-10-25 02:00", fold=1)


@pytest.mark.parametrize("start", ["2026-03-28 20:00", "2026-10-24 20:00", "2026-06-10 20:00"])
def test_elapsed_hours_are_never_moved_by_the_clocks(start: str) -> None:
    deadline = berlin_nights().add(berlin(start), of("PT24H"))
    assert deadline.astimezone(UTC) - berlin(start).astimezone(UTC) == timedelta(hours=24)


def test_the_hour_that_is_shown_twice_is_worked_twice() -> None:
    first, second = berlin("2026-10-25 02:30", fold=0), berlin("2026-10-25 02:30", fold=1)
    assert berlin_nights().between(first, second) == 3600
    assert berlin_office().working_seconds_of(AUTUMN) == (4.5 + 8) * 3600


def test_the_hour_that_is_skipped_is_not_worked() -> None:
    assert berlin_nights().between(berlin("2026-03-29 01:30"), berlin("2026-03-29 03:30")) == 3600
    assert berlin_office().working_seconds_of(SPRING) == (2.5 + 8) * 3600


def test_a_slot_inside_the_skipped_hour_does_not_exist_on_that_day() -> None:
    calendar = office(zone="Europe/Berlin", weekly={"sun": [["02:00", "03:00"]]})
    assert not calendar.is_working_day(SPRING)
    assert calendar.working_seconds_of(AUTUMN) == 2 * 3600


def test_a_slot_that_begins_in_the_skipped_hour_begins_when_the_clocks_have_jumped() -> None:
    calendar = office(zone="Europe/Berlin", weekly={"sun": [["02:30", "05:00"]]})
    assert calendar.hours_of(SPRING) == ((berlin("2026-03-29 03:00"), berlin("2026-03-29 05:00")),)


def test_moscow_and_shanghai_do_not_change_their_clocks() -> None:
    moscow = office(zone="Europe/Moscow", weekly={day: [["22:00", "06:00"]] for day in ("sat", "sun")})
    assert {moscow.working_seconds_of(day) for day in (SPRING, AUTUMN)} == {8 * 3600}
    assert cn().between(at("2026-03-29 00:00"), at("2026-03-31 00:00")) == 7.5 * 3600


def test_a_zone_half_an_hour_off_and_a_change_of_half_an_hour_are_exact() -> None:
    """Lord Howe Island moves its clocks by thirty minutes."""
    calendar = office(zone="Australia/Lord_Howe", weekly={"sun": [["00:00", "08:00"]]})
    assert calendar.working_seconds_of(date(2026, 4, 5)) == 8.5 * 3600
    assert calendar.working_seconds_of(date(2026, 10, 4)) == 7.5 * 3600


def test_a_calendar_that_never_rests_counts_every_second_of_the_year() -> None:
    every_day = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    calendar = office(zone="Europe/Berlin", weekly=every_day)
    start, end = berlin("2026-01-01 00:00"), berlin("2027-01-01 00:00")
    assert calendar.between(start, end) == 365 * 86_400
    assert calendar.add(start, of("100 working hours")) == start + timedelta(hours=100)


def test_the_night_shift_of_the_last_day_ends_with_the_calendar() -> None:
    calendar = office(**{key: data()[key] for key in ("first", "last")}, weekly={"thu": [["22:00", "06:00"]]})
    assert calendar.working_seconds_of(date(2026, 12, 31)) == 2 * 3600
    assert calendar.hours_of(date(2026, 12, 31))[0][1] == datetime(2026, 12, 31, 16, tzinfo=UTC)
