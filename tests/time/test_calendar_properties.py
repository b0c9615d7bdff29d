"""What holds for every calendar and every instant, and agrees with counting minute by minute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpmn import Duration, Unit
from engine.calendars import Calendar
from engine.errors import CalendarMissing
from tests.time.hours import DAYS, NIGHT, OFFICE, WEEK, berlin_nights, berlin_office, cn, data, of, office, year

CALENDARS = [cn, berlin_nights, berlin_office]
YEAR, SPRING, AUTUMN = (datetime(2026, month, day, 12, tzinfo=UTC) for month, day in ((1, 3), (3, 28), (10, 24)))


def within(start: datetime, days: int) -> st.SearchStrategy[datetime]:
    return st.integers(0, days * 86_400 * 10**6).map(lambda microseconds: start + timedelta(microseconds=microseconds))


instants = within(YEAR, 270)
times = instants | within(SPRING, 1) | within(AUTUMN, 1)
calendars = st.sampled_from(CALENDARS).map(lambda make: make())
seconds = st.integers(1, 100 * 3600)  # twice as much still ends within the year


def working(amount: int) -> Duration:
    return Duration(amount, Unit.WORKING_TIME)


@given(calendars, times, seconds)
def test_the_time_until_the_deadline_is_the_duration_that_was_given(calendar: Calendar, start: datetime, amount: int) -> None:
    deadline = calendar.add(start, working(amount))
    assert calendar.between(start, deadline) == amount


@given(calendars, times, seconds)
def test_no_earlier_instant_would_do(calendar: Calendar, start: datetime, amount: int) -> None:
    deadline = calendar.add(start, working(amount))
    assert calendar.between(start, deadline - timedelta(seconds=1)) < amount


@given(calendars, times, seconds, seconds)
def test_two_durations_in_a_row_are_their_sum(calendar: Calendar, start: datetime, one: int, two: int) -> None:
    assert calendar.add(calendar.add(start, working(one)), working(two)) == calendar.add(start, working(one + two))


@given(calendars, times, times, times)
def test_working_time_adds_up_and_changes_its_sign(calendar: Calendar, a: datetime, b: datetime, c: datetime) -> None:
    assert calendar.between(a, c) == calendar.between(a, b) + calendar.between(b, c)
    assert calendar.between(a, b) == -calendar.between(b, a)
    assert calendar.between(a, a) == 0


@given(calendars, times, times, seconds)
def test_who_starts_later_is_never_due_earlier(calendar: Calendar, a: datetime, b: datetime, amount: int) -> None:
    early, late = sorted((a, b))
    assert calendar.add(early, working(amount)) <= calendar.add(late, working(amount))
    assert calendar.between(early, late) >= 0


@given(st.sampled_from([cn, berlin_office]).map(lambda make: make()), instants, instants, st.integers(1, 10))
def test_that_holds_for_working_days_too(calendar: Calendar, a: datetime, b: datetime, days: int) -> None:
    early, late = sorted((a, b))
    duration = Duration(days, Unit.WORKING_DAYS)
    assert calendar.add(early, duration) <= calendar.add(late, duration)


@given(calendars, times, st.integers(1, 10))
def test_a_deadline_in_working_days_lies_in_the_hours_of_the_right_day(calendar: Calendar, start: datetime, days: int) -> None:
    deadline = calendar.add(start, Duration(days, Unit.WORKING_DAYS))
    local = deadline.astimezone(calendar.zone).date()
    hours = calendar.hours_of(local - timedelta(days=1)) + calendar.hours_of(local)
    assert any(opening <= deadline <= closing for opening, closing in hours)
    assert deadline > start


durations = st.builds(Duration, st.integers(1, 8), st.just(Unit.WORKING_DAYS)) | seconds.map(working)


@given(calendars, times, durations, st.integers(1, 200), st.integers(1, 200))
def test_a_larger_share_is_never_due_earlier(calendar: Calendar, start: datetime, duration: Duration, one: int, two: int) -> None:
    small, large = sorted((one, two))
    assert start <= calendar.add_share(start, duration, small) <= calendar.add_share(start, duration, large)


@given(calendars, times, durations)
def test_a_hundred_percent_is_the_deadline(calendar: Calendar, start: datetime, duration: Duration) -> None:
    assert calendar.add_share(start, duration, 100) == calendar.add(start, duration)


@given(calendars, times, st.integers(1, 10**7))
def test_elapsed_time_never_asks_the_calendar(calendar: Calendar, start: datetime, amount: int) -> None:
    assert calendar.add(start, Duration(amount, Unit.ELAPSED)) == start + timedelta(seconds=amount)


@given(calendars, st.lists(st.tuples(times, times), min_size=1, max_size=30))
def test_many_at_once_are_the_same_as_one_by_one(calendar: Calendar, pairs: list[tuple[datetime, datetime]]) -> None:
    starts, ends = [a for a, _ in pairs], [b for _, b in pairs]
    one_by_one = [calendar.between(a, b) for a, b in pairs]
    assert calendar.between_many(starts, ends).tolist() == one_by_one
    as_arrays = [np.array([at.replace(tzinfo=None) for at in column], "datetime64[us]") for column in (starts, ends)]
    assert calendar.between_many(*as_arrays).tolist() == one_by_one


def test_many_at_once_refuse_what_one_alone_would_refuse() -> None:
    start, outside = datetime(2026, 3, 6, tzinfo=UTC), datetime(2027, 3, 6, tzinfo=UTC)
    with pytest.raises(CalendarMissing, match="2027-03-06 lies outside"):
        cn().between_many([start, start], [start, outside])
    with pytest.raises(ValueError, match="time zone"):
        cn().between_many([start], [datetime.fromisoformat("2026-03-06")])
    assert cn().between_many([], []).tolist() == []


def test_an_open_end_is_no_instant() -> None:
    with pytest.raises(ValueError, match="NaT"):
        cn().between_many(np.array(["2026-03-06"], "datetime64[us]"), np.array(["NaT"], "datetime64[us]"))


# Minute by minute

WEEKS: list[tuple[str, Mapping[str, Any]]] = [
    ("Asia/Shanghai", dict.fromkeys(WEEK, OFFICE)),
    ("Europe/Berlin", dict.fromkeys(DAYS, NIGHT)),
    (
        "Europe/Berlin",
        {"mon": [["06:00", "14:00"], ["14:00", "22:00"]], "sat": [["00:00", "24:00"]], "sun": [["18:00", "04:00"]]},
    ),
    ("America/New_York", {"fri": [["20:00", "05:00"]], "sat": [["20:00", "05:00"]], "mon": [["08:00", "08:30"]]}),
]
HOLIDAY = datetime(2026, 4, 29, 12, tzinfo=UTC)
OFF, MAKE_UP = date(2026, 5, 1), date(2026, 5, 10)


def is_worked(minute: datetime, zone: str, weekly: Mapping[str, Any]) -> bool:
    """Whether the wall clock stands in a slot: of its own day, or of a night shift of the day before."""
    local = minute.astimezone(ZoneInfo(zone))
    for days_ago in (0, 1):
        day = local.date() - timedelta(days=days_ago)
        template = () if day == OFF else weekly.get("mon" if day == MAKE_UP else DAYS[day.weekday()], ())
        wall = (local.hour + 24 * days_ago) * 60 + local.minute
        for start, end in template:
            opens, closes = (int(text[:2]) * 60 + int(text[3:]) for text in (start, end))
            if opens <= wall < (closes if closes > opens else closes + 24 * 60):
                return True
    return False


@pytest.mark.parametrize(("zone", "weekly"), WEEKS)
@given(data_=st.data())
@settings(max_examples=25, deadline=None)
def test_the_calendar_agrees_with_counting_every_minute(zone: str, weekly: Mapping[str, Any], data_: st.DataObject) -> None:
    calendar = office(zone=zone, weekly=weekly, years=year(off=("2026-05-01",), make_up=("2026-05-10",)))
    around = data_.draw(st.sampled_from([YEAR, SPRING - timedelta(days=1), HOLIDAY, AUTUMN - timedelta(days=1)]))
    start = around + timedelta(minutes=data_.draw(st.integers(0, 3 * 1440)))
    length = data_.draw(st.integers(0, 5 * 1440))
    counted = sum(is_worked(start + timedelta(minutes=minute), zone, weekly) for minute in range(length))
    assert calendar.between(start, start + timedelta(minutes=length)) == counted * 60


def test_a_calendar_says_what_it_is() -> None:
    calendar = Calendar.from_data(data(name="plant", version=7))
    assert (calendar.name, calendar.version, calendar.zone.key) == ("plant", "7", "Asia/Shanghai")
    assert repr(calendar) == "<Calendar plant 7: 2026-01-01 to 2026-12-31, Asia/Shanghai>"
    assert calendar.add(datetime(2026, 3, 6, 1, tzinfo=UTC), of("1 working hour")) == datetime(2026, 3, 6, 2, tzinfo=UTC)
