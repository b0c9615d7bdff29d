"""Bringing messages and signals to the cases that wait for them, one case at a time; used by the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from engine import messages, moves, processes, timers
from engine.commands.starting import start_by_message
from engine.db import AnyRow
from engine.errors import WrongState
from engine.eventlog import Fact, append
from engine.incidents import Trouble, heal, raise_all
from engine.message_tables import delivery, message, subscription
from engine.model import cases, process_version
from engine.moves import Move

SOON = timedelta(seconds=1)
PATIENCE = timedelta(seconds=5)

WAKE = sa.select(sa.func.min(message.c.wake_at))
_SOURCE = cases.alias("source")
_DUE = (
    sa.select(message, _SOURCE.c.number, sa.func.coalesce(_SOURCE.c.rehearsal, sa.false()).label("rehearsal"))
    .select_from(message.outerjoin(_SOURCE, _SOURCE.c.id == message.c.source_case))
    .where(message.c.wake_at <= sa.bindparam("upto"), message.c.state == "waiting")
    .order_by(message.c.wake_at, message.c.id)
    .limit(1)
    .with_for_update(of=message, skip_locked=True)
)
_WAITING = (
    sa.select(subscription.c.case_id, subscription.c.task)
    .select_from(subscription.join(cases, cases.c.id == subscription.c.case_id))
    .where(
        subscription.c.kind == "message",
        subscription.c.name == sa.bindparam("wanted"),
        cases.c.state == "running",
        cases.c.rehearsal == sa.bindparam("rehearsed"),  # what is rehearsed reaches no real case
    )
    .order_by(subscription.c.id)
)
_BY_KEY = _WAITING.where(subscription.c.key == sa.bindparam("for_key")).limit(1)
_BY_NUMBER = _WAITING.where(cases.c.number == sa.bindparam("for_key")).limit(1)  # apart: either has an index of its own
_ANYBODY = (
    _WAITING.with_only_columns(subscription.c.case_id, sa.func.min(subscription.c.task).label("task"))
    .order_by(None)
    .group_by(subscription.c.case_id)
    .limit(2)
)
_NEXT_PLACE = (
    sa.select(delivery.c.place)
    .where(delivery.c.message_id == sa.bindparam("of_message"), delivery.c.state == "waiting")
    .order_by(delivery.c.id)
    .limit(1)
)
_REACHED = delivery.update().where(
    delivery.c.message_id == sa.bindparam("of_message"), delivery.c.place == sa.bindparam("at_place"), delivery.c.task == ""
)
_BROUGHT = delivery.insert()
_CASE = (
    sa.select(
        *(cases.c[name] for name in ("number", "blob", "wake_at", "state", "incident", "called")),
        cases.c.id.label("case_id"),
        cases.c.version.label("case_version"),
        process_version.c.id.label("pv_id"),
        process_version.c.code.label("pv_code"),
        process_version.c.version.label("pv_version"),
        process_version.c.content_sha256.label("pv_content"),
    )
    .select_from(cases.join(process_version, process_version.c.id == cases.c.process_version_id))
    .where(cases.c.id == sa.bindparam("wanted"))
    .with_for_update(of=cases, skip_locked=True, key_share=True)
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a letter goes: a case and the activation that waits in it, or the code of a process that it starts."""

    case_id: int | None = None
    task: str = ""
    code: str = ""

    @property
    def name(self) -> str:
        """As `delivery.place` has it."""
        return f"start:{self.code}" if self.case_id is None else str(self.case_id)


@dataclass(frozen=True, slots=True)
class Bound:
    """A letter and where it goes next; nowhere if nobody waits for it."""

    letter: AnyRow
    place: Place | None


def due(c: Connection, upto: datetime, most: int) -> list[Bound]:
    """The letter that has waited longest, locked, with its next place; one, however many may be taken: it moves a case."""
    del most
    letter = c.execute(_DUE, {"upto": upto}).first()
    return [] if letter is None else [Bound(letter, _place(c, letter))]


def _place(c: Connection, letter: AnyRow) -> Place | None:
    if letter.kind == "signal":
        place = c.execute(_NEXT_PLACE, {"of_message": letter.id}).scalar()
        if place is None:
            return None
        return Place(int(place)) if place.isdecimal() else Place(code=place.removeprefix("start:"))
    wanted: dict[str, Any] = {"wanted": letter.name, "rehearsed": bool(letter.rehearsal)}
    if letter.key is not None:
        wanted["for_key"] = letter.key
        found = c.execute(_BY_KEY, wanted).all() or c.execute(_BY_NUMBER, wanted).all()
    else:
        found = c.execute(_ANYBODY, wanted).all()
    if len(found) == 1:
        return Place(found[0].case_id, found[0].task)
    starting = messages.starters(c, "message", letter.name) if not found and not letter.rehearsal else []
    return Place(code=starting[0]) if starting else None


def bring(c: Connection, bound: Sequence[Bound], now: datetime) -> None:
    """Bring each letter one step on: to its next place, to its end, or back to wait."""
    for one in bound:
        letter, place = one.letter, one.place
        if letter.kind == "message" and letter.expires_at <= now:
            messages.settle(c, letter.id, "expired")
            append(c, [Fact("message.expired", now, letter.source_case, letter.number, data={"name": letter.name})], now)
        elif place is None and letter.kind == "signal":
            messages.settle(c, letter.id, "delivered")
        elif place is None:
            messages.put_off(c, letter.id, _later(letter, now))
        elif place.case_id is None:
            start_by_message(
                c, place.code, letter.kind, letter.name, letter.payload, key=f"message:{letter.id}:{place.code}", now=now
            )
            _brought(c, letter, place, "delivered")
        else:
            _to_case(c, letter, place, now)


def _later(letter: AnyRow, now: datetime) -> datetime:
    """Twice as long as it has waited so far: whoever begins to wait for it wakes it anyway (`messages.follow`)."""
    thrown_at: datetime = letter.thrown_at
    expires_at: datetime = letter.expires_at
    return min(now + max(now - thrown_at, PATIENCE), max(expires_at, now + SOON))


def _to_case(c: Connection, letter: AnyRow, place: Place, now: datetime) -> None:
    row = c.execute(_CASE, {"wanted": place.case_id}).first()
    if row is None:  # somebody works on the case just now: its row is not waited for while the letter's is held
        messages.put_off(c, letter.id, now + SOON)
        return
    if row.state != "running":
        _brought(c, letter, place, "missed")
        return
    version = processes.load(c, row.pv_id, row.pv_code, row.pv_version, row.pv_content, row.called or {})
    state, seen, facts = timers.catch_up(c, version, row, now)
    task = place.task or None
    try:
        position = version.machine.deliver(state, letter.kind, letter.name, letter.payload, now, task)
    except WrongState:  # time was faster
        append(c, facts, now)
        _brought(c, letter, place, "missed")
        return
    move = Move(c, version, row.case_id, row.number, now, facts=facts, troubled=row.incident is not None)
    moves.land(move, position, seen=seen, reason=letter.kind)
    _brought(c, letter, place, "delivered")
    if row.incident is not None:
        move.facts += heal(c, _cause(letter, place), Fact("", now, row.case_id, row.number), now)
    append(c, move.facts, now)


def _brought(c: Connection, letter: AnyRow, place: Place, state: str) -> None:
    """A signal goes on to its next place; a message has arrived, or waits for another case."""
    if letter.kind == "signal":
        c.execute(_REACHED, {"of_message": letter.id, "at_place": place.name, "state": state})
        return
    c.execute(_BROUGHT, {"message_id": letter.id, "place": place.name, "task": place.task, "state": state})
    if state == "delivered":
        messages.settle(c, letter.id, "delivered")


def _cause(letter: AnyRow, place: Place | None) -> str:
    """A message troubles one case at a time, a signal each case for itself."""
    return f"message:{place.name}:{letter.id}" if place and letter.kind == "signal" else f"message:{letter.id}"


def aside(c: Connection, one: Bound, now: datetime, reason: str) -> None:
    """A letter that its case cannot take: a signal goes on to the others, a message waits for another case until it expires."""
    letter, place = one.letter, one.place
    number = None
    if place is not None and place.case_id is not None:
        number = c.execute(sa.select(cases.c.number).where(cases.c.id == place.case_id)).scalar()
    if place is not None and letter.kind == "signal":
        _brought(c, letter, place, "missed")
    else:
        messages.put_off(c, letter.id, max(letter.expires_at, now + SOON))
    about = Fact("", now, place.case_id if place else None, number)
    trouble = Trouble("message", _cause(letter, place), f"{letter.kind} {letter.name}: {reason}", about)
    append(c, raise_all(c, [trouble], now), now)
