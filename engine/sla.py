"""The policy of SLA clocks: when a clock is due, when it must be looked at, and how it ends. Decides and does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bpmn import Duration, Standard, Unit
from engine.calendars import Calendar, due, due_share
from engine.errors import CalendarMissing
from engine.ladder import LADDER, RungDue, wake_for


class ClockState(StrEnum):
    """`breached` is sticky: nothing that happens later, completion least of all, turns it into another state."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Armed:
    """What a clock is started with; all instants UTC. `rungs` are in the order of the ladder.

    `wake_at` is the first instant at which time has changed something: look when `wake_at <= now`.
    """

    due_at: datetime
    reaction_due_at: datetime | None
    rungs: tuple[RungDue, ...]
    wake_at: datetime


class Clock(Protocol):
    """The part of a clock that its end depends on. Any row or value with these attributes will do."""

    @property
    def state(self) -> str: ...

    @property
    def due_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a clock ended. `breached_at` is the deadline, however late it was noticed, and None unless breached."""

    state: ClockState
    breached_at: datetime | None = None


def arm(standard: Standard, started_at: datetime, calendars: Mapping[str, Calendar]) -> Armed:
    """Start a clock under a standard; the same arguments always give the same answer.

    Raises CalendarMissing when the standard counts working time and its calendar is not among `calendars`, or when a
    rung lies beyond the years that the calendar covers.
    """
    needed = calendars.get(standard.calendar)
    for duration in (standard.completion, standard.reaction):
        if duration is not None and duration.unit is not Unit.ELAPSED and needed is None:
            raise CalendarMissing(f"{duration} is counted on the working calendar {standard.calendar!r}, which is not loaded")
    rungs = rungs_for(standard.completion, started_at, needed)
    reaction_due_at = due(standard.reaction, started_at, needed) if standard.reaction else None
    return Armed(due(standard.completion, started_at, needed), reaction_due_at, rungs, wake_for(rungs[0].at))


def rungs_for(completion: Duration, started_at: datetime, calendar: Calendar | None) -> tuple[RungDue, ...]:
    """The ladder with its instants, for a duration that begins at `started_at`."""
    return tuple(
        RungDue(rung.percent, rung.action, rung.to, due_share(completion, started_at, calendar, rung.percent)) for rung in LADDER
    )


def is_late(due_at: datetime, at: datetime) -> bool:
    """Whether the deadline has passed. What is done at the deadline exactly is done in time."""
    return at > due_at


def settle(clock: Clock, ended_at: datetime, *, cancelled: bool = False) -> Settlement:
    """How a clock ends when its work ended at `ended_at`: completed, or withdrawn (`cancelled`).

    A deadline that passed before the end counts also when no sweep has noticed it, and also when the work was withdrawn:
    otherwise an outage, or a late withdrawal, would flatter the pilot. A paused clock cannot run out. A clock that has
    ended stays as it ended.
    """
    state = ClockState(clock.state)
    if state in (ClockState.MET, ClockState.CANCELLED):
        return Settlement(state)
    if state is ClockState.BREACHED or (state is ClockState.RUNNING and is_late(clock.due_at, ended_at)):
        return Settlement(ClockState.BREACHED, clock.due_at)
    return Settlement(ClockState.CANCELLED if cancelled else ClockState.MET)
