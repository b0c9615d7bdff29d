# mypy: allow-subclassing-any
"""Timers on our clock: the due time is computed when the timer is armed, in UTC, and fires when the machine says it is due."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.timer import (
    CycleTimerEventDefinition,
    DurationTimerEventDefinition,
    TimeDateEventDefinition,
)
from SpiffWorkflow.task import Task

from bpmn import BadDuration, Duration, EventDefinition, Unit

MOST_CYCLES = 100
SHORTEST_CYCLE = 60  # seconds
_CYCLE = re.compile(r"R(\d{1,4})/(P.+)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})")


class TimerError(ValueError):
    """A timer text that cannot be used; the message says how to write it."""


def due_of(task: Task) -> datetime:
    """When an armed timer is due (aware, UTC)."""
    return datetime.fromisoformat(task.internal_data["due"])


class _Armed:
    """Armed once, at the clock of its case; fires only when the machine marks it (`event_fired`), in the order of due times."""

    def has_fired(self, my_task: Task) -> bool:
        """SpiffWorkflow's question; the first time it is asked the timer is armed."""
        if "due" not in my_task.internal_data:
            due = self.first_due(my_task.workflow.top_workflow.now)
            my_task.internal_data["due"] = due.astimezone(UTC).isoformat()
        return bool(my_task.internal_data.get("event_fired", False))

    def update_task(self, my_task: Task) -> None:
        """A cycle is armed anew as a task of its own, see `again`."""

    def first_due(self, now: datetime) -> datetime:
        """The instant at which a timer armed at `now` is due."""
        raise NotImplementedError

    def again(self, my_task: Task) -> dict[str, Any] | None:
        """What the next arming of a cycle starts with; None when there is none."""
        del my_task
        return None


class DateTimer(_Armed, TimeDateEventDefinition):
    """Due at one instant."""

    def __init__(self, name: str, at: datetime) -> None:
        super().__init__(name, at.isoformat())
        self.at = at

    def first_due(self, now: datetime) -> datetime:
        """The instant itself, past or not."""
        del now
        return self.at


class DurationTimer(_Armed, DurationTimerEventDefinition):
    """Due an elapsed time after it was armed."""

    def __init__(self, name: str, seconds: int) -> None:
        super().__init__(name, f"PT{seconds}S")
        self.after = timedelta(seconds=seconds)

    def first_due(self, now: datetime) -> datetime:
        """Seconds of elapsed time, on which no daylight saving has any effect."""
        return now.astimezone(UTC) + self.after


class CycleTimer(_Armed, CycleTimerEventDefinition):
    """Due `times` times, each time a period after the last due time: missed periods are caught up, none drifts."""

    def __init__(self, name: str, times: int, seconds: int) -> None:
        super().__init__(name, f"R{times}/PT{seconds}S")
        self.times, self.period = times, timedelta(seconds=seconds)

    def first_due(self, now: datetime) -> datetime:
        """One period after it was armed."""
        return now.astimezone(UTC) + self.period

    def again(self, my_task: Task) -> dict[str, Any] | None:
        """The next due time and how many are left after it."""
        left = my_task.internal_data.get("left", self.times - 1)
        if left <= 0:
            return None
        return {"due": (due_of(my_task) + self.period).isoformat(), "left": left - 1}


def read_timer(name: str, definition: EventDefinition) -> DateTimer | DurationTimer | CycleTimer:
    """The timer that a `timerEventDefinition` writes down. Raises TimerError with a sentence."""
    text = (definition.text or "").strip()
    if definition.timer == "timeDate":
        return DateTimer(name, _instant(text))
    if definition.timer == "timeDuration":
        return DurationTimer(name, _seconds(text))
    if definition.timer == "timeCycle":
        match = _CYCLE.fullmatch(text)
        if match is None or not 1 <= int(match[1]) <= MOST_CYCLES:
            raise TimerError(f"{text[:40]!r} is not a cycle: write R<1 to {MOST_CYCLES}>/<duration>, e.g. R3/PT1H")
        seconds = _seconds(match[2])
        if seconds < SHORTEST_CYCLE:
            raise TimerError(f"{text[:40]!r} repeats faster than once a minute: use PT1M or more")
        return CycleTimer(name, int(match[1]), seconds)
    raise TimerError("a timer needs exactly one of a date, a duration or a cycle")


def _seconds(text: str) -> int:
    try:
        duration = Duration.parse(text)
    except BadDuration:
        raise TimerError(f"{text[:40]!r} is not a duration: write e.g. PT4H or P2D (at most five years, no months)") from None
    if duration.unit is not Unit.ELAPSED:
        raise TimerError(f"{text[:40]!r} is working time, which a timer cannot count: write elapsed time, e.g. PT4H")
    return duration.amount


def _instant(text: str) -> datetime:
    if not _DATE.fullmatch(text):
        raise TimerError(f"{text[:40]!r} is not a date with an offset: write e.g. 2026-12-01T09:00:00+08:00")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise TimerError(f"{text[:40]!r} is not a date that exists") from None
