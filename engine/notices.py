"""Notices to people: written with their cause, sent afterwards by the edge, marked when accepted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from engine.model import cases, escalation, notice, person, work_item
from engine.values import Names

LEASE = timedelta(minutes=2)
_SOURCE = (
    notice.join(escalation, escalation.c.id == notice.c.escalation_id)
    .join(person, person.c.id == notice.c.person_id)
    .join(cases, cases.c.id == escalation.c.case_id)
    .outerjoin(work_item, work_item.c.id == escalation.c.item_id)
)
_DUE = (
    sa.select(notice.c.id)
    .where(notice.c.state == "due", notice.c.due_at <= sa.bindparam("now"))
    .order_by(notice.c.due_at, notice.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CHOSEN = notice.c.id.in_(sa.bindparam("ids", expanding=True))
_LEASE = notice.update().where(_CHOSEN).values(due_at=sa.bindparam("until"), attempts=notice.c.attempts + 1)
_SENT = notice.update().where(_CHOSEN)
_TO_SEND = (
    sa.select(
        notice.c.id,
        notice.c.key,
        person.c.login,
        person.c.locale,
        cases.c.number,
        work_item.c.name,
        escalation.c.percent,
        escalation.c.action,
        escalation.c.raised_at,
    )
    .select_from(_SOURCE)
    .where(_CHOSEN)
    .order_by(notice.c.id)
)


@dataclass(frozen=True, slots=True)
class NoticeToSend:
    """What the edge needs to tell a person. `key` is the same at every attempt, so that a receiver can drop repeats."""

    id: int
    key: str
    login: str
    locale: str
    case_number: str
    step_name: str | None
    percent: int
    action: str
    raised_at: datetime


def claim_notices(c: Connection, now: datetime, *, limit: int = 20) -> list[NoticeToSend]:
    """Take due notices for sending: 1. push `due_at` past the lease and commit, 2. send outside, 3. `mark_sent`.

    A crash between 2 and 3 sends a notice twice, with the same key; that is the side we chose.
    """
    ids = list(c.execute(_DUE, {"now": now, "most": limit}).scalars())
    if not ids:
        return []
    c.execute(_LEASE, {"ids": ids, "until": now + LEASE})
    return [NoticeToSend(*row) for row in c.execute(_TO_SEND, {"ids": ids})]


def mark_sent(c: Connection, ids: Iterable[int], now: datetime) -> None:
    """The receiver accepted these."""
    c.execute(_SENT, {"ids": list(ids), "state": "sent", "sent_at": now})


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """An escalation that was raised to the person who looks."""

    escalation_id: int
    case_id: int
    case_number: str
    item: int | None
    step_name: str | None
    percent: int
    action: str
    raised_at: datetime
    rehearsal: bool
    to_post_names: Names | None = None


def notices_for(c: Connection, person_id: int, *, limit: int = 50) -> list[NoticeRow]:
    """What was escalated to a person and nobody has acknowledged yet, newest first."""
    rows = c.execute(
        sa.select(
            escalation.c.id,
            escalation.c.case_id,
            cases.c.number,
            escalation.c.item_id,
            work_item.c.name,
            escalation.c.percent,
            escalation.c.action,
            escalation.c.raised_at,
            cases.c.rehearsal,
        )
        .select_from(_SOURCE)
        .where(notice.c.person_id == person_id, escalation.c.acknowledged_at.is_(None))
        .order_by(escalation.c.raised_at.desc(), escalation.c.id.desc())
        .limit(limit)
    )
    return [NoticeRow(*row) for row in rows]
