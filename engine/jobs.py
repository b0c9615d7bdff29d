"""Automated steps as rows: what a connector is asked to do, until it has answered. Written with the move that makes it true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import Column, Connection, ForeignKey, Index, Table, Text, UniqueConstraint

from engine.db import Utc
from engine.eventlog import Fact
from engine.incidents import heal
from engine.model import BIG, Json, metadata
from engine.values import Job

OPEN = ("due", "running", "failed")
job = Table(
    "job",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("activation", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("state", Text, nullable=False),  # due, running, done, failed, withdrawn
    Column("attempts", sa.Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("wake_at", Utc),  # when it is to be tried next, or when whoever tries it is taken for dead
    Column("ended_at", Utc),
    Column("reason", Text),  # why it failed last
    UniqueConstraint("case_id", "activation"),
    Index("ix_job_wake", "wake_at"),
)
_OPEN = sa.select(job.c.id, job.c.step, job.c.activation).where(job.c.case_id == sa.bindparam("of_case"), job.c.state.in_(OPEN))
_END = job.update().where(job.c.id == sa.bindparam("job_id"))


@dataclass(frozen=True, slots=True)
class JobToRun:
    """One attempt at an automated step. `key` is the same at every attempt: who gets it twice has to do it once."""

    id: int
    key: str
    connector: str
    case: str
    step: str
    attempt: int
    payload: dict[str, Any] = field(default_factory=dict)


class _Move(Protocol):
    c: Connection
    case_id: int
    number: str
    at: datetime
    troubled: bool


def queue(move: _Move, opened: Iterable[Job]) -> list[Fact]:
    """Automated steps have begun: due at once."""
    facts = []
    for one in opened:
        row = {"case_id": move.case_id, "activation": one.task, "step": one.step, "connector": one.connector}
        row |= {"payload": dict(one.payload), "state": "due", "attempts": 0, "created_at": move.at, "wake_at": move.at}
        move.c.execute(job.insert(), row)
        facts.append(Fact("job.queued", move.at, move.case_id, move.number, step=one.step, data={"connector": one.connector}))
    return facts


def withdraw(move: _Move, closed: Sequence[str] | None) -> list[Fact]:
    """These activations wait no more (None: none of the case does); a job that has been done is left alone."""
    facts: list[Fact] = []
    if closed is not None and not closed:
        return facts
    wanted = None if closed is None else set(closed)
    for row in move.c.execute(_OPEN, {"of_case": move.case_id}).all():
        if wanted is not None and row.activation not in wanted:
            continue
        end(move.c, row.id, "withdrawn", move.at)
        about = Fact("job.withdrawn", move.at, move.case_id, move.number, step=row.step)
        facts.append(about)
        if move.troubled:
            facts += heal(move.c, f"job:{row.id}", about, move.at)
    return facts


def end(c: Connection, job_id: int, state: str, at: datetime) -> None:
    """The job is over. What was handed over is needed no longer."""
    c.execute(_END, {"job_id": job_id, "state": state, "wake_at": None, "ended_at": at, "payload": {}})
