"""What a move of the token means for the rows: items offered and withdrawn, clocks started and stopped, the case ended.

Every command that moves a case ends here, so that state, items, clocks and facts change together in one way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Standard
from engine import clocks, incidents, jobs, messages
from engine.clocks import ClockRow, Subject
from engine.db import AnyRow
from engine.errors import WrongState
from engine.eventlog import Fact, Told, instant
from engine.incidents import Trouble
from engine.model import cases, sla_clock, work_item
from engine.prepared import Prepared
from engine.processes import Version
from engine.sla import Armed
from engine.values import OpenItem, Position

_LAND = Prepared(cases.update().where(cases.c.id == sa.bindparam("case_id"), cases.c.version == sa.bindparam("seen")))
_OFFER = Prepared(work_item.insert().returning(work_item.c.id))
_WITHDRAW = Prepared(work_item.update().where(work_item.c.id == sa.bindparam("item_id")))
_OPEN = Prepared(
    sa.select(work_item, *ClockRow.columns("clock_"))
    .select_from(work_item.outerjoin(sla_clock, sla_clock.c.item_id == work_item.c.id))
    .where(work_item.c.case_id == sa.bindparam("case_id"), sa.or_(work_item.c.state == "offered", work_item.c.state == "claimed"))
    .order_by(work_item.c.id)
)
_CASE_CLOCK = Prepared(
    sa.select(*ClockRow.columns("")).where(sla_clock.c.case_id == sa.bindparam("case_id"), sla_clock.c.item_id.is_(None))
)


@dataclass
class Move:
    """One case on its way: `at` is when the move became true, `facts` what it made true so far, in causal order.

    `troubled`: incidents of the case were open when the move began; those that it answers are closed with it.
    """

    c: Connection
    version: Version
    case_id: int
    number: str
    at: datetime
    by: str | None = None
    facts: list[Told] = field(default_factory=list)
    troubled: bool = False

    def say(self, kind: str, data: Mapping[str, Any] | None = None) -> None:
        """A fact about the case as a whole."""
        self.facts.append(Fact(kind, self.at, self.case_id, self.number, person=self.by, data=data or {}))


def land(move: Move, position: Position, *, seen: int, done: str | None = None, reason: str = "") -> None:
    """Make the rows agree with where the token stands now.

    `seen` is the case version the caller read: a second writer finds it changed and gets WrongState. `done` is the
    activation that somebody completed, if anybody did; `reason` is said of every other item that is no longer open.
    """
    row = {"blob": position.state, "version": seen + 1, "wake_at": position.timer_at}
    if position.done:
        row |= {"state": "completed", "ended_at": move.at}
    landed = _LAND.run(move.c, {"case_id": move.case_id, "seen": seen, **row})
    if gone := set(position.closed) - {done}:
        for item in open_items(move.c, move.case_id):
            if item.activation in gone:
                withdraw(move, item, reason)
    _say_on_the_way(move, position)
    offer(move, position.opened)
    _exchange(move, position, seen)
    move.facts += jobs.withdraw(move, position.jobs_closed) + jobs.queue(move, position.jobs_opened)
    if position.done:
        end_case(move, "case.completed", {})
    elif move.troubled:
        move.facts += incidents.clear(move.c, move.case_id, move.number, move.at, over=False)
    if landed.rowcount != 1:
        raise WrongState("Someone moved this case on in the meantime. Reload and look again.")


def _exchange(move: Move, position: Position, seen: int) -> None:
    """What the case listens for from now on, and what it has thrown: kept under its number and version, so only once."""
    messages.follow(move.c, move.case_id, position, move.at)
    for number, thrown in enumerate(position.thrown):
        _say(move, f"{thrown.kind}.thrown", thrown.source, {"name": thrown.name})
        if not thrown.caught:
            messages.keep(move.c, messages.letter_of(thrown, move.case_id, f"{move.number}:{seen}:{number}"), move.at)


def _say_on_the_way(move: Move, position: Position) -> None:
    for got in position.received:
        _say(move, f"{got.kind}.received", got.step, {"name": got.name})
    for node_id, outputs in position.decided:
        _say(move, "decision.taken", node_id, {"outputs": dict(outputs)})


def _say(move: Move, kind: str, step: str, data: Mapping[str, Any]) -> None:
    move.facts.append(Fact(kind, move.at, move.case_id, move.number, step=step, data=data))


def open_items(c: Connection, case_id: int) -> list[AnyRow]:
    """The items of a case that somebody could still work on, in the order they were offered, with their clocks (`clock_`)."""
    return _OPEN.run(c, {"case_id": case_id}).all()


def subject_of(move: Move, row: AnyRow) -> Subject:
    """What the clock of this item runs for."""
    return Subject(move.case_id, move.number, row.id, row.step, row.post, row.department, row.claimed_by)


def withdraw(move: Move, row: AnyRow, reason: str) -> None:
    """Nobody needs to do this item any more; `row` is one of `open_items`."""
    _WITHDRAW.run(move.c, {"item_id": row.id, "state": "withdrawn", "closed_at": move.at})
    subject = subject_of(move, row)
    move.facts.append(subject.fact("item.withdrawn", move.at, {"reason": reason}))
    if (clock := ClockRow.of(row, "clock_")) is not None:
        move.facts.append(clocks.stop(move.c, clock, subject, move.version, move.at, cancelled=True))


def offer(move: Move, opened: Sequence[OpenItem]) -> None:
    """Put new activations on the lists of their posts, each with a running clock."""
    if not opened:
        return
    rows = [_new_item(move, item) for item in opened]
    offered = [_OFFER.run(move.c, row) for row in rows]
    started = []
    for inserted, row, item in zip(offered, rows, opened, strict=True):
        node = move.version.node(row["step"])
        subject = Subject(move.case_id, move.number, inserted.one().id, row["step"], row["post"], row["department"])
        data: dict[str, Any] = {"name": node.name}
        if item.instance is not None:
            data |= {"instance": item.instance, "of": item.of}  # what it is about may be personal, and stays in the item
            data |= {"within": list(item.within)} if item.within else {}
        troubles: list[Trouble] = []
        if node.standard and (clock := clocks.plan(move.version, subject, node.standard, move.at, troubles)):
            started.append((subject, node.standard, clock))
            data |= standard_data(node.standard, clock)
        move.facts += [subject.fact("item.offered", move.at, data), *incidents.raise_all(move.c, troubles, move.at)]
    clocks.start(move.c, move.version, started, move.at)


def standard_data(standard: Standard, clock: Armed) -> dict[str, Any]:
    """How a standard and its deadline are told in the log."""
    return {"standard": str(standard.completion), "calendar": standard.calendar, "due_at": instant(clock.due_at)}


def _new_item(move: Move, item: OpenItem) -> dict[str, Any]:
    model, node = move.version.release_of(item.step).bundle.model, move.version.node(item.step)
    assert node.raci is not None, "a step without a post is refused at deploy"
    row = {
        "case_id": move.case_id,
        "activation": item.task,
        "step": item.step,
        "process": item.process,
        "name": node.name,
        "post": node.raci.responsible,
        "department": model.department_of(node.id),
        "state": "offered",
        "offered_at": move.at,
    }
    return row if item.instance is None else row | {"instance": item.instance, "instances": item.of, "about": item.about}


def case_clock(c: Connection, case_id: int) -> ClockRow | None:
    """The clock of the case as a whole, if its process has a standard."""
    row = _CASE_CLOCK.run(c, {"case_id": case_id}).first()
    return ClockRow.of(row) if row is not None else None


def end_case(move: Move, kind: str, data: Mapping[str, Any]) -> None:
    """Say that the case ended, and stop its clock."""
    clock = case_clock(move.c, move.case_id)
    if clock is not None:
        cancelled = kind == "case.cancelled"
        subject = Subject(move.case_id, move.number)
        move.facts.append(clocks.stop(move.c, clock, subject, move.version, move.at, cancelled=cancelled))
    move.say(kind, data)
    if move.troubled:
        move.facts += incidents.clear(move.c, move.case_id, move.number, move.at, over=True)
