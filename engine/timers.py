"""What time does to a case by its own model: BPMN timers, each fired at the instant it was due."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import moves
from engine.db import AnyRow
from engine.eventlog import Told, instant
from engine.moves import Move
from engine.processes import Version

MOST_AT_ONCE = 100  # timers of one case fired by one command; a repeating timer after a long outage goes on next time


def catch_up(c: Connection, version: Version, row: AnyRow, now: datetime) -> tuple[bytes, int, list[Told]]:
    """Fire every timer of the case that is due, oldest first, as if each had been fired on time.

    `row` has case_id, number, blob, case_version, wake_at and incident. Returns the state after it, the version to pass on as
    `seen`, and the facts, still to be appended.
    """
    state, seen, wake_at = bytes(row.blob), row.case_version, row.wake_at
    facts: list[Told] = []
    for _ in range(MOST_AT_ONCE):
        if wake_at is None or wake_at > now:
            break
        position = version.machine.advance(state, wake_at)
        move = Move(c, version, row.case_id, row.number, wake_at, facts=facts, troubled=row.incident is not None)
        move.say("timer.fired", {"due_at": instant(wake_at)})
        moves.land(move, position, seen=seen, reason="timer")
        state, seen, wake_at = position.state, seen + 1, position.timer_at
    return state, seen, facts
