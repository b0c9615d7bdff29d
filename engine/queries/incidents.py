"""What cannot go on by itself, for whoever looks after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from engine.errors import NotYours
from engine.model import cases, incident, person, work_item
from engine.people import Actor
from engine.values import Names


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident. `kind` is completion, start, timer, clock, calendar or recipient; instants are aware UTC.

    `blocks_name` is the step that waits, None where a whole case or a post does. `tried_by` is who did what could not be
    carried out: it is kept until it can. `times` counts how often it failed.
    """

    id: int
    kind: str
    reason: str
    state: str
    since: datetime
    last_at: datetime
    times: int
    case_id: int | None
    case_number: str | None
    code: str | None
    rehearsal: bool
    step: str | None
    blocks_name: str | None
    tried_by: str | None
    assigned_to: str | None
    assigned_name: Names | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None


_ROWS = (
    sa.select(
        incident,
        cases.c.number,
        cases.c.code,
        cases.c.rehearsal,
        work_item.c.name.label("item_name"),
        person.c.login.label("assigned_login"),
        person.c.name.label("assigned_name"),
    )
    .select_from(
        incident.outerjoin(cases, cases.c.id == incident.c.case_id)
        .outerjoin(work_item, work_item.c.id == incident.c.item_id)
        .outerjoin(person, person.c.id == incident.c.assigned_to)
    )
    .order_by(incident.c.state, incident.c.since.desc(), incident.c.id.desc())
)


def list_incidents(
    c: Connection,
    actor: Actor | None = None,
    *,
    state: str | None = "open",
    code: str | None = None,
    kind: str | None = None,
    assigned_to: str | None = None,
    case_id: int | None = None,
    limit: int = 500,
) -> list[IncidentRow]:
    """Incidents, the newest first; each filter that is given narrows the list. `actor` None: the command line."""
    if actor is not None and not actor.may_oversee():
        raise NotYours("Only overseers see the incidents.")
    wanted = {incident.c.state: state, cases.c.code: code, incident.c.kind: kind, person.c.login: assigned_to}
    query = _ROWS.where(*(column == value for column, value in wanted.items() if value is not None))
    if case_id is not None:
        query = query.where(incident.c.case_id == case_id)
    return [
        IncidentRow(
            row.id,
            row.kind,
            row.reason,
            row.state,
            row.since,
            row.last_at,
            row.times,
            row.case_id,
            row.number,
            row.code or (row.attempt or {}).get("code"),
            bool(row.rehearsal),
            row.step,
            row.item_name,
            (row.attempt or {}).get("login"),
            row.assigned_login,
            row.assigned_name,
            row.resolved_at,
            row.resolved_by,
            row.resolution,
        )
        for row in c.execute(query.limit(limit))
    ]
