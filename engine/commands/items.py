"""What people do with work items: claim, release, complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from engine import clocks, forms, moves, processes, timers
from engine.clocks import ClockRow, Subject
from engine.commands.keys import recall, remember
from engine.db import AnyRow
from engine.errors import NotFound, NotYours, WrongState
from engine.eventlog import Fact, append
from engine.model import cases, person, process_version, sla_clock, work_item
from engine.moves import Move
from engine.people import Actor
from engine.prepared import Prepared, together
from engine.processes import Version

_COLUMNS = ("id", "case_id", "activation", "step", "name", "post", "department", "state", "claimed_by")
_ITEM = (
    sa.select(
        *(work_item.c[name] for name in _COLUMNS),
        cases.c.number,
        cases.c.code,
        cases.c.blob,
        cases.c.version.label("case_version"),
        cases.c.process_version_id,
        cases.c.wake_at,
        cases.c.incident,
        cases.c.called,
        process_version.c.version.label("process_version"),
        process_version.c.content_sha256,
        *ClockRow.columns("clock_"),
    )
    .select_from(
        work_item.join(cases, cases.c.id == work_item.c.case_id)
        .join(process_version, process_version.c.id == cases.c.process_version_id)
        .outerjoin(sla_clock, sla_clock.c.item_id == work_item.c.id)
    )
    .where(work_item.c.id == sa.bindparam("item_id"))
)
# Two completions of one case queue here; the second sees what the first did. NO KEY UPDATE, not UPDATE: the sweep writes
# escalations that refer to the case while it holds a clock that we want next.
_ITEM_AND_CASE = Prepared(_ITEM.with_for_update(of=[cases, work_item], key_share=True))
_ITEM_ALONE = Prepared(_ITEM)
_OFFERED = Prepared(work_item.update().where(work_item.c.id == sa.bindparam("item_id"), work_item.c.state == "offered"))
_WHILE_CLAIMED = work_item.update().where(work_item.c.id == sa.bindparam("item_id"), work_item.c.state == "claimed")
_CLAIMED = Prepared(_WHILE_CLAIMED)
_MINE = Prepared(_WHILE_CLAIMED.where(work_item.c.claimed_by == sa.bindparam("holder")))


def claim(c: Connection, item_id: int, *, by: Actor, now: datetime) -> None:
    """Take an offered item of one of one's posts. One caller wins; the others are told who was faster."""
    row = _item(c, item_id)
    _refuse_stranger(row, by)
    won = _OFFERED.run(c, {"item_id": item_id, "state": "claimed", "claimed_by": by.id, "claimed_at": now})
    if won.rowcount != 1:
        now_there = _item(c, item_id)  # read again: what was read above may be from before the winner's commit
        if now_there.state == "claimed" and now_there.claimed_by == by.id:
            return
        raise WrongState(_who_was_faster(c, item_id, row.name))
    append(c, [_fact("item.claimed", row, by, now)], now)


def release(c: Connection, item_id: int, *, by: Actor, now: datetime) -> None:
    """Put an item of one's own back on the list of its post."""
    row = _item(c, item_id)
    _refuse_stranger(row, by)
    freed = _MINE.run(c, {"item_id": item_id, "holder": by.id, "state": "offered", "claimed_by": None, "claimed_at": None})
    if freed.rowcount != 1:
        raise WrongState(f"{row.name} is not yours to put back.")
    append(c, [_fact("item.released", row, by, now)], now)


def complete(
    c: Connection,
    item_id: int,
    answers: Mapping[str, Any],
    *,
    by: Actor,
    now: datetime,
    comment: str = "",
    key: str | None = None,
) -> None:
    """Finish a claimed item with its form's answers and move the case on.

    Raises NotFound, NotYours, WrongState (not claimed, done already, moved on), BadInput (by field), CannotGoOn.
    The same `key` again does nothing: the first answer stands.
    """
    row = _item(c, item_id, lock_case=True)
    _refuse_stranger(row, by)
    if row.state != "claimed":
        # Looked up only now, under the case's lock: a repeat that raced with its first sending finds the key.
        if recall(c, key, f"complete:{item_id}") is not None:
            return
        raise WrongState(_who_was_faster(c, item_id, row.name))
    if row.claimed_by != by.id:
        raise NotYours(f"{row.name} is being done by somebody else.")
    version = processes.load(c, row.process_version_id, row.code, row.process_version, row.content_sha256, row.called or {})
    taken = _read_form(version, row.step, answers)
    state, seen, facts = timers.catch_up(c, version, row, now)
    position = version.machine.complete(state, row.activation, taken, now)
    move = Move(c, version, row.case_id, row.number, now, by.login, facts, troubled=row.incident is not None)
    with together(c):
        _close(move, row, taken, by, comment)
        moves.land(move, position, seen=seen, done=row.activation)
        append(c, move.facts, now)
        remember(c, key, f"complete:{item_id}", {"item": item_id}, now)


def _read_form(version: Version, step: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Only fields that the step's form declares reach the case; a step without a form takes none."""
    schema = _form_of(version, step) or {"type": "object", "properties": {}, "additionalProperties": False}
    return forms.read_answers(schema, answers, text=False)


def _form_of(version: Version, step: str) -> Mapping[str, Any] | None:
    form = version.node(step).form
    return version.release_of(step).bundle.forms[form] if form else None


def _close(move: Move, row: AnyRow, taken: Mapping[str, Any], by: Actor, comment: str) -> None:
    done = {"state": "completed", "closed_at": move.at, "closed_by": by.id}
    done |= {"answers": dict(taken), "comment": comment.strip() or None}
    closed = _CLAIMED.run(move.c, {"item_id": row.id, **done})
    form = _form_of(move.version, row.step)
    measured = forms.measured(form, taken) if form is not None else {}
    subject = Subject(row.case_id, row.number, row.id, row.step, row.post, row.department, row.claimed_by)
    data = {"measures": measured, "comment_given": bool(comment.strip())}

    def told() -> list[Fact]:
        if closed.rowcount != 1:
            raise WrongState(_who_was_faster(move.c, row.id, row.name))
        return [subject.fact("item.completed", move.at, data, by.login)]

    move.facts.append(told)
    if (clock := ClockRow.of(row, "clock_")) is not None:
        move.facts.append(clocks.stop(move.c, clock, subject, move.version, move.at))


def _item(c: Connection, item_id: int, *, lock_case: bool = False) -> AnyRow:
    """The item with its case, its version's key and its clock, in one statement."""
    row: AnyRow | None = (_ITEM_AND_CASE if lock_case else _ITEM_ALONE).run(c, {"item_id": item_id}).first()
    if row is None:
        raise NotFound("There is no such task.")
    return row


def _refuse_stranger(row: AnyRow, by: Actor) -> None:
    if row.post not in by.posts:
        raise NotYours(f"{row.name} belongs to another post.")


def _who_was_faster(c: Connection, item_id: int, name: str) -> str:
    row = c.execute(
        sa.select(work_item.c.state, work_item.c.claimed_by, person.c.name.label("who"))
        .select_from(work_item.outerjoin(person, person.c.id == sa.func.coalesce(work_item.c.closed_by, work_item.c.claimed_by)))
        .where(work_item.c.id == item_id)
    ).one()
    who = f" by {row.who['en']} ({row.who['zh']})" if row.who else ""
    said = {
        "offered": f"{name} is not claimed: claim it first.",
        "claimed": f"{name} has been claimed{who}.",
        "completed": f"{name} has been completed already{who}. Nothing was changed by your answer.",
        "withdrawn": f"{name} is no longer needed: the case went another way.",
    }
    return said[row.state]


def _fact(kind: str, row: AnyRow, by: Actor, now: datetime) -> Fact:
    return Fact(kind, now, row.case_id, row.number, row.id, row.step, by.login, row.post, row.department)
