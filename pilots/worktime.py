"""Working time for the figures: the calendars of a pilot by name, and what is said when one of them is missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo

from bpmn import Duration, Unit
from engine import Calendar, CalendarMissing


class WorkTime:
    """The calendars by name, with the pilot's own as the default. Remembers why a figure had to stay empty."""

    def __init__(self, calendars: Mapping[str, Calendar], default: str) -> None:
        self._calendars, self._default = calendars, default
        self.missing: set[str] = set()

    @property
    def zone(self) -> tzinfo:
        """The zone in which days and weeks are counted: the pilot's calendar's, or UTC without one."""
        calendar = self._calendars.get(self._default)
        return calendar.zone if calendar else UTC

    def seconds(self, start: datetime, end: datetime, name: str | None = None) -> int | None:
        """Working seconds from start to end; None (and remembered) where no calendar covers them."""
        try:
            return self._calendar(name).between(start, end)
        except CalendarMissing as missing:
            self.missing.add(str(missing))
            return None

    def due(self, start: datetime, limit: Duration) -> datetime:
        """When a limit that begins at start is used up. Raises CalendarMissing; elapsed limits never do."""
        if limit.unit is Unit.ELAPSED:
            return start + timedelta(seconds=limit.amount)
        return self._calendar(None).add(start, limit)

    def week(self, at: datetime) -> date:
        """The Monday of the local week."""
        day = at.astimezone(self.zone).date()
        return day - timedelta(days=day.weekday())

    def midnight(self, day: date) -> datetime:
        """The instant (UTC) at which a local day begins."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def _calendar(self, name: str | None) -> Calendar:
        found = self._calendars.get(name or self._default)
        if found is None:
            raise CalendarMissing(f"there is no working calendar {name or self._default!r}")
        return found


def wall_seconds(start: datetime, end: datetime) -> int:
    """Whole seconds on any clock."""
    return (end - start) // timedelta(seconds=1)
