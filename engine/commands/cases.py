"""What can be asked of a case as a whole, and of an escalation that it raised."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from engine import jobs, messages, moves, processes
from engine.errors import BadInput, NotFound, NotYours, WrongState
from engine.eventlog import Fact, append
from engine.model import cases, escalation, work_item
from engine.moves import Move
from engine.people import Actor

# NO KEY UPDATE, as every lock on a case: a sweep that holds one of its clocks is about to write rows that refer to the case.
_CASE = sa.select(cases).where(cases.c.id == sa.bindparam("case_id")).with_for_update(key_share=True)


def cancel_case(c: Connection, case_id: int, reason: str, *, by: Actor, now: datetime) -> None:
    """End a running case before its end event, with a reason that everybody can read later."""
    if not by.roles & {"owner", "director", "administrator"}:
        raise NotYours("Only the process owner, a director or an administrator may cancel a case.")
    if not reason.strip():
        raise BadInput(fields={"reason": "Say why the case is cancelled."})
    row = c.execute(_CASE, {"case_id": case_id}).first()
    if row is None:
        raise NotFound("There is no such case.")
    if row.state != "running":
        raise WrongState(f"{row.number} is {row.state} already.")
    version = processes.version_by_id(c, row.process_version_id, row.called or {})
    c.execute(
        cases.update().where(cases.c.id == case_id).values(state="cancelled", ended_at=now, version=row.version + 1, wake_at=None)
    )
    move = Move(c, version, case_id, row.number, now, by.login, troubled=row.incident is not None)
    messages.forget(c, case_id)
    for item in moves.open_items(c, case_id):
        moves.withdraw(move, item, "case cancelled")
    move.facts += jobs.withdraw(move, None)
    moves.end_case(move, "case.cancelled", {"reason": reason.strip()[:1000]})
    append(c, move.facts, now)


def acknowledge(c: Connection, escalation_id: int, note: str, *, by: Actor, now: datetime) -> None:
    """Say that an escalation has been seen and what is done about it. Recipients and overseers may; the first one counts."""
    source = escalation.join(cases, cases.c.id == escalation.c.case_id).outerjoin(
        work_item, work_item.c.id == escalation.c.item_id
    )
    row = c.execute(
        sa.select(escalation, cases.c.number, work_item.c.step, work_item.c.post, work_item.c.department)
        .select_from(source)
        .where(escalation.c.id == escalation_id)
    ).first()
    if row is None:
        raise NotFound("There is no such escalation.")
    if by.id not in row.recipients and not by.may_oversee():
        raise NotYours("This escalation was raised to somebody else.")
    done = c.execute(
        escalation.update()
        .where(escalation.c.id == escalation_id, escalation.c.acknowledged_at.is_(None))
        .values(acknowledged_at=now, acknowledged_by=by.id, note=note.strip()[:1000] or None)
    )
    if done.rowcount != 1:
        raise WrongState("This escalation has been acknowledged already.")
    fact = Fact(
        "escalation.acknowledged",
        now,
        row.case_id,
        row.number,
        row.item_id,
        row.step,
        by.login,
        row.post,
        row.department,
        {"percent": row.percent},
    )
    append(c, [fact], now)
