"""What is done about an incident: reported by whoever ran into it, assigned, tried again, dismissed with a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Standard
from engine import clocks, incidents, messages, people, processes, timers
from engine.clocks import ClockRow, Running, Subject, notice_row
from engine.commands.items import complete
from engine.commands.jobs import retry_job
from engine.commands.starting import start_case
from engine.db import AnyRow
from engine.errors import BadInput, CannotGoOn, EngineError, NotFound, NotYours, WrongState
from engine.eventlog import Fact, append
from engine.incidents import Trouble
from engine.model import cases, escalation, incident, notice, sla_clock, work_item
from engine.people import Actor
from engine.processes import Version
from engine.sla import arm

_OVERSEERS = frozenset({"owner", "director", "administrator"})
_INCIDENT = sa.select(incident).where(incident.c.id == sa.bindparam("incident_id"))
_LOCKED_INCIDENT = _INCIDENT.with_for_update(key_share=True)
_ITEM = (
    sa.select(work_item, cases.c.number)
    .select_from(work_item.join(cases, cases.c.id == work_item.c.case_id))
    .where(work_item.c.id == sa.bindparam("item_id"))
)
_CASE = (
    sa.select(cases, cases.c.id.label("case_id"), cases.c.version.label("case_version"))
    .where(cases.c.id == sa.bindparam("case_id"))
    .with_for_update(key_share=True)
)


def report_failure(
    c: Connection,
    item_id: int,
    answers: Mapping[str, Any],
    error: EngineError,
    *,
    by: Actor,
    now: datetime,
    comment: str = "",
    key: str | None = None,
) -> None:
    """A completion was rolled back because the case cannot go on: keep what the person did, for when it can.

    The caller ran `complete` in a transaction of its own, which is gone; this is another one.
    """
    row = c.execute(_ITEM, {"item_id": item_id}).first()
    if row is None or row.claimed_by != by.id:
        raise NotFound("There is no such task.")
    about = Fact("", now, row.case_id, row.number, row.id, row.step, None, row.post, row.department)
    attempt = {"answers": dict(answers), "comment": comment, "login": by.login, "key": key}
    trouble = Trouble("completion", f"item:{item_id}", str(error), about, attempt)
    append(c, incidents.raise_all(c, [trouble], now), now)


def report_failed_start(
    c: Connection,
    code: str,
    answers: Mapping[str, Any],
    error: EngineError,
    *,
    by: Actor | None,
    now: datetime,
    channel: str,
    key: str | None = None,
) -> None:
    """A case could not even begin: keep what was sent in, so that nobody has to ask the customer again."""
    attempt = {"code": code, "answers": dict(answers), "login": by.login if by else None, "channel": channel, "key": key}
    same = hashlib.sha256(orjson.dumps([code, attempt["answers"], key], option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
    trouble = Trouble("start", f"start:{code}:{same}", str(error), Fact("", now), attempt, {"process": code})
    append(c, incidents.raise_all(c, [trouble], now), now)


def assign_incident(c: Connection, incident_id: int, login: str, *, by: Actor, now: datetime) -> None:
    """Say who looks after it. Raises BadInput for somebody who is not here."""
    row = _open(c, incident_id, by)
    who = people.actor(c, login)
    if who is None:
        raise BadInput(fields={"login": f"There is nobody called {login!r} here."})
    c.execute(incident.update().where(incident.c.id == incident_id).values(assigned_to=who.id))
    _say(c, row, "incident.assigned", {"incident": incident_id, "to": login}, by, now)


def dismiss_incident(c: Connection, incident_id: int, reason: str, *, by: Actor, now: datetime) -> None:
    """Close it without trying again, with a reason. What it blocked stays as it is."""
    if not reason.strip():
        raise BadInput(fields={"reason": "Say why nothing has to be done about it."})
    row = _open(c, incident_id, by)
    told = incidents.resolve(c, incident_id, _about(c, row), now, how="dismissed", by=by.login)
    append(c, [replace(fact, data={**fact.data, "why": reason.strip()[:1000]}) for fact in told], now)
    _flag(c, row)


def retry_incident(c: Connection, incident_id: int, *, by: Actor, now: datetime) -> None:
    """Try again what failed. If it fails again the error is raised and this transaction leaves nothing behind."""
    row = _open(c, incident_id, by)
    about = _about(c, row)
    _RETRIES[row.kind](c, row, now)
    # Whoever lands a case closes what it answers: then there is nothing left to close here.
    append(c, incidents.resolve(c, incident_id, about, now, how="retried", by=by.login), now)
    _flag(c, row)


def count_failure(c: Connection, incident_id: int, error: EngineError, *, now: datetime) -> None:
    """After a retry that failed and was rolled back: say why it failed this time."""
    row = _locked(c, incident_id)
    if row is not None and row.state == "open":
        incidents.raise_all(c, [Trouble(row.kind, row.cause, str(error), _about(c, row))], now)


def _open(c: Connection, incident_id: int, by: Actor) -> AnyRow:
    if not by.roles & _OVERSEERS:
        raise NotYours("Only a process owner, a director or an administrator looks after incidents.")
    row = _locked(c, incident_id)
    if row is None:
        raise NotFound("There is no such incident.")
    if row.state != "open":
        raise WrongState("This incident is closed already.")
    return row


def _locked(c: Connection, incident_id: int) -> AnyRow | None:
    """The incident, after its case: whoever moves the case on holds that one first and then closes its incidents."""
    found = c.execute(_INCIDENT, {"incident_id": incident_id}).first()
    if found is not None and found.case_id is not None:
        c.execute(_CASE, {"case_id": found.case_id})
    return c.execute(_LOCKED_INCIDENT, {"incident_id": incident_id}).first()


def _about(c: Connection, row: AnyRow) -> Fact:
    """The place that facts about this incident name."""
    if row.case_id is None:
        return Fact("", row.since)
    if row.item_id is None:
        number = c.execute(sa.select(cases.c.number).where(cases.c.id == row.case_id)).scalar_one()
        return Fact("", row.since, row.case_id, number)
    item = c.execute(_ITEM, {"item_id": row.item_id}).one()
    return Fact("", row.since, row.case_id, item.number, item.id, item.step, None, item.post, item.department)


def _say(c: Connection, row: AnyRow, kind: str, data: Mapping[str, Any], by: Actor, now: datetime) -> None:
    append(c, [replace(_about(c, row), kind=kind, at=now, person=by.login, data=data)], now)


def _flag(c: Connection, row: AnyRow) -> None:
    if row.case_id is not None:
        incidents.flag(c, row.case_id)


# --- one way to try again for each kind ----------------------------------------------------------------------------------


def _complete(c: Connection, row: AnyRow, now: datetime) -> None:
    attempt = row.attempt
    who = people.actor(c, attempt["login"])
    if who is None:
        raise CannotGoOn(f"{attempt['login']} is not here any more: reassign the step, and have it done again.")
    complete(c, row.item_id, attempt["answers"], by=who, now=now, comment=attempt["comment"], key=attempt["key"])


def _start(c: Connection, row: AnyRow, now: datetime) -> None:
    attempt = row.attempt
    who = people.actor(c, attempt["login"]) if attempt["login"] else None
    start_case(c, attempt["code"], attempt["answers"], by=who, now=now, channel=attempt["channel"], key=attempt["key"])


def _timers(c: Connection, row: AnyRow, now: datetime) -> None:
    case = c.execute(_CASE, {"case_id": row.case_id}).one()
    version = processes.version_by_id(c, case.process_version_id, case.called or {})
    wake_at = version.machine.position(bytes(case.blob), now).timer_at
    c.execute(cases.update().where(cases.c.id == case.id).values(wake_at=wake_at))
    if wake_at is not None and wake_at <= now:
        case = c.execute(_CASE, {"case_id": row.case_id}).one()
        append(c, timers.catch_up(c, version, case, now)[2], now)


def _clock(c: Connection, row: AnyRow, now: datetime) -> None:
    clock = clocks.locked(c, int(row.cause.rpartition(":")[2]))
    subject, version = _subject(c, row)
    append(c, clocks.pass_time(c, [(Running(clock, subject, version), now)]), now)


def _calendar(c: Connection, row: AnyRow, now: datetime) -> None:
    """The clock starts late, but from when the work began. Raises CalendarMissing as long as the years are not loaded."""
    subject, version = _subject(c, row)
    standard: Standard | None = version.node(subject.step).standard if subject.step else version.bundle.model.standard
    table, place = (
        (work_item.c.offered_at, work_item.c.id == row.item_id)
        if row.item_id
        else (cases.c.started_at, cases.c.id == row.case_id)
    )
    began = c.execute(sa.select(table).where(place)).scalar_one()
    if standard is not None and _clock_of(c, row) is None:
        clocks.start(c, version, [(subject, standard, arm(standard, began, version.release_of(subject.step).calendars))], began)


def _clock_of(c: Connection, row: AnyRow) -> ClockRow | None:
    """The clock of the incident's item, or of its case."""
    mine = sla_clock.c.item_id == row.item_id if row.item_id else sla_clock.c.item_id.is_(None)
    found = c.execute(sa.select(*ClockRow.columns("")).where(sla_clock.c.case_id == row.case_id, mine)).first()
    return ClockRow.of(found) if found is not None else None


def _subject(c: Connection, row: AnyRow) -> tuple[Subject, Version]:
    case = c.execute(_CASE, {"case_id": row.case_id}).one()
    version = processes.version_by_id(c, case.process_version_id, case.called or {})
    if row.item_id is None:
        return Subject(case.id, case.number), version
    item = c.execute(_ITEM, {"item_id": row.item_id}).one()
    return Subject(case.id, case.number, item.id, item.step, item.post, item.department, item.claimed_by), version


def _message(c: Connection, row: AnyRow, now: datetime) -> None:
    """It is on its way again; if its case still cannot take it, that is an incident anew."""
    messages.send_again(c, int(row.cause.rpartition(":")[2]), row.case_id, now)


def _recipient(c: Connection, row: AnyRow, now: datetime) -> None:
    """Whoever holds the post by now hears of the escalations that reached nobody."""
    kind, _, post = row.cause.partition(":")
    at_post = people.holders(c, {post}).get(post, ()) if kind == "post" else ()
    if not at_post:
        raise CannotGoOn(row.reason)
    unheard = c.execute(
        sa.select(escalation)
        .where(escalation.c.to_post == post, escalation.c.acknowledged_at.is_(None))
        .order_by(escalation.c.id)
    ).all()
    for raised in (raised for raised in unheard if not raised.recipients):
        c.execute(escalation.update().where(escalation.c.id == raised.id).values(recipients=list(at_post)))
        c.execute(
            notice.insert(), [notice_row(raised.clock_id, raised.percent, raised.id, person_id, now) for person_id in at_post]
        )


def _job(c: Connection, row: AnyRow, now: datetime) -> None:
    """The worker tries it again, with all its attempts: the incident comes back if they fail."""
    retry_job(c, int(row.cause.rpartition(":")[2]), now)


_RETRIES: Mapping[str, Callable[[Connection, AnyRow, datetime], None]] = {
    "completion": _complete,
    "start": _start,
    "timer": _timers,
    "clock": _clock,
    "calendar": _calendar,
    "recipient": _recipient,
    "message": _message,
    "job": _job,
}
