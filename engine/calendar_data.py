"""Reads a working calendar from data: weekly hours, days off, make-up days, and every way in which they can be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import BadInput

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONDAY = 0
LONGEST_DAYS = 40 * 366  # a calendar is expanded day by day, so it has an end
MOST_SLOTS = 12
DAY = 24 * 60
_REMARKS = {"title", "source", "note", "notice", "url", "licence"}  # for readers; nothing is computed from them
_ENTRIES = _REMARKS | {"name", "version", "zone", "first", "last", "weekly", "years"}
_YEAR_ENTRIES = _REMARKS | {"off", "make_up"}
_TIME = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d))|24:00")

Slot = tuple[int, int]
"""From and to, in minutes after the local midnight of the day it belongs to; to > DAY runs into the next day."""


class BadCalendar(BadInput):
    """The working calendar cannot be used as it is written. `where` and `what` say which entry and why."""

    def __init__(self, where: str, what: str) -> None:
        self.where, self.what = where, what
        super().__init__(f"working calendar, {where}: {what}", {where: what})


@dataclass(frozen=True, slots=True)
class CalendarData:
    """A calendar as it was written, checked. `weekly` has seven entries, Monday first; days are local dates."""

    name: str
    version: str
    zone: ZoneInfo
    first: date
    last: date
    weekly: tuple[tuple[Slot, ...], ...]
    off: frozenset[date]
    make_up: frozenset[date]

    def slots_of(self, day: date) -> tuple[Slot, ...]:
        """The hours of one local day. A make-up day follows Monday's hours, whatever day of the week it falls on."""
        if day in self.make_up:
            return self.weekly[MONDAY]
        return () if day in self.off else self.weekly[day.weekday()]


def read_calendar(data: Mapping[str, Any]) -> CalendarData:
    """Check calendar data and return it as values. Raises BadCalendar.

    Dates may be dates or ISO texts and years numbers or texts, since the data travels through JSON. Either `years` is
    left out (a calendar without holidays) or it has an entry for every year from `first` to `last`: a year that nobody
    wrote down must not pass for a year without holidays.
    """
    if not isinstance(data, Mapping):
        raise BadCalendar("calendar", "is not a table of entries")
    if unknown := sorted(map(str, data.keys() - _ENTRIES)):
        raise BadCalendar(unknown[0], "is not an entry of a calendar")
    first, last = _date(data.get("first"), "first"), _date(data.get("last"), "last")
    if last < first:
        raise BadCalendar("last", f"{last} lies before the first day {first}")
    if (last - first).days >= LONGEST_DAYS:
        raise BadCalendar("last", f"{last} is more than 40 years after the first day {first}")
    weekly = _weekly(data.get("weekly"))
    off, make_up = _exceptions(data.get("years"), first, last)
    if make_up and not weekly[MONDAY]:
        raise BadCalendar("weekly.mon", "make-up days follow Monday's hours, and Monday has none")
    name, version = _text(data.get("name"), "name"), _text(data.get("version"), "version")
    return CalendarData(name, version, _zone(data.get("zone")), first, last, weekly, off, make_up)


def _text(value: object, where: str) -> str:
    text = str(value).strip() if isinstance(value, str | int | float | date) and not isinstance(value, bool) else ""
    if not text or len(text) > 64:
        raise BadCalendar(where, "must be a text of 1 to 64 characters")
    return text


def _date(value: object, where: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise BadCalendar(where, f"{value!r} is not a date like 2026-02-14")


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(_text(value, "zone"))
    except (KeyError, ValueError, OSError):  # OSError: the name of a directory of zones, such as Asia
        raise BadCalendar("zone", f"{value!r} is not a time zone; write one like Asia/Shanghai") from None


def _minutes(value: object, where: str) -> int:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:  # YAML reads 13:30 without quotes as the number 810
        raise BadCalendar(where, f'{value!r} is not a time of day; write it in quotes like "09:00", at most "24:00"')
    return DAY if match[1] is None else int(match[1]) * 60 + int(match[2])


def _slot(value: object, where: str) -> Slot:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise BadCalendar(where, f'{value!r} needs a start and an end, like ["09:00", "12:00"]')
    start, end = (_minutes(time, where) for time in value)
    if start == end:
        raise BadCalendar(where, f'{value[0]} to {value[1]} has no length; a whole day is "00:00" to "24:00"')
    if start == DAY:
        raise BadCalendar(where, "no slot starts at 24:00; write 00:00 on the next day")
    return start, end if end > start else end + DAY


def _weekly(value: object) -> tuple[tuple[Slot, ...], ...]:
    if not isinstance(value, Mapping):
        raise BadCalendar("weekly", "is missing: it lists the hours of mon, tue, wed, thu, fri, sat, sun")
    if unknown := sorted(map(str, value.keys() - set(WEEKDAYS))):
        raise BadCalendar(f"weekly.{unknown[0]}", f"is not a day of the week; they are {', '.join(WEEKDAYS)}")
    days = tuple(_slots_of_day(value.get(day), f"weekly.{day}") for day in WEEKDAYS)
    if not any(days):
        raise BadCalendar("weekly", "no day has working hours, so no deadline could ever be reached")
    for number, slots in enumerate(days):
        following = days[(number + 1) % 7]
        if slots and following and slots[-1][1] - DAY > following[0][0]:
            where = WEEKDAYS[(number + 1) % 7]
            raise BadCalendar(f"weekly.{where}", f"starts before the night shift of {WEEKDAYS[number]} has ended")
    return days


def _slots_of_day(value: object, where: str) -> tuple[Slot, ...]:
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MOST_SLOTS:
        raise BadCalendar(where, f'must be a list of at most {MOST_SLOTS} slots like ["09:00", "12:00"]')
    slots = sorted(_slot(slot, f"{where}[{number}]") for number, slot in enumerate(value))
    for (_, end), (start, _) in pairwise(slots):
        if start < end:
            raise BadCalendar(where, f"two slots overlap at {start // 60:02}:{start % 60:02}")
    return tuple(slots)


def _exceptions(years: object, first: date, last: date) -> tuple[frozenset[date], frozenset[date]]:
    if years is None:
        return frozenset(), frozenset()
    if not isinstance(years, Mapping):
        raise BadCalendar("years", "must list a year with its days off and make-up days, like 2026: {off: [...], make_up: [...]}")
    by_year = {_year(key): _year_entry(key, entry) for key, entry in years.items()}
    if len(by_year) < len(years):
        raise BadCalendar("years", "has two entries for the same year")
    for year in range(first.year, last.year + 1):
        if year not in by_year:
            what = f"{year} lies between first and last but has no entry; without holidays write {year}: {{}}"
            raise BadCalendar("years", what)
    off = frozenset(day for year, entry in by_year.items() for day in _days(entry, year, "off"))
    make_up = frozenset(day for year, entry in by_year.items() for day in _days(entry, year, "make_up"))
    if both := sorted(off & make_up):
        raise BadCalendar(f"years.{both[0].year}", f"{both[0]} is both a day off and a make-up day")
    return off, make_up


def _year_entry(year: object, entry: object) -> Mapping[str, Any]:
    if entry is None:
        return {}
    if not isinstance(entry, Mapping):
        raise BadCalendar(f"years.{year}", "must be a table with the lists off and make_up")
    if False in entry:
        raise BadCalendar(f"years.{year}", 'write "off" in quotes: YAML reads the bare word as false')
    if unknown := sorted(map(str, entry.keys() - _YEAR_ENTRIES)):
        raise BadCalendar(f"years.{year}.{unknown[0]}", "is not an entry of a year; there are off, make_up and notice")
    return entry


def _year(key: object) -> int:
    if not isinstance(key, bool) and re.fullmatch(r"\d{4}", str(key)):
        return int(str(key))
    raise BadCalendar("years", f"{key!r} is not a year like 2026")


def _days(entry: Mapping[str, Any], year: int, kind: str) -> Iterator[date]:
    days = entry.get(kind) or ()
    if not isinstance(days, Sequence) or isinstance(days, str) or len(days) > 366:
        raise BadCalendar(f"years.{year}.{kind}", "must be a list of dates")
    for value in days:
        day = _date(value, f"years.{year}.{kind}")
        # The notice for a year may name days of the December before it, and no others.
        if day.year != year and (day.year, day.month) != (year - 1, 12):
            raise BadCalendar(f"years.{year}.{kind}", f"{day} does not belong to {year}")
        yield day
