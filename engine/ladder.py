"""The escalation ladder of a time standard: which rungs there are, and which of them are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Rung:
    """At `percent` of a standard, `action` is taken towards `to`.

    Actions: remind, escalate, look_back. `to`: assignee (or, unclaimed, everybody at the responsible post), accountable
    (the accountable post of the step), owner (of the process).
    """

    percent: int
    action: str
    to: str


@dataclass(frozen=True, slots=True)
class RungDue:
    """A rung with the instant (UTC) at which that share of the standard is used up; the fact is dated so, whenever it is seen."""

    percent: int
    action: str
    to: str
    at: datetime


class Climb(NamedTuple):
    """`due` now, in order; `rung` to go on from next time; `next_wake` when to look again, None at the top of the ladder."""

    due: tuple[RungDue, ...]
    rung: int
    next_wake: datetime | None


LADDER = (Rung(80, "remind", "assignee"), Rung(100, "escalate", "accountable"), Rung(120, "look_back", "owner"))


INSTANT = timedelta(microseconds=1)
"""The smallest step of time that Python and both databases agree on."""


def wake_for(at: datetime) -> datetime:
    """When to look at a deadline: the first instant after it, since at the deadline itself the work may still be done in time."""
    return at + INSTANT


def climb(rungs: Sequence[RungDue], from_rung: int, now: datetime) -> Climb:
    """Which rungs, from number `from_rung` on, have passed by `now`.

    A row is looked at when `wake_at <= now`, and then always makes progress. Passing `rung` of the answer back in next
    time lets every rung out once: after an outage the missed ones come together, in order.
    """
    rung = from_rung
    while rung < len(rungs) and wake_for(rungs[rung].at) <= now:
        rung += 1
    return Climb(tuple(rungs[from_rung:rung]), rung, wake_for(rungs[rung].at) if rung < len(rungs) else None)
