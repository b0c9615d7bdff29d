"""The event log: append-only, hash-chained, the only source of figures. Kinds and their data keys are listed here.

| kind | data |
|---|---|
| process.deployed | code, version, model_sha256 |
| pilot.registered, pilot.frozen | pilot, plan_hash, model_sha256, rehearsal |
| case.started | process, version, channel, pilot, rehearsal, standard, calendar, due_at, calls (code: version of what it calls) |
| case.completed, case.cancelled | reason (cancelled) |
| item.offered | name, standard, calendar, due_at |
| - of a repeated step also | instance (from 1), of (how many; null in a loop), within (numbers of the instances around it) |
| item.claimed, item.released | |
| item.completed | measures (the form's non-personal `x-measure` answers), comment_given |
| item.withdrawn | reason |
| clock.met, clock.breached, clock.cancelled | clock (step or case), due_at |
| clock.escalated | clock, percent, action, to |
| escalation.acknowledged | percent |
| timer.fired | due_at |
| decision.taken | outputs |
| message.thrown, signal.thrown, message.received, signal.received, message.expired | name |
| draft.kept | draft, name, model_sha256 |
| draft.answered | draft, answers (their keys), left_to_people, open |
| draft.discarded, draft.deployed | draft, process_version (deployed), version (deployed) |
| job.queued, job.completed, job.withdrawn | connector (queued, completed) |
| job.failed | attempt, reason |
| incident.raised | incident, trouble (completion, start, timer, clock, calendar, recipient, message, job), reason |
| incident.assigned | incident, to |
| incident.resolved | incident, how (retried, went on, ended, dismissed) |

A step of a called process is told by the ids of the calls that lead to it and its own: `goods_return/inspect`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from engine.model import cases, event, event_head
from engine.prepared import Prepared
from engine.values import LogEntry

GENESIS = "0" * 64
_HEAD = Prepared(sa.select(event_head.c.seq, event_head.c.hash).where(event_head.c.id == 1).with_for_update())
_APPEND = Prepared(event.insert())
_MOVE_HEAD = Prepared(event_head.update().where(event_head.c.id == 1))


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that became true, before it has a place in the chain. `at` is when it became true."""

    kind: str
    at: datetime
    case_id: int | None = None
    case: str | None = None
    item: int | None = None
    step: str | None = None
    person: str | None = None
    post: str | None = None
    department: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def hold(c: Connection) -> None:
    """Keep every other writer of facts out until the commit: whoever deploys sees what others have deployed."""
    _HEAD.run(c, {}).one()


Told: TypeAlias = Fact | Callable[[], Sequence[Fact]]
"""A fact, or facts that are known once the database has answered; asked for once, in their turn."""


def instant(value: datetime) -> str:
    """ISO 8601 in UTC with microseconds and a Z: one spelling per instant."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: equal values are equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def entry_hash(prev: str, fields: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the previous hash and the canonical JSON of one entry.

    `fields` has seq, at, recorded_at (as `instant` writes them), kind, case, item, step, person, post, department, data.
    """
    return hashlib.sha256(prev.encode() + b"\n" + canonical(fields)).hexdigest()


def fields_of(entry: LogEntry) -> dict[str, Any]:
    """What is hashed of an entry: everything but the two hashes."""
    return {
        "seq": entry.seq,
        "at": instant(entry.at),
        "recorded_at": instant(entry.recorded_at),
        "kind": entry.kind,
        "case": entry.case,
        "item": entry.item,
        "step": entry.step,
        "person": entry.person,
        "post": entry.post,
        "department": entry.department,
        "data": dict(entry.data),
    }


def append(c: Connection, told: Iterable[Told], now: datetime) -> None:
    """Chain the facts to the log in the order given.

    The head row is locked from here to the commit, so that two writers cannot take the same place: call this last.
    """
    facts: list[Fact] = []
    for one in told:
        facts += [one] if isinstance(one, Fact) else one()
    if not facts:
        return
    head = _HEAD.run(c, {}).one()
    seq, previous = head.seq, head.hash
    recorded_at, rows = instant(now), []
    for fact in facts:
        seq += 1
        fields = {
            "seq": seq,
            "at": instant(fact.at),
            "recorded_at": recorded_at,
            "kind": fact.kind,
            "case": fact.case,
            "item": fact.item,
            "step": fact.step,
            "person": fact.person,
            "post": fact.post,
            "department": fact.department,
            "data": dict(fact.data),
        }
        digest = entry_hash(previous, fields)
        rows.append(_row(fact, seq, previous, digest, now))
        previous = digest
    _APPEND.run_many(c, rows)
    _MOVE_HEAD.run(c, {"seq": seq, "hash": previous})


def _row(fact: Fact, seq: int, previous: str, digest: str, now: datetime) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": fact.at,
        "recorded_at": now,
        "kind": fact.kind,
        "case_id": fact.case_id,
        "case_number": fact.case,
        "item_id": fact.item,
        "step": fact.step,
        "person": fact.person,
        "post": fact.post,
        "department": fact.department,
        "data": canonical(dict(fact.data)).decode(),
        "prev": previous,
        "hash": digest,
    }


def read(c: Connection, *conditions: sa.ColumnElement[bool]) -> list[LogEntry]:
    """The entries that meet the conditions, in the order of the chain."""
    rows = c.execute(sa.select(event).where(*conditions).order_by(event.c.seq))
    return [
        LogEntry(
            row.seq,
            row.at,
            row.recorded_at,
            row.kind,
            row.case_number,
            row.item_id,
            row.step,
            row.person,
            row.post,
            row.department,
            orjson.loads(row.data),
            row.prev,
            row.hash,
        )
        for row in rows
    ]


def event_log(
    c: Connection, *, pilot_id: int | None = None, code: str | None = None, rehearsal: bool | None = None
) -> list[LogEntry]:
    """What happened in the cases of a pilot or of a process, with the entries about the pilot and the process themselves."""
    chosen = sa.select(cases.c.id)
    if pilot_id is not None:
        chosen = chosen.where(cases.c.pilot_id == pilot_id)
    if code is not None:
        chosen = chosen.where(cases.c.code == code)
    if rehearsal is not None:
        chosen = chosen.where(cases.c.rehearsal == rehearsal)
    about = event.c.kind.in_(("process.deployed", "pilot.registered", "pilot.frozen"))
    entries = read(c, sa.or_(event.c.case_id.in_(chosen), about))
    return [entry for entry in entries if entry.case is not None or _concerns(entry, pilot_id, code)]


def _concerns(entry: LogEntry, pilot_id: int | None, code: str | None) -> bool:
    if entry.kind == "process.deployed":
        return code is None or entry.data["code"] == code
    return pilot_id is None or entry.data["pilot"] == pilot_id


@dataclass(frozen=True, slots=True)
class LogCheck:
    """What checking the whole chain found; `broken_at` is the first entry that does not fit."""

    ok: bool
    entries: int
    head: str
    broken_at: int | None = None
    reason: str = ""


def check_log(c: Connection) -> LogCheck:
    """Recompute every hash from the first entry to the head."""
    previous, count = GENESIS, 0
    for entry in read(c):
        count += 1
        if entry.seq != count:
            return LogCheck(False, count, previous, count, f"entry {count} is missing")
        if entry.prev != previous or entry_hash(previous, fields_of(entry)) != entry.hash:
            return LogCheck(False, count, previous, count, f"entry {count} was changed")
        previous = entry.hash
    head = c.execute(sa.select(event_head)).one()
    if (head.seq, head.hash) != (count, previous):
        return LogCheck(False, count, previous, count + 1, "entries are missing at the end")
    return LogCheck(True, count, previous)
