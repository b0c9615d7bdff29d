"""The shipped working calendar of China, day by day, against an independent list of holidays."""

from __future__ import annotations

from datetime import date, time, timedelta

import chinese_calendar
import pytest

from bpmn import calendar_data

DATA = calendar_data("cn")
DAYS = [date(2024, 1, 1) + timedelta(days=number) for number in range((date(2026, 12, 31) - date(2024, 1, 1)).days + 1)]
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def works_on(day: date) -> bool:
    """What our calendar says of a day."""
    year = DATA["years"][day.year]
    return day in year["make_up"] or (day not in year["off"] and bool(DATA["weekly"][NAMES[day.weekday()]]))


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_day_is_a_working_day_exactly_when_the_state_council_says_so(year):
    days = [day for day in DAYS if day.year == year]
    assert len(days) in {365, 366}
    assert [day for day in days if works_on(day) != chinese_calendar.is_workday(day)] == []


def test_the_calendar_covers_what_it_says_and_names_its_sources():
    assert (DATA["name"], DATA["zone"], DATA["version"]) == ("cn", "Asia/Shanghai", "2026-1")
    assert (DATA["first"], DATA["last"]) == (DAYS[0], DAYS[-1])
    assert set(DATA["years"]) == {2024, 2025, 2026}
    for year, entry in DATA["years"].items():
        assert f"{year}年部分节假日安排的通知" in entry["notice"]
        assert "国办发明电" in entry["notice"]


def test_every_listed_day_is_in_its_year_once_and_make_up_days_are_weekends():
    for year, entry in DATA["years"].items():
        listed = entry["off"] + entry["make_up"]
        assert len(set(listed)) == len(listed)
        assert all(day.year == year for day in listed)
        assert all(day.weekday() >= 5 for day in entry["make_up"])


def test_a_working_day_has_seven_and_a_half_hours_with_a_break_at_noon():
    weekly = DATA["weekly"]
    assert list(weekly) == list(NAMES)
    for name in NAMES[:5]:
        spans = [(time.fromisoformat(start), time.fromisoformat(end)) for start, end in weekly[name]]
        assert spans == [(time(9), time(12)), (time(13, 30), time(18))]
    assert weekly["sat"] == weekly["sun"] == []
