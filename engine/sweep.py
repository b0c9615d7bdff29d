"""What time does: breaches, rungs and BPMN timers. Claims one due row, acts, settles; a poisoned row steps aside.

The sweep holds no truth of its own: `wake_at` columns do. Any number of sweeps may run; a lost one loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from engine import clocks, processes, timers
from engine.clocks import ClockRow, Subject
from engine.db import AnyRow, reading, writing
from engine.eventlog import Fact, append
from engine.model import cases, heartbeat, process_version, sla_clock, work_item

log = logging.getLogger("pilotrun.sweep")
POISONED = timedelta(hours=1)
PULSE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Beat:
    """What one beat of the sweep did."""

    timers: int = 0
    clocks: int = 0
    poisoned: int = 0
    more: bool = False


def beat(engine: Engine, now: datetime, *, batch: int = 200) -> Beat:
    """Do what is due by `now`, oldest first, one transaction per row; at most `batch` rows, so that people get their turn."""
    with reading(engine) as c:
        pulse = heartbeat_at(c)
        due = next_wake(c)
    if pulse is None or now - pulse >= PULSE or pulse > now:
        with writing(engine) as c:
            _pulse(c, now)
    done = {"timers": 0, "clocks": 0, "poisoned": 0}
    for _ in range(batch):
        if due is None or due > now:
            return Beat(done["timers"], done["clocks"], done["poisoned"])
        kind = _settle_next(engine, now)
        if kind is None:
            break  # what is due is in the hands of another sweep
        done[kind] += 1
        with reading(engine) as c:
            due = next_wake(c)
    return Beat(done["timers"], done["clocks"], done["poisoned"], more=True)


def sweep_within(c: Connection, now: datetime, *, most: int = 100_000) -> int:
    """Everything due by `now` inside the caller's transaction, for rehearsals in virtual time. Returns the rows settled."""
    for count in range(most):
        due = _next_due(c, now)
        if due is None:
            return count
        due.act(c, now)
    return most


def next_wake(c: Connection) -> datetime | None:
    """The next instant at which time does something, or None when nothing waits."""
    instants = c.execute(
        sa.select(
            sa.select(sa.func.min(sla_clock.c.wake_at)).scalar_subquery(),
            sa.select(sa.func.min(cases.c.wake_at)).where(cases.c.state == "running").scalar_subquery(),
        )
    ).one()
    return min((at for at in instants if at is not None), default=None)


def heartbeat_at(c: Connection) -> datetime | None:
    """When a sweep last said that it is alive."""
    return c.execute(sa.select(heartbeat.c.at).where(heartbeat.c.name == "sweep")).scalar()


def _pulse(c: Connection, now: datetime) -> None:
    c.execute(heartbeat.update().where(heartbeat.c.name == "sweep").values(at=now))


@dataclass(frozen=True)
class _Due:
    """One row that is due, claimed until the end of the transaction."""

    kind: str
    at: datetime
    act: Callable[[Connection, datetime], None]
    step_aside: Callable[[Connection, datetime, str], None]


def _settle_next(engine: Engine, now: datetime) -> str | None:
    """One due row in a transaction of its own. What cannot be done is set aside in a second one, and the others go on."""
    claimed: _Due | None = None
    try:
        with writing(engine) as c:
            claimed = _next_due(c, now)
            if claimed is None:
                return None
            claimed.act(c, now)
            return claimed.kind
    except DBAPIError:
        raise  # the database, not the row: the next beat tries again
    except Exception as error:
        assert claimed is not None
        log.exception("a due row cannot be settled and steps aside")
        with writing(engine) as c:
            claimed.step_aside(c, now, f"{type(error).__name__}: {error}"[:500])
        return "poisoned"


def _next_due(c: Connection, now: datetime) -> _Due | None:
    """The oldest due clock or timer that no other sweep holds; a clock before a timer of the same instant."""
    found = [due for due in (_due_clock(c, now), _due_case(c, now)) if due is not None]
    return min(found, key=lambda due: due.at, default=None)


def _due_clock(c: Connection, now: datetime) -> _Due | None:
    source = sla_clock.join(cases, cases.c.id == sla_clock.c.case_id).join(
        process_version, process_version.c.id == cases.c.process_version_id
    )
    source = source.outerjoin(work_item, work_item.c.id == sla_clock.c.item_id)
    columns = [work_item.c.step, work_item.c.post, work_item.c.department, work_item.c.claimed_by]
    row = c.execute(
        sa.select(sla_clock, cases.c.number, *columns, *_version_columns())
        .select_from(source)
        .where(sla_clock.c.wake_at <= now)
        .order_by(sla_clock.c.wake_at, sla_clock.c.id)
        .limit(1)
        .with_for_update(of=sla_clock, skip_locked=True, key_share=True)
    ).first()
    if row is None:
        return None
    clock = ClockRow.of(row)
    assert clock is not None
    subject = Subject(row.case_id, row.number, row.item_id, row.step, row.post, row.department, row.claimed_by)

    def act(c: Connection, now: datetime) -> None:
        append(c, clocks.pass_time(c, clock, subject, _version(c, row), now), now)

    def step_aside(c: Connection, now: datetime, reason: str) -> None:
        c.execute(sla_clock.update().where(sla_clock.c.id == row.id).values(wake_at=now + POISONED))
        append(c, [subject.fact("incident.raised", now, {"reason": reason})], now)

    return _Due("clocks", row.wake_at, act, step_aside)


def _due_case(c: Connection, now: datetime) -> _Due | None:
    row = c.execute(
        sa.select(cases, cases.c.id.label("case_id"), cases.c.version.label("case_version"), *_version_columns())
        .select_from(cases.join(process_version, process_version.c.id == cases.c.process_version_id))
        .where(cases.c.wake_at <= now, cases.c.state == "running")
        .order_by(cases.c.wake_at, cases.c.id)
        .limit(1)
        .with_for_update(of=cases, skip_locked=True, key_share=True)
    ).first()
    if row is None:
        return None

    def act(c: Connection, now: datetime) -> None:
        _, _, facts = timers.catch_up(c, _version(c, row), row, now)
        append(c, facts, now)

    def step_aside(c: Connection, now: datetime, reason: str) -> None:
        c.execute(cases.update().where(cases.c.id == row.id).values(wake_at=now + POISONED, incident=reason))
        append(c, [Fact("incident.raised", now, row.id, row.number, data={"reason": reason})], now)

    return _Due("timers", row.wake_at, act, step_aside)


def _version_columns() -> list[Any]:
    columns = process_version.c
    return [
        columns.id.label("pv_id"),
        columns.code.label("pv_code"),
        columns.version.label("pv_version"),
        columns.content_sha256.label("pv_content"),
    ]


def _version(c: Connection, row: AnyRow) -> processes.Version:
    return processes.load(c, row.pv_id, row.pv_code, row.pv_version, row.pv_content)
