"""Working time: what a duration means on a working calendar, and how much working time lies between two instants.

The calendar is expanded once into segments of working time; W(t), the working time from the first day to t, is then a
binary search, and everything else is arithmetic on W. Instants are counted in whole microseconds since 1970 (UTC).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bpmn import Duration, Unit
from engine.calendar_data import BadCalendar, CalendarData, Slot, read_calendar
from engine.errors import CalendarMissing

__all__ = ["BadCalendar", "Calendar", "Instants", "due", "due_share"]

Instants = Sequence[datetime] | NDArray[np.datetime64]
"""Aware datetimes, or an array of datetime64 that are UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND


@dataclass(frozen=True, slots=True)
class _Day:
    """One working day: its local date and its spans of working time, from and to."""

    date: date
    spans: tuple[tuple[int, int], ...]


class Calendar:
    """A working calendar: name, version and zone, and the first and last local date that it covers.

    A night shift belongs to the day on which it begins, also when it ends on a day off; on days when the clocks change
    it is as long as it really is. All datetimes taken must be aware (ValueError), all returned are UTC. Whatever would
    need a day outside `first` to `last` raises CalendarMissing; only elapsed durations never do.
    """

    __slots__ = (
        "_closings",
        "_cum",
        "_dates",
        "_days",
        "_ends",
        "_high",
        "_low",
        "_openings",
        "_starts",
        "first",
        "last",
        "name",
        "version",
        "zone",
    )

    def __init__(self, data: CalendarData) -> None:
        self.name, self.version, self.zone, self.first, self.last = data.name, data.version, data.zone, data.first, data.last
        self._low = _instant(self.zone, self.first, 0)
        self._high = _instant(self.zone, self.last + timedelta(days=1), 0)
        self._days = tuple(_expand(data, self._high))
        self._dates = [day.date for day in self._days]
        self._openings = [day.spans[0][0] for day in self._days]
        self._closings = [day.spans[-1][1] for day in self._days]
        segments = _merged(span for day in self._days for span in day.spans)
        self._starts = [start for start, _ in segments]
        self._ends = [end for _, end in segments]
        self._cum = [0, *accumulate(end - start for start, end in segments)]

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Calendar:
        """Read `{name, version, zone, first, last, weekly: {mon: [["09:00", "12:00"], ...]}, years: {2026: {off, make_up}}}`.

        Raises BadCalendar with the entry and what is wrong with it. Takes some 20 ms for three years: keep the result.
        """
        return cls(read_calendar(data))

    def __repr__(self) -> str:
        return f"<Calendar {self.name} {self.version}: {self.first} to {self.last}, {self.zone.key}>"

    # Deadlines

    def add(self, start: datetime, duration: Duration) -> datetime:
        """The instant at which a duration that begins at `start` is used up.

        Elapsed time: so many seconds later on any clock.
        Working time: the earliest instant by which so much working time has passed: Friday 18:00, not Monday 09:00.
        Working days, n of them: from inside the working hours of a day (breaks included, and the very minute of closing),
        the same local time on the n-th working day after it, moved into that day's hours: to the opening if it is earlier,
        back to the end of the last slot if it falls into a break or after closing. From outside working hours (a day
        off, before opening, after closing), the closing of the n-th whole working day that follows.
        """
        return self.add_share(start, duration, 100)

    def add_share(self, start: datetime, duration: Duration, percent: int) -> datetime:
        """The instant at which `percent` of the duration are used up, counted in the duration's own unit.

        80 % of 2 working days are 1.6: one whole working day, and then 0.6 of the working time to the next.
        """
        if duration.unit is Unit.ELAPSED:
            return _utc(start) + timedelta(seconds=duration.share(percent))
        begin = self._position(start)
        what = f"{percent} % of {duration}" if percent != 100 else str(duration)
        if duration.unit is Unit.WORKING_TIME:
            return _datetime(self._after(begin, duration.share(percent) * _SECOND, what))
        whole, thousandths = divmod(duration.share(percent), 1_000)
        end = self._days_after(begin, whole, what)
        if thousandths:
            rest = self._worked(self._days_after(begin, whole + 1, what)) - self._worked(end)
            end = self._after(end, rest * thousandths // 1_000, what)
        return _datetime(end)

    def next_working_instant(self, at: datetime) -> datetime:
        """`at` itself when people are at work, otherwise the moment they next begin."""
        x = self._position(at)
        number = bisect_right(self._ends, x)
        if number == len(self._ends):
            raise self._missing(f"nobody is at work between {self._local(x):%Y-%m-%d %H:%M} and the end of")
        return _datetime(max(x, self._starts[number]))

    # Measures

    def between(self, a: datetime, b: datetime) -> int:
        """Working seconds from `a` to `b`, negative when b is earlier: between(a, c) = between(a, b) + between(b, c)."""
        return self._worked(self._position(b)) // _SECOND - self._worked(self._position(a)) // _SECOND

    def between_many(self, starts: Instants, ends: Instants) -> NDArray[np.int64]:
        """`between` for two equally long series at once."""
        return self._worked_many(ends) - self._worked_many(starts)

    # Days

    def is_working_day(self, day: date) -> bool:
        """Whether any work is done on that local date."""
        return bool(self.hours_of(day))

    def working_seconds_of(self, day: date) -> int:
        """Working seconds of the shifts that begin on that local date."""
        spans = self._spans_of(day)
        return sum(end - start for start, end in spans) // _SECOND

    def hours_of(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """From and to of every slot that begins on that local date, in order."""
        return tuple((_datetime(start), _datetime(end)) for start, end in self._spans_of(day))

    # Inside: whole microseconds since 1970

    def _spans_of(self, day: date) -> tuple[tuple[int, int], ...]:
        if not self.first <= day <= self.last:
            raise self._missing(f"{day} lies outside")
        number = bisect_left(self._dates, day)
        return self._days[number].spans if number < len(self._days) and self._dates[number] == day else ()

    def _position(self, at: datetime) -> int:
        x = (_utc(at) - _EPOCH) // _MICROSECOND
        if not self._low <= x <= self._high:
            raise self._missing(f"{at.astimezone(self.zone).date()} lies outside")
        return x

    def _worked(self, x: int) -> int:
        """W(x): working time from the first covered instant to x."""
        number = bisect_right(self._starts, x) - 1
        return 0 if number < 0 else self._cum[number] + min(x, self._ends[number]) - self._starts[number]

    def _worked_many(self, instants: Instants) -> NDArray[np.int64]:
        """W in whole seconds, by one search for all of them."""
        if isinstance(instants, np.ndarray):
            if np.isnat(instants).any():
                raise ValueError("NaT is no instant")
            x = instants.astype("datetime64[us]").astype(np.int64)
        else:
            x = np.fromiter(((_utc(at) - _EPOCH) // _MICROSECOND for at in instants), np.int64, len(instants))
        if outside := x[(x < self._low) | (x > self._high)].tolist():
            raise self._missing(f"{self._local(outside[0]).date()} lies outside")
        starts, ends, cum = (np.asarray(values, np.int64) for values in (self._starts, self._ends, self._cum))
        number = np.searchsorted(starts, x, side="right") - 1
        inside = np.maximum(number, 0)
        worked = cum[inside] + np.minimum(x, ends[inside]) - starts[inside]
        return np.asarray(np.where(number < 0, 0, worked) // _SECOND, np.int64)

    def _after(self, x: int, amount: int, what: str) -> int:
        """The earliest instant with W = W(x) + amount."""
        if amount == 0:
            return x  # W does not tell a Saturday from the Friday evening before it
        target = self._worked(x) + amount
        if target > self._cum[-1]:
            raise self._missing(f"{what} from {self._local(x):%Y-%m-%d %H:%M} end after the last day of")
        number = bisect_left(self._cum, target) - 1
        return self._starts[number] + target - self._cum[number]

    def _days_after(self, x: int, count: int, what: str) -> int:
        if count == 0:
            return x
        today = bisect_right(self._openings, x) - 1
        if today + count >= len(self._days):
            raise self._missing(f"{what} from {self._local(x):%Y-%m-%d %H:%M} end after the last day of")
        if today < 0 or x > self._closings[today]:
            return self._closings[today + count]
        midnight = datetime.combine(self._days[today].date, time.min)
        wall = (self._local(x).replace(tzinfo=None) - midnight) // _MICROSECOND  # beyond 24 hours in a night shift
        day = self._days[today + count]
        return _moved_into(day.spans, _instant(self.zone, day.date, wall))

    def _local(self, x: int) -> datetime:
        return _datetime(x).astimezone(self.zone)

    def _missing(self, what: str) -> CalendarMissing:
        covered = f"the working calendar {self.name!r} (version {self.version}), which covers {self.first} to {self.last}"
        return CalendarMissing(f"{what} {covered}; add the missing year to it")


def due(duration: Duration, start: datetime, calendar: Calendar | None) -> datetime:
    """When a duration that begins at `start` is used up (UTC). Only elapsed durations do without a calendar (CalendarMissing)."""
    return due_share(duration, start, calendar, 100)


def due_share(duration: Duration, start: datetime, calendar: Calendar | None, percent: int) -> datetime:
    """When `percent` of the duration are used up (UTC); see `Calendar.add_share`."""
    if duration.unit is Unit.ELAPSED:
        return _utc(start) + timedelta(seconds=duration.share(percent))
    if calendar is None:
        raise CalendarMissing(f"{duration} can only be counted on a working calendar, and none is given")
    return calendar.add_share(start, duration, percent)


def _utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError(f"{at} does not say its time zone")
    return at.astimezone(UTC)


def _datetime(x: int) -> datetime:
    return _EPOCH + timedelta(microseconds=x)


def _instant(zone: ZoneInfo, day: date, wall: int) -> int:
    """The instant at which the local clocks show `wall` microseconds after that day's midnight.

    A time that the clocks show twice is meant the first time; one that they skip is the moment they jump over it.
    """
    shown = datetime.combine(day, time.min) + timedelta(microseconds=wall)
    first, second = ((shown.replace(tzinfo=zone, fold=fold) - _EPOCH) // _MICROSECOND for fold in (0, 1))
    if first <= second:
        return first
    # PEP 495: in a gap, fold 0 and 1 lie on either side of the jump.
    before = _datetime(second).astimezone(zone).utcoffset()
    seconds = range(second // _SECOND, first // _SECOND + 1)
    jump = bisect_left(seconds, True, key=lambda s: _datetime(s * _SECOND).astimezone(zone).utcoffset() != before)
    return seconds[jump] * _SECOND


def _expand(data: CalendarData, high: int) -> Iterator[_Day]:
    """Every working day; the night shift of the last one is cut off at its midnight, where the calendar ends."""
    for number in range((data.last - data.first).days + 1):
        day = data.first + timedelta(days=number)
        spans = tuple(_spans(data.zone, day, data.slots_of(day), high))
        if spans:
            yield _Day(day, spans)


def _spans(zone: ZoneInfo, day: date, slots: tuple[Slot, ...], high: int) -> Iterator[tuple[int, int]]:
    for start, end in slots:
        span = _instant(zone, day, start * _MINUTE), min(high, _instant(zone, day, end * _MINUTE))
        if span[0] < span[1]:  # a slot can lie wholly in the hour that the clocks skip
            yield span


def _merged(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted and joined where they touch or overlap: nobody works twice at the same time."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def _moved_into(spans: tuple[tuple[int, int], ...], x: int) -> int:
    """x itself inside the spans; else the end of the last span before it, or the opening when there is none."""
    number = bisect_right([start for start, _ in spans], x) - 1
    return spans[0][0] if number < 0 else min(x, spans[number][1])
