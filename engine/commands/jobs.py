"""What a worker does with automated steps: takes one that is due, tries it outside any transaction, and says how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from engine import incidents, jobs, moves, processes, timers
from engine.db import AnyRow
from engine.errors import NotFound, WrongState
from engine.eventlog import Fact, append
from engine.incidents import Trouble
from engine.jobs import JobToRun, job
from engine.model import cases
from engine.moves import Move
from engine.spiff import Machine
from engine.values import Position

LEASE = timedelta(minutes=5)  # longer than any connector may take: after it whoever had the job is dead
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1_800))  # between attempts; after the last an incident
LONGEST_REASON = 500

_DUE = (
    sa.select(job, cases.c.number)
    .select_from(job.join(cases, cases.c.id == job.c.case_id))
    .where(job.c.wake_at <= sa.bindparam("upto"), cases.c.state == "running")
    .order_by(job.c.wake_at, job.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(of=job, skip_locked=True, key_share=True)
)
_JOB = sa.select(job).where(job.c.id == sa.bindparam("job_id"))
_LOCKED_JOB = _JOB.with_for_update(key_share=True)
_CASE = (
    sa.select(cases, cases.c.id.label("case_id"), cases.c.version.label("case_version"))
    .where(cases.c.id == sa.bindparam("case_id"))
    .with_for_update(key_share=True)
)
_CHANGE = job.update().where(job.c.id == sa.bindparam("job_id"))
_NEXT = sa.select(sa.func.min(job.c.wake_at))


def claim_jobs(c: Connection, now: datetime, *, most: int = 1) -> Sequence[JobToRun]:
    """Take jobs that are due, for LEASE: a worker that dies leaves them to another, which asks with the same key."""
    taken = []
    for row in c.execute(_DUE, {"upto": now, "most": most}).all():
        attempt = row.attempts + 1
        c.execute(_CHANGE, {"job_id": row.id, "state": "running", "attempts": attempt, "wake_at": now + LEASE})
        key = f"{row.number}:{row.activation}"
        taken.append(JobToRun(row.id, key, row.connector, row.number, row.step, attempt, row.payload))
    return taken


def next_job(c: Connection) -> datetime | None:
    """When the next job is due, or None."""
    return c.execute(_NEXT).scalar()


def finish_job(c: Connection, job_id: int, answer: Mapping[str, Any], *, attempt: int, now: datetime) -> None:
    """The connector has answered: what the step's form declares enters the case, and the case moves on.

    Raises WrongState if the step waits no more or another worker has it by now, BadInput for an answer that does not fit its
    form, CannotGoOn.
    """
    _move_on(c, job_id, attempt, now, lambda machine, state, task: machine.answer(state, task, answer, now))


def fail_business(c: Connection, job_id: int, code: str, *, attempt: int, now: datetime) -> None:
    """The connector has done its work and reports an error of the business: the case goes on where the model catches it."""
    _move_on(c, job_id, attempt, now, lambda machine, state, task: machine.fail(state, task, code, now))


def fail_job(c: Connection, job_id: int, reason: str, *, attempt: int, now: datetime, again: bool = True) -> None:
    """An attempt has failed. It is tried again after a pause; after the last one, or if it is no use, it is an incident."""
    row, case = _held(c, job_id, attempt)
    about = Fact("", now, case.id, case.number, step=row.step)
    said = reason[:LONGEST_REASON]
    facts = [Fact("job.failed", now, case.id, case.number, step=row.step, data={"attempt": attempt, "reason": said})]
    if again and attempt <= len(PAUSES):
        c.execute(_CHANGE, {"job_id": job_id, "state": "due", "wake_at": now + PAUSES[attempt - 1], "reason": said})
    else:
        c.execute(_CHANGE, {"job_id": job_id, "state": "failed", "wake_at": None, "reason": said})
        facts += incidents.raise_all(c, [Trouble("job", f"job:{job_id}", said, about)], now)
    append(c, facts, now)


def retry_job(c: Connection, job_id: int, now: datetime) -> None:
    """Make a failed job due again, with all its attempts."""
    row = c.execute(_LOCKED_JOB, {"job_id": job_id}).first()
    if row is None or row.state != "failed":
        raise WrongState("This automated step is not waiting for a retry.")
    c.execute(_CHANGE, {"job_id": job_id, "state": "due", "attempts": 0, "wake_at": now})


def _held(c: Connection, job_id: int, attempt: int) -> tuple[AnyRow, AnyRow]:
    """The job and its case, locked in the order of the house: the case first."""
    found = c.execute(_JOB, {"job_id": job_id}).first()
    if found is None:
        raise NotFound("There is no such job.")
    case = c.execute(_CASE, {"case_id": found.case_id}).one()
    row = c.execute(_LOCKED_JOB, {"job_id": job_id}).one()
    if row.state != "running" or row.attempts != attempt or case.state != "running":
        raise WrongState("This automated step is in other hands by now.")
    return row, case


def _move_on(c: Connection, job_id: int, attempt: int, now: datetime, said: Callable[[Machine, bytes, str], Position]) -> None:
    """The connector has said something: time first, then what it said, and the job is done."""
    row, case = _held(c, job_id, attempt)
    version = processes.version_by_id(c, case.process_version_id, case.called or {})
    state, seen, facts = timers.catch_up(c, version, case, now)
    position = said(version.machine, state, row.activation)
    move = Move(c, version, case.id, case.number, now, facts=facts, troubled=case.incident is not None)
    jobs.end(c, row.id, "done", now)
    about = Fact("job.completed", now, case.id, case.number, step=row.step, data={"connector": row.connector})
    move.facts.append(about)
    if move.troubled:
        move.facts += incidents.heal(c, f"job:{row.id}", about, now)
    moves.land(move, position, seen=seen)
    append(c, move.facts, now)
