"""Processes and pilots as they are deployed: what the pages list, and what an assessment is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Bundle
from engine import processes
from engine.calendars import Calendar
from engine.errors import NotFound
from engine.model import cases, pilot, process_file, process_version
from engine.releases import CALENDAR_FOLDER, Release, release
from engine.values import LogEntry


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """The newest version of one process."""

    code: str
    name: str
    version: str
    deployed_at: datetime
    public_intake: bool


def list_processes(c: Connection) -> list[ProcessRow]:
    """Every process by code, in its newest version."""
    newest = sa.select(sa.func.max(process_version.c.id)).group_by(process_version.c.code)
    columns = process_version.c
    rows = c.execute(
        sa.select(columns.code, columns.name, columns.version, columns.deployed_at, columns.public_intake)
        .where(columns.id.in_(newest))
        .order_by(columns.code)
    )
    return [ProcessRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class PilotRow:
    """One pilot. `cases` counts every case that was started under it."""

    id: int
    code: str
    name: str
    version: str
    rehearsal: bool
    state: str
    registered_at: datetime
    frozen_at: datetime | None
    plan_hash: str | None
    cases: int


def list_pilots(c: Connection, code: str | None = None) -> list[PilotRow]:
    """Every pilot, newest first."""
    joined = pilot.join(process_version, process_version.c.id == pilot.c.process_version_id)
    started = sa.select(sa.func.count()).select_from(cases).where(cases.c.pilot_id == pilot.c.id).scalar_subquery()
    query = sa.select(
        pilot.c.id,
        pilot.c.code,
        process_version.c.name,
        process_version.c.version,
        pilot.c.rehearsal,
        pilot.c.state,
        pilot.c.registered_at,
        pilot.c.frozen_at,
        pilot.c.plan_hash,
        started,
    ).select_from(joined)
    if code is not None:
        query = query.where(pilot.c.code == code)
    return [PilotRow(*tuple(row)) for row in c.execute(query.order_by(pilot.c.rehearsal, pilot.c.id.desc()))]


@dataclass(frozen=True)
class PilotView:
    """A pilot with all that its figures depend on; `calendar_data` is what `calendars` were read from."""

    row: PilotRow
    plan: Mapping[str, Any]
    bundle: Bundle
    calendars: Mapping[str, Calendar]
    calendar_data: Mapping[str, Any]
    step_names: Mapping[str, str]  # step id, of called processes with the ids of the calls before it, -> label
    called: Mapping[str, Bundle]  # by the path of the call, `goods_return/`


def pilot_view(c: Connection, pilot_id: int) -> PilotView:
    """One pilot; raises NotFound."""
    row = c.execute(sa.select(pilot.c.plan, pilot.c.process_version_id).where(pilot.c.id == pilot_id)).first()
    listed = next((one for one in list_pilots(c) if one.id == pilot_id), None)
    if row is None or listed is None:
        raise NotFound(f"There is no pilot {pilot_id}.")
    version = processes.version_by_id(c, row.process_version_id)
    parts = [*version.parts.values(), version]  # its own calendar counts where a called process has one of the same name
    calendars = {name: calendar for one in parts for name, calendar in one.calendars.items()}
    names = {place.step: place.node.name for place in version.places()}
    called = {path: here.bundle for path, here in version.parts.items()}
    return PilotView(listed, row.plan, version.bundle, calendars, _calendar_data(c, parts), names, called)


def _calendar_data(c: Connection, parts: Sequence[Release]) -> dict[str, Any]:
    """What the calendars of these versions were read from; the last version counts."""
    order = {one.id: number for number, one in enumerate(parts)}
    rows = c.execute(
        sa.select(process_file).where(
            process_file.c.process_version_id.in_(order), process_file.c.name.startswith(CALENDAR_FOLDER, autoescape=True)
        )
    )
    return {
        row.name.removeprefix(CALENDAR_FOLDER).removesuffix(".json"): orjson.loads(row.content)
        for row in sorted(rows, key=lambda row: order[row.process_version_id])
    }


def called_models(c: Connection, entries: Iterable[LogEntry]) -> dict[str, str]:
    """The models of all that the cases of these entries have called, by `<code> <version>`."""
    calls = {pair for entry in entries if entry.kind == "case.started" for pair in (entry.data.get("calls") or {}).items()}
    columns = process_version.c
    rows = (
        c.execute(sa.select(process_version).where(sa.tuple_(columns.code, columns.version).in_(sorted(calls)))) if calls else ()
    )
    found = (release(c, row.id, row.code, row.version, row.content_sha256) for row in rows)
    return {f"{one.code} {one.version}": one.bundle.model.xml.decode() for one in found}


def calendars_of(c: Connection, code: str) -> Mapping[str, Calendar]:
    """The working calendars that the newest version of a process was deployed with, by name."""
    return processes.current_version(c, code).calendars


def latest_pilot(c: Connection, code: str, *, rehearsal: bool = False) -> int | None:
    """The newest pilot of a process of that kind."""
    condition = (pilot.c.code == code, pilot.c.rehearsal == rehearsal)
    return c.execute(sa.select(sa.func.max(pilot.c.id)).where(*condition)).scalar()
