"""What a person has to do, and everything about one work item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Raci
from engine import processes
from engine.called import BETWEEN
from engine.db import AnyRow
from engine.errors import CannotGoOn, NotFound, NotYours
from engine.model import cases, person, post, process_version, sla_clock, work_item
from engine.people import Actor
from engine.releases import Release
from engine.values import Names

OPEN = ("offered", "claimed")


def data_of(version: processes.Version, blob: bytes, activation: str = "", step: str | None = None) -> Mapping[str, Any]:
    """The data of a case to look at, or what an activation of a step sees of them.

    Nothing where its state cannot be read: that is an incident, no reason to see no page.
    """
    try:
        machine = version.machine
        return machine.data(bytes(blob)) if step is None else machine.seen_by(bytes(blob), activation, step)
    except CannotGoOn:
        return {}


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One line of a task list. Instants are aware UTC; `standard` is the duration text that gave `due_at`.

    Of a repeated step `instance` counts from 1, `of` is how many there are (None in a loop), `about` its entry in a few words.
    """

    item: int
    case_id: int
    case_number: str
    subject: str
    code: str
    step: str
    step_name: str
    post: str
    post_names: Names
    state: str
    claimed_by_me: bool
    assignee_name: Names | None
    offered_at: datetime
    claimed_at: datetime | None
    due_at: datetime | None
    reaction_due_at: datetime | None
    breached: bool
    rehearsal: bool
    standard: str | None
    calendar: str | None
    clock_started_at: datetime | None = None
    process: str | None = None  # the code of the called process that the step belongs to, None for the case's own
    activation: str = ""
    instance: int | None = None
    of: int | None = None
    about: str | None = None


_SOURCE = (
    work_item.join(cases, cases.c.id == work_item.c.case_id)
    .join(post, post.c.code == work_item.c.post)
    .outerjoin(sla_clock, sla_clock.c.item_id == work_item.c.id)
    .outerjoin(person, person.c.id == work_item.c.claimed_by)
)
_COLUMNS = (
    work_item.c.id,
    work_item.c.case_id,
    cases.c.number,
    cases.c.subject,
    cases.c.code,
    work_item.c.step,
    work_item.c.name,
    work_item.c.post,
    post.c.name.label("post_name"),
    work_item.c.state,
    work_item.c.claimed_by,
    person.c.name.label("assignee_name"),
    work_item.c.offered_at,
    work_item.c.claimed_at,
    sla_clock.c.due_at,
    sla_clock.c.reaction_due_at,
    sla_clock.c.started_at.label("clock_started_at"),
    sla_clock.c.state.label("clock_state"),
    cases.c.rehearsal,
    sla_clock.c.standard,
    sla_clock.c.calendar,
    work_item.c.process,
    work_item.c.activation,
    work_item.c.instance,
    work_item.c.instances,
    work_item.c.about,
)


def _row(row: AnyRow, actor: Actor, now: datetime | None) -> TaskRow:
    # A target that has passed is late on the screen even before the sweep has written the breach down.
    overdue = row.clock_state == "breached" or (now is not None and row.due_at is not None and row.due_at < now)
    return TaskRow(
        row.id,
        row.case_id,
        row.number,
        row.subject,
        row.code,
        row.step,
        row.name,
        row.post,
        row.post_name,
        row.state,
        row.claimed_by == actor.id,
        row.assignee_name,
        row.offered_at,
        row.claimed_at,
        row.due_at,
        row.reaction_due_at,
        (overdue and row.state in OPEN) or row.clock_state == "breached",
        row.rehearsal,
        row.standard,
        row.calendar,
        row.clock_started_at,
        row.process,
        row.activation,
        row.instance,
        row.instances,
        row.about,
    )


def my_tasks(c: Connection, actor: Actor, now: datetime, *, limit: int = 500) -> list[TaskRow]:
    """What I have claimed and what is offered to my posts, overdue and most urgent first."""
    mine = sa.or_(
        sa.and_(work_item.c.state == "claimed", work_item.c.claimed_by == actor.id),
        sa.and_(work_item.c.state == "offered", work_item.c.post.in_(sorted(actor.posts))),
    )
    rows = c.execute(
        sa.select(*_COLUMNS)
        .select_from(_SOURCE)
        .where(mine)
        .order_by(sla_clock.c.due_at.is_(None), sla_clock.c.due_at, work_item.c.id)
        .limit(limit)
    )
    return [_row(row, actor, now) for row in rows]


@dataclass(frozen=True, slots=True)
class Offered:
    """An item that waits for somebody of its post."""

    item: int
    case_id: int
    step: str
    post: str
    offered_at: datetime


def offered_items(c: Connection, pilot_id: int) -> list[Offered]:
    """Everything in a pilot that nobody has claimed, most urgent first, as `my_tasks` shows it."""
    source = work_item.join(cases, cases.c.id == work_item.c.case_id).outerjoin(sla_clock, sla_clock.c.item_id == work_item.c.id)
    rows = c.execute(
        sa.select(work_item.c.id, work_item.c.case_id, work_item.c.step, work_item.c.post, work_item.c.offered_at)
        .select_from(source)
        .where(work_item.c.state == "offered", cases.c.pilot_id == pilot_id)
        .order_by(sla_clock.c.due_at.is_(None), sla_clock.c.due_at, work_item.c.id)
    )
    return [Offered(*row) for row in rows]


def items_of_case(c: Connection, case_id: int, actor: Actor, now: datetime | None = None) -> list[TaskRow]:
    """Every item of a case, in the order they were offered."""
    rows = c.execute(sa.select(*_COLUMNS).select_from(_SOURCE).where(work_item.c.case_id == case_id).order_by(work_item.c.id))
    return [_row(row, actor, now) for row in rows]


@dataclass(frozen=True, slots=True)
class TaskView:
    """One work item with all that its page shows. `data` are the data so far, by step, of the process that the step belongs to.

    `process_name` is said for a step of a called process.
    """

    row: TaskRow
    form: Mapping[str, Any] | None
    data: Mapping[str, Any]
    forms: Mapping[str, Mapping[str, Any]]
    step_names: Mapping[str, str]
    documentation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    raci: Raci | None
    state: str
    answers: Mapping[str, Any] | None
    comment: str | None
    closed_by_name: Names | None
    closed_at: datetime | None
    may_claim: bool
    may_release: bool
    may_complete: bool
    process_name: str | None = None

    @property
    def own_step(self) -> str:
        """The id of the step within its process, under which its answers are kept."""
        return self.row.step.rpartition(BETWEEN)[2]


def task(c: Connection, item_id: int, actor: Actor, now: datetime | None = None) -> TaskView:
    """One item for one of its post's people, or for an overseer; raises NotFound, NotYours."""
    closer = person.alias("closer")
    row = c.execute(
        sa.select(
            *_COLUMNS,
            cases.c.blob,
            cases.c.process_version_id,
            cases.c.called,
            cases.c.state.label("case_state"),
            process_version.c.version,
            process_version.c.content_sha256,
            work_item.c.answers,
            work_item.c.activation,
            work_item.c.comment,
            work_item.c.closed_at,
            closer.c.name.label("closed_by_name"),
        )
        .select_from(
            _SOURCE.join(process_version, process_version.c.id == cases.c.process_version_id).outerjoin(
                closer, closer.c.id == work_item.c.closed_by
            )
        )
        .where(work_item.c.id == item_id)
    ).first()
    if row is None:
        raise NotFound("There is no such task.")
    if row.post not in actor.posts and not actor.may_oversee():
        raise NotYours(f"{row.name} belongs to another post.")
    version = processes.load(c, row.process_version_id, row.code, row.version, row.content_sha256, row.called or {})
    here, node = version.release_of(row.step), version.node(row.step)
    mine = row.claimed_by == actor.id
    return TaskView(
        row=_row(row, actor, now),
        form=here.bundle.forms[node.form] if node.form else None,
        data=data_of(version, row.blob, row.activation, row.step),
        forms=forms_by_step(here),
        step_names={each.id: each.name for each in here.bundle.model.nodes},
        documentation=node.documentation,
        inputs=node.inputs,
        outputs=node.outputs,
        raci=node.raci,
        state=row.state,
        answers=row.answers,
        comment=row.comment,
        closed_by_name=row.closed_by_name,
        closed_at=row.closed_at,
        may_claim=row.state == "offered" and row.post in actor.posts,
        may_release=row.state == "claimed" and mine,
        may_complete=row.state == "claimed" and mine,
        process_name=here.bundle.model.name if row.process is not None else None,
    )


def forms_by_step(here: Release) -> dict[str, Mapping[str, Any]]:
    """Step id (and `intake`) -> the form's schema, so that a page can label the data."""
    bundle = here.bundle
    labelled = {node.id: bundle.forms[node.form] for node in bundle.model.nodes if node.form}
    start = bundle.model.start()
    if start.form:
        labelled["intake"] = bundle.forms[start.form]
    return labelled
