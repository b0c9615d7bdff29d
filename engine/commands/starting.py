"""Starting a case, by staff or by a public form."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from engine import clocks, forms, incidents, moves, processes
from engine.clocks import Subject
from engine.commands.keys import recall, remember
from engine.db import AnyRow
from engine.errors import NotYours, WrongState
from engine.eventlog import Fact, append
from engine.incidents import Trouble
from engine.model import case_counter, cases, pilot
from engine.moves import Move
from engine.people import Actor
from engine.prepared import Prepared, together
from engine.processes import Version
from engine.values import Position

CHANNELS = frozenset({"staff", "public", "rehearsal", "message"})
_BEGIN = Prepared(cases.insert().returning(cases.c.id))
_NEWEST = sa.select(pilot.c.id, pilot.c.process_version_id, pilot.c.rehearsal).order_by(pilot.c.id.desc()).limit(1)
_PILOT = Prepared(_NEWEST.where(pilot.c.id == sa.bindparam("pilot_id")))
_RUNNING_PILOT = Prepared(
    _NEWEST.where(pilot.c.code == sa.bindparam("code"), pilot.c.state == "running", sa.not_(pilot.c.rehearsal))
)
_COUNT = Prepared(
    case_counter.update()
    .where(case_counter.c.prefix == sa.bindparam("counted"))
    .values(last=case_counter.c.last + 1)
    .returning(case_counter.c.last)
)


@dataclass(frozen=True, slots=True)
class StartedCase:
    """A new case: its id, its number for people, and the receipt that shows its state to whoever sent it in."""

    id: int
    number: str
    receipt: str


def start_case(
    c: Connection,
    code: str,
    answers: Mapping[str, Any],
    *,
    by: Actor | None,
    now: datetime,
    channel: str = "staff",
    pilot_id: int | None = None,
    key: str | None = None,
) -> StartedCase:
    """Start a case of the running pilot's version, or of the newest version where no pilot runs.

    `answers` are the intake form's, already converted (see `forms.read_answers`); they are validated here again. The same
    `key` gives the same case again instead of a second one. Raises NotFound, NotYours (public intake that is not open),
    BadInput, CannotGoOn.
    """
    if (known := recall(c, key, "start_case")) is not None:
        return StartedCase(**known)
    version, chosen = _version_and_pilot(c, code, pilot_id)
    if channel == "public" and not version.bundle.model.start().public_intake:
        raise NotYours(f"{code} is not open to the public: it is started by staff.")
    if version.escaping:
        raise WrongState(f"{code} may end with an error that only a process which calls it catches: it is not started by itself.")
    schema = start_schema(version)
    intake = forms.read_answers(schema, answers, text=False) if schema is not None else {}
    position = version.machine.start({"intake": intake}, now)
    rehearsal = bool(chosen.rehearsal) if chosen is not None else channel == "rehearsal"
    values = {
        "number": _next_number(c, ("R-" if rehearsal else "") + code),
        "receipt": secrets.token_hex(10),
        "process_version_id": version.id,
        "code": code,
        "pilot_id": chosen.id if chosen is not None else None,
        "rehearsal": rehearsal,
        "channel": channel,
        "subject": (forms.subject(schema, intake) if schema is not None else None) or version.bundle.model.name,
        "state": "running",
        "blob": position.state,
        "version": 1,
        "started_at": now,
        "started_by": by.login if by else None,
        "wake_at": position.timer_at,
        "called": dict(version.pins) or None,
    }
    started = _begin(c, version, values, position)
    remember(c, key, "start_case", {"id": started.id, "number": started.number, "receipt": started.receipt}, now)
    return started


def start_by_message(
    c: Connection, code: str, kind: str, name: str, payload: Mapping[str, Any], *, key: str, now: datetime
) -> StartedCase:
    """Start a case of the process that begins with this message or signal; of what came with it the start's form takes its
    fields. The same `key` starts it once. Raises BadInput when the rest does not fit the form.
    """
    version, _ = _version_and_pilot(c, code, None)
    declared = (start_schema(version) or {}).get("properties", {})
    answers = {field: value for field, value in payload.items() if field in declared}
    started = start_case(c, code, answers, by=None, now=now, channel="message", key=key)
    step = version.bundle.model.start().id
    append(c, [Fact(f"{kind}.received", now, started.id, started.number, step=step, data={"name": name})], now)
    return started


def _begin(c: Connection, version: Version, values: Mapping[str, Any], position: Position) -> StartedCase:
    """Write the case, start its clock, and let its token land on the first items."""
    now: datetime = values["started_at"]
    case_id = _BEGIN.run(c, values).one().id
    move = Move(c, version, case_id, values["number"], now, values["started_by"])
    _say_started(move, values)
    with together(c):
        moves.land(move, position, seen=1)
        append(c, move.facts, now)
    return StartedCase(case_id, values["number"], values["receipt"])


def start_schema(version: Version) -> Mapping[str, Any] | None:
    """The intake form of a version, if its start event names one."""
    form = version.bundle.model.start().form
    return version.bundle.forms[form] if form else None


def _version_and_pilot(c: Connection, code: str, pilot_id: int | None) -> tuple[Version, AnyRow | None]:
    query, wanted = (_PILOT, {"pilot_id": pilot_id}) if pilot_id is not None else (_RUNNING_PILOT, {"code": code})
    chosen: AnyRow | None = query.run(c, wanted).first()
    if chosen is None:
        return processes.current_version(c, code), None
    return processes.version_by_id(c, chosen.process_version_id), chosen


def _next_number(c: Connection, prefix: str) -> str:
    """The counter row is locked until the commit, so that no two cases get one number."""
    return f"{prefix}-{_COUNT.run(c, {'counted': prefix}).one().last:05d}"


def _say_started(move: Move, values: Mapping[str, Any]) -> None:
    model = move.version.bundle.model
    data: dict[str, Any] = {
        "process": move.version.code,
        "version": move.version.version,
        "channel": values["channel"],
        "pilot": values["pilot_id"],
        "rehearsal": values["rehearsal"],
    }
    if move.version.parts:
        data["calls"] = {one.code: one.version for one in move.version.parts.values()}
    subject = Subject(move.case_id, move.number)
    troubles: list[Trouble] = []
    if model.standard and (clock := clocks.plan(move.version, subject, model.standard, move.at, troubles)):
        clocks.start(move.c, move.version, [(subject, model.standard, clock)], move.at)
        data |= moves.standard_data(model.standard, clock)
    move.say("case.started", data)
    move.facts += incidents.raise_all(move.c, troubles, move.at)
