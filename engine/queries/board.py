"""The owner's board: what runs, what is about to be late, what is late, and what was escalated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from engine import processes
from engine.model import cases, escalation, person, post, sla_clock, work_item
from engine.queries.tasks import OPEN
from engine.values import Names

AT_RISK_PERCENT = 80  # the reminder rung: from here on an open clock is at risk


@dataclass(frozen=True, slots=True)
class BoardStep:
    """One step over all open items, and the share of its completed items that met their standard (None: none yet)."""

    step: str
    name: str
    standard: str | None
    open: int
    at_risk: int
    breached: int
    completed: int
    share_within: float | None


@dataclass(frozen=True, slots=True)
class BoardCase:
    """One running case."""

    id: int
    number: str
    subject: str
    started_at: datetime
    due_at: datetime | None
    steps_open: tuple[str, ...]
    breached: bool
    at_risk: bool
    rehearsal: bool


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """One rung that was climbed. `step_name` is None for the case's own clock."""

    id: int
    case_id: int
    case_number: str
    step_name: str | None
    percent: int
    action: str
    to_names: tuple[Names, ...]
    to_post_names: Names | None
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by_name: Names | None
    note: str | None
    rehearsal: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The board of one process at one instant."""

    code: str
    name: str
    running: int
    at_risk: int
    breached: int
    completed: int
    by_step: tuple[BoardStep, ...]
    cases: tuple[BoardCase, ...]
    escalations: tuple[EscalationRow, ...]
    escalations_open: int


def board(c: Connection, code: str, now: datetime, *, rehearsal: bool | None = None, limit: int = 200) -> Board:
    """The board of a process; raises NotFound. `rehearsal` None shows both, each marked."""
    version = processes.current_version(c, code)
    chosen = [cases.c.code == code]
    if rehearsal is not None:
        chosen.append(cases.c.rehearsal == rehearsal)
    running = _running_cases(c, chosen, now)
    closed = c.execute(sa.select(sa.func.count()).select_from(cases).where(*chosen, cases.c.state == "completed")).scalar_one()
    rows = _escalations(c, chosen, limit)
    return Board(
        code=code,
        name=version.bundle.model.name,
        running=len(running),
        at_risk=sum(one.at_risk and not one.breached for one in running),
        breached=sum(one.breached for one in running),
        completed=closed,
        by_step=_steps(c, version, chosen, now),
        cases=tuple(sorted(running, key=lambda one: (not one.breached, not one.at_risk, one.due_at or now))[:limit]),
        escalations=rows,
        escalations_open=_open_escalations(c, chosen),
    )


def _is_late(state: str | None, due_at: datetime | None, now: datetime) -> bool:
    return state == "breached" or (state == "running" and due_at is not None and due_at < now)


def _is_at_risk(rungs: Sequence[Sequence[Any]] | None, now: datetime) -> bool:
    """Whether the clock has passed its reminder, on its own calendar."""
    return any(rung[0] <= AT_RISK_PERCENT and datetime.fromisoformat(rung[3]) < now for rung in rungs or ())


def _running_cases(c: Connection, chosen: list[Any], now: datetime) -> list[BoardCase]:
    joined = cases.join(sla_clock, sla_clock.c.case_id == cases.c.id).outerjoin(work_item, work_item.c.id == sla_clock.c.item_id)
    columns = (cases.c.id, cases.c.number, cases.c.subject, cases.c.started_at, cases.c.rehearsal, sla_clock.c.item_id)
    clock = (sla_clock.c.due_at, sla_clock.c.state, sla_clock.c.rungs, sla_clock.c.stopped_at, work_item.c.name)
    rows = c.execute(
        sa.select(*columns, *clock)
        .select_from(joined)
        .where(*chosen, cases.c.state == "running", sla_clock.c.stopped_at.is_(None))
        .order_by(cases.c.id, sla_clock.c.id)
    )
    by_case: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_case[row.id].append(row)
    return [_board_case(clocks, now) for clocks in by_case.values()]


def _board_case(clocks: list[Any], now: datetime) -> BoardCase:
    first = clocks[0]
    whole = next((row for row in clocks if row.item_id is None), None)
    return BoardCase(
        first.id,
        first.number,
        first.subject,
        first.started_at,
        whole.due_at if whole is not None else None,
        tuple(row.name for row in clocks if row.item_id is not None),
        any(_is_late(row.state, row.due_at, now) for row in clocks),
        any(_is_at_risk(row.rungs, now) for row in clocks),
        first.rehearsal,
    )


def _steps(c: Connection, version: processes.Version, chosen: list[Any], now: datetime) -> tuple[BoardStep, ...]:
    joined = work_item.join(cases, cases.c.id == work_item.c.case_id).join(sla_clock, sla_clock.c.item_id == work_item.c.id)
    live = c.execute(
        sa.select(work_item.c.step, sla_clock.c.due_at, sla_clock.c.state, sla_clock.c.rungs)
        .select_from(joined)
        .where(*chosen, work_item.c.state.in_(OPEN))
    ).all()
    counted = c.execute(
        sa.select(work_item.c.step, sla_clock.c.state, sa.func.count())
        .select_from(joined)
        .where(*chosen, work_item.c.state == "completed")
        .group_by(work_item.c.step, sla_clock.c.state)
    ).all()
    done: dict[str, dict[str, int]] = defaultdict(dict)
    for step, state, count in counted:
        done[step][state] = count
    return tuple(
        _board_step(step, node.name, str(node.standard.completion) if node.standard else None, live, done[step], now)
        for step, node, _ in version.steps()
    )


def _board_step(
    step: str, name: str, standard: str | None, live: Sequence[Any], done: dict[str, int], now: datetime
) -> BoardStep:
    mine = [row for row in live if row.step == step]
    late = sum(_is_late(row.state, row.due_at, now) for row in mine)
    warned = sum(_is_at_risk(row.rungs, now) and not _is_late(row.state, row.due_at, now) for row in mine)
    completed = sum(done.values())
    return BoardStep(
        step, name, standard, len(mine), warned, late, completed, done.get("met", 0) / completed if completed else None
    )


def _open_escalations(c: Connection, chosen: list[Any]) -> int:
    joined = escalation.join(cases, cases.c.id == escalation.c.case_id)
    count = sa.select(sa.func.count()).select_from(joined).where(*chosen, escalation.c.acknowledged_at.is_(None))
    return int(c.execute(count).scalar_one())


def _escalations(c: Connection, chosen: list[Any], limit: int) -> tuple[EscalationRow, ...]:
    who = person.alias("acknowledger")
    joined = (
        escalation.join(cases, cases.c.id == escalation.c.case_id)
        .outerjoin(work_item, work_item.c.id == escalation.c.item_id)
        .outerjoin(post, post.c.code == escalation.c.to_post)
        .outerjoin(who, who.c.id == escalation.c.acknowledged_by)
    )
    rows = c.execute(
        sa.select(
            escalation,
            cases.c.number,
            cases.c.rehearsal,
            work_item.c.name.label("step_name"),
            post.c.name.label("to_post_names"),
            who.c.name.label("acknowledged_by_name"),
        )
        .select_from(joined)
        .where(*chosen)
        .order_by(escalation.c.acknowledged_at.is_not(None), escalation.c.raised_at.desc(), escalation.c.id.desc())
        .limit(limit)
    ).all()
    names = {row.id: row.name for row in c.execute(sa.select(person.c.id, person.c.name))}
    return tuple(
        EscalationRow(
            row.id,
            row.case_id,
            row.number,
            row.step_name,
            row.percent,
            row.action,
            tuple(names[someone] for someone in row.recipients),
            row.to_post_names,
            row.raised_at,
            row.acknowledged_at,
            row.acknowledged_by_name,
            row.note,
            row.rehearsal,
        )
        for row in rows
    )
