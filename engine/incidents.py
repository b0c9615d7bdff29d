"""Incidents: what cannot go on by itself, one row per cause while it is open, each beginning and end a fact of the log.

A cause is a place and a kind of trouble (`item:7`, `timers:3`, `post:sales-manager`): what fails there again is counted on
the incident that is open, so that a sweep that tries every hour does not fill anybody's list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from engine.eventlog import Fact
from engine.model import cases, incident, work_item

LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that cannot go on. `about` is the fact's place: case, item, step, post; its kind and time are not looked at.

    `attempt` is what somebody wanted to do, so that nobody has to do it again: {"answers", "comment", "login"}.
    `detail` is what the log says beside the reason.
    """

    kind: str
    cause: str
    reason: str
    about: Fact
    attempt: Mapping[str, Any] | None = None
    detail: Mapping[str, Any] | None = None


_AGAIN = (
    incident.update()
    .where(incident.c.cause == sa.bindparam("of_cause"), incident.c.state == "open")
    .values(times=incident.c.times + 1)
    .returning(incident.c.id)
)
_RAISE = incident.insert().returning(incident.c.id)
_FLAG = cases.update().where(cases.c.id == sa.bindparam("of_case"))
_OPEN = (
    sa.select(incident.c.id, incident.c.kind, incident.c.cause, incident.c.reason, incident.c.item_id, incident.c.step)
    .add_columns(work_item.c.state.label("item_state"))
    .select_from(incident.outerjoin(work_item, work_item.c.id == incident.c.item_id))
    .where(incident.c.case_id == sa.bindparam("of_case"), incident.c.state == "open")
    .order_by(incident.c.id)
)
_OF_CAUSE = sa.select(incident.c.id).where(incident.c.cause == sa.bindparam("of_cause"), incident.c.state == "open")
_RESOLVE = incident.update().where(incident.c.id == sa.bindparam("incident_id"), incident.c.state == "open")


def raise_all(c: Connection, troubles: Iterable[Trouble], now: datetime) -> list[Fact]:
    """Open an incident for each, or count it on the one that is open for its cause. The facts of those that are new."""
    return [fact for trouble in troubles if (fact := raise_one(c, trouble, now)) is not None]


def raise_one(c: Connection, trouble: Trouble, now: datetime) -> Fact | None:
    """As `raise_all`, for one. Two who find the same trouble at once meet at a unique index: the later one rolls back."""
    about, reason = trouble.about, trouble.reason[:LONGEST_REASON]
    again: dict[str, Any] = {"last_at": now, "reason": reason}
    if trouble.attempt is not None:
        again["attempt"] = dict(trouble.attempt)
    if about.case_id is not None:
        c.execute(_FLAG, {"of_case": about.case_id, "incident": reason})
    if c.execute(_AGAIN, {"of_cause": trouble.cause, **again}).first() is not None:
        return None
    row = {
        "kind": trouble.kind,
        "cause": trouble.cause,
        "case_id": about.case_id,
        "item_id": about.item,
        "step": about.step,
        "state": "open",
        "since": now,
        "times": 1,
        "attempt": dict(trouble.attempt) if trouble.attempt is not None else None,
    }
    number = c.execute(_RAISE, row | {"last_at": now, "reason": reason}).scalar_one()
    data = {"incident": number, "trouble": trouble.kind, "reason": reason, **(trouble.detail or {})}
    return replace(about, kind="incident.raised", at=now, person=None, data=data)


def clear(c: Connection, case_id: int, number: str, at: datetime, *, over: bool) -> list[Fact]:
    """After a case moved on: its timers worked, and an item that left the lists blocks nobody any more.

    `over`: the case ended, and with it everything that troubled it.
    """
    rows = c.execute(_OPEN, {"of_case": case_id}).all()
    gone = [row for row in rows if over or row.kind == "timer" or _closed(row)]
    facts: list[Fact] = []
    for row in gone:
        about = Fact("", at, case_id, number, row.item_id, row.step)
        facts += resolve(c, row.id, about, at, how="ended" if over else "went on", by=None)
    flag(c, case_id)
    return facts


def heal(c: Connection, cause: str, about: Fact, at: datetime) -> list[Fact]:
    """What failed there before has just worked: the incident that is open for this cause, if any, is over."""
    found = c.execute(_OF_CAUSE, {"of_cause": cause}).scalar()
    if found is None:
        return []
    facts = resolve(c, found, about, at, how="went on", by=None)
    if about.case_id is not None:
        flag(c, about.case_id)
    return facts


def _closed(row: Any) -> bool:
    return row.item_id is not None and row.item_state not in ("offered", "claimed")


def resolve(c: Connection, incident_id: int, about: Fact, at: datetime, *, how: str, by: str | None) -> list[Fact]:
    """Close one incident; nothing if it is closed already. `how` is one of retried, went on, ended, dismissed."""
    row = {"incident_id": incident_id, "state": "resolved", "resolved_at": at, "resolved_by": by, "resolution": how}
    if c.execute(_RESOLVE, row | {"attempt": None}).rowcount != 1:
        return []
    return [replace(about, kind="incident.resolved", at=at, person=by, data={"incident": incident_id, "how": how})]


def flag(c: Connection, case_id: int) -> None:
    """Let the case say what troubles it now: the newest open reason, or nothing."""
    rows: Sequence[Any] = c.execute(_OPEN, {"of_case": case_id}).all()
    c.execute(_FLAG, {"of_case": case_id, "incident": rows[-1].reason if rows else None})
