"""One case from all sides: where its token is, what happened, who did what, what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from engine import processes
from engine.called import BETWEEN
from engine.commands.starting import start_schema
from engine.errors import NotFound, NotYours
from engine.model import cases, event, person, process_version, sla_clock, work_item
from engine.people import Actor
from engine.queries.tasks import OPEN, TaskRow, data_of, forms_by_step, items_of_case
from engine.releases import Release
from engine.values import Names


@dataclass(frozen=True, slots=True)
class StepState:
    """How often a step was done in this case and how long it took (seconds from offer to completion, all activations).

    `process` is the code of the called process that the step belongs to, None for the case's own.
    """

    step: str
    name: str
    state: str  # untouched, open, open-late, done, late
    times: int
    sojourn_s: int | None
    standard: str | None
    process: str | None = None


@dataclass(frozen=True, slots=True)
class CalledView:
    """A process that the case calls: where (`goods_return/`), which version, what is drawn, the data and their forms."""

    path: str
    code: str
    version: str
    name: str
    xml: bytes
    forms: Mapping[str, Mapping[str, Any]]
    step_names: Mapping[str, str]
    data: Mapping[str, Any] | None  # None: it has not been called yet

    @property
    def call(self) -> str:
        """The id of the call activity within the case."""
        return self.path.removesuffix(BETWEEN)


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One entry of the case's history."""

    at: datetime
    recorded_at: datetime
    kind: str
    step: str | None
    step_name: str | None
    person: str | None
    person_name: Names | None
    data: Mapping[str, Any]
    instance: int | None = None
    of: int | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything that the case's page shows."""

    id: int
    number: str
    subject: str
    code: str
    version: str
    process_name: str
    state: str
    channel: str
    rehearsal: bool
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    standard: str | None
    clock_state: str | None
    incident: str | None
    receipt: str
    data: Mapping[str, Any]
    forms: Mapping[str, Mapping[str, Any]]
    xml: bytes
    tokens: tuple[str, ...]
    steps: tuple[StepState, ...]
    timeline: tuple[TimelineRow, ...]
    items: tuple[TaskRow, ...]
    may_cancel: bool
    called: tuple[CalledView, ...] = ()
    step_names: Mapping[str, str] = field(default_factory=dict)


def case(c: Connection, case_id: int, actor: Actor, now: datetime | None = None) -> CaseView:
    """One case for somebody whose post takes part in it, or for an overseer; raises NotFound, NotYours."""
    row = c.execute(
        sa.select(cases, process_version.c.version.label("pv_version"), process_version.c.content_sha256, process_version.c.name)
        .select_from(cases.join(process_version, process_version.c.id == cases.c.process_version_id))
        .where(cases.c.id == case_id)
    ).first()
    if row is None:
        raise NotFound("There is no such case.")
    version = processes.load(c, row.process_version_id, row.code, row.pv_version, row.content_sha256, row.called or {})
    posts = {place.node.raci.responsible for place in version.steps() if place.node.raci}
    if not actor.may_oversee() and not posts & actor.posts:
        raise NotYours(f"{row.number} belongs to another department.")
    items = items_of_case(c, case_id, actor, now)
    data = data_of(version, row.blob)
    clock = c.execute(sa.select(sla_clock).where(sla_clock.c.case_id == case_id, sla_clock.c.item_id.is_(None))).first()
    return CaseView(
        id=row.id,
        number=row.number,
        subject=row.subject,
        code=row.code,
        version=row.pv_version,
        process_name=row.name,
        state=row.state,
        channel=row.channel,
        rehearsal=row.rehearsal,
        started_at=row.started_at,
        ended_at=row.ended_at,
        due_at=clock.due_at if clock is not None else None,
        standard=clock.standard if clock is not None else None,
        clock_state=clock.state if clock is not None else None,
        incident=row.incident,
        receipt=row.receipt,
        data=data,
        forms=forms_by_step(version),
        xml=version.bundle.model.xml,
        tokens=tuple(item.step for item in items if item.state in OPEN),
        steps=_steps(version, items, _closings(c, case_id)),
        timeline=_timeline(c, case_id, {place.step: place.node.name for place in version.places()}),
        items=tuple(items),
        may_cancel=row.state == "running" and bool(actor.roles & {"owner", "director", "administrator"}),
        called=tuple(_called(path, here, data) for path, here in version.parts.items()),
        step_names=_names_of(version),
    )


def _names_of(version: processes.Version) -> dict[str, str]:
    return {node.id: node.name for node in version.bundle.model.nodes if node.is_human or node.kind == "subProcess"}


def _called(path: str, here: Release, data: Any) -> CalledView:
    for call in path.split(BETWEEN)[:-1]:
        data = data.get(call) if isinstance(data, Mapping) else None
    model = here.bundle.model
    names = {node.id: node.name for node in model.nodes}
    seen = data if isinstance(data, Mapping) else None
    return CalledView(path, here.code, here.version, model.name, model.xml, forms_by_step(here), names, seen)


def _closings(c: Connection, case_id: int) -> dict[int, datetime]:
    """Item -> when it was completed, from the log."""
    rows = c.execute(sa.select(event.c.item_id, event.c.at).where(event.c.case_id == case_id, event.c.kind == "item.completed"))
    return {row.item_id: row.at for row in rows}


def _steps(version: processes.Version, items: list[TaskRow], closed: Mapping[int, datetime]) -> tuple[StepState, ...]:
    states = []
    for step, node, here in version.steps():
        mine = [item for item in items if item.step == step]
        took = [closed[item.item] - item.offered_at for item in mine if item.item in closed]
        states.append(
            StepState(
                step,
                node.name,
                _state(mine),
                len(took),
                round(sum(one.total_seconds() for one in took)) if took else None,
                str(node.standard.completion) if node.standard else None,
                here.code if here is not version else None,
            )
        )
    return tuple(states)


def _state(items: list[TaskRow]) -> str:
    live = [item for item in items if item.state in OPEN]
    late = any(item.breached for item in live or items)
    if live:
        return "open-late" if late else "open"
    if any(item.state == "completed" for item in items):
        return "late" if late else "done"
    return "untouched"


def _timeline(c: Connection, case_id: int, names: Mapping[str, str]) -> tuple[TimelineRow, ...]:
    rows = c.execute(
        sa.select(event, person.c.name.label("person_name"), work_item.c.instance, work_item.c.instances, work_item.c.about)
        .select_from(
            event.outerjoin(person, person.c.login == event.c.person).outerjoin(work_item, work_item.c.id == event.c.item_id)
        )
        .where(event.c.case_id == case_id)
        .order_by(event.c.at, event.c.seq)
    )
    return tuple(
        TimelineRow(
            row.at,
            row.recorded_at,
            row.kind,
            row.step,
            names.get(row.step) if row.step else None,
            row.person,
            row.person_name,
            orjson.loads(row.data),
            row.instance,
            row.instances,
            row.about,
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What whoever sent a case in may see of it: the number and the state, nothing else."""

    number: str
    code: str
    state: str
    started_at: datetime
    ended_at: datetime | None


def receipt(c: Connection, token: str) -> ReceiptView | None:
    """The case behind a receipt."""
    columns = (cases.c.number, cases.c.code, cases.c.state, cases.c.started_at, cases.c.ended_at)
    row = c.execute(sa.select(*columns).where(cases.c.receipt == token)).first()
    return ReceiptView(*row) if row is not None else None


@dataclass(frozen=True, slots=True)
class StartForm:
    """What starting a case of a process needs."""

    code: str
    name: str
    public: bool
    schema: Mapping[str, Any] | None


def start_form(c: Connection, code: str) -> StartForm:
    """The intake form of the newest version; raises NotFound."""
    version = processes.current_version(c, code)
    model = version.bundle.model
    return StartForm(code, model.name, model.start().public_intake, start_schema(version))


def case_id_of(c: Connection, number: str) -> int | None:
    """The case with this number."""
    return c.execute(sa.select(cases.c.id).where(cases.c.number == number)).scalar()


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a list of cases."""

    id: int
    number: str
    subject: str
    code: str
    state: str
    rehearsal: bool
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    breached: bool


def list_cases(c: Connection, code: str | None = None, *, state: str | None = None, limit: int = 200) -> list[CaseRow]:
    """The newest cases first."""
    joined = cases.outerjoin(sla_clock, sa.and_(sla_clock.c.case_id == cases.c.id, sla_clock.c.item_id.is_(None)))
    query = sa.select(
        cases.c.id,
        cases.c.number,
        cases.c.subject,
        cases.c.code,
        cases.c.state,
        cases.c.rehearsal,
        cases.c.started_at,
        cases.c.ended_at,
        sla_clock.c.due_at,
        sla_clock.c.state.label("clock_state"),
    ).select_from(joined)
    if code is not None:
        query = query.where(cases.c.code == code)
    if state is not None:
        query = query.where(cases.c.state == state)
    rows = c.execute(query.order_by(cases.c.id.desc()).limit(limit))
    return [CaseRow(*row[:9], row.clock_state == "breached") for row in rows]
