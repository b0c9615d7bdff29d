"""Drafts as they are shown: the list, and one of them with what is missing and what the engine says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Draft, Finding
from engine.commands.deploying import lint_here, missing_posts
from engine.commands.drafting import DRAFTERS, files_of_draft
from engine.draft_tables import draft as drafts
from engine.drafts import bundle_of, open_draft
from engine.errors import NotFound, NotYours
from engine.model import person, process_version
from engine.people import Actor
from engine.values import Names

_PEOPLE = {"kept_by": person.alias("keeper"), "changed_by": person.alias("changer")}


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One draft. `state` is open, deployed or discarded; the names are None for people who are no longer there."""

    id: int
    name: str
    state: str
    kept_at: datetime
    kept_by: Names | None
    changed_at: datetime
    changed_by: Names | None


@dataclass(frozen=True)
class DraftView:
    """One draft as it stands with the answers given. `seen` goes back with every command.

    `findings` are the engine's errors once nothing is missing; `unknown_posts` the codes that nobody holds; `code` and
    `version` what it would be, or was, deployed as.
    """

    row: DraftRow
    seen: int
    draft: Draft
    answers: Mapping[str, Any]
    findings: tuple[Finding, ...]
    unknown_posts: tuple[str, ...]
    decisions: tuple[str, ...]
    code: str
    version: str

    @property
    def is_ready(self) -> bool:
        """Nothing is missing and the engine runs it."""
        return not self.draft.repairs and not self.findings


def list_drafts(c: Connection, by: Actor) -> list[DraftRow]:
    """Open drafts first, the newest first. Raises NotYours."""
    _may_see(by)
    order = (sa.case((drafts.c.state == "open", 0), else_=1), drafts.c.id.desc())
    return [_row(row) for row in c.execute(_rows().order_by(*order).limit(200))]


def draft(c: Connection, draft_id: int, by: Actor) -> DraftView:
    """One draft, made anew from its files and answers. Raises NotFound, NotYours."""
    _may_see(by)
    row = c.execute(_rows().where(drafts.c.id == draft_id)).first()
    if row is None:
        raise NotFound(f"There is no draft {draft_id}.")
    files = files_of_draft(c, draft_id)
    made = open_draft(files, row.answers, process=row.process, strict=False)
    bundle = bundle_of(made, files)
    code = bundle.model.code or bundle.model.process_id
    errors = () if made.repairs else tuple(finding for finding in lint_here(c, bundle) if finding.severity == "error")
    return DraftView(
        row=_row(row),
        seen=row.seen,
        draft=made,
        answers=row.answers,
        findings=errors,
        unknown_posts=missing_posts(c, bundle),
        decisions=tuple(sorted(bundle.decisions)),
        code=code,
        version=row.version or _next_version(c, code),
    )


def _next_version(c: Connection, code: str) -> str:
    taken = set(c.execute(sa.select(process_version.c.version).where(process_version.c.code == code)).scalars())
    return next(version for number in range(len(taken) + 1) if (version := f"V1.{number}") not in taken)


def _may_see(by: Actor) -> None:
    if not by.roles & DRAFTERS:
        raise NotYours("Only process owners and administrators see drafts.")


def _rows() -> sa.Select[Any]:
    keeper, changer = _PEOPLE["kept_by"], _PEOPLE["changed_by"]
    source = (
        drafts.outerjoin(keeper, keeper.c.login == drafts.c.kept_by)
        .outerjoin(changer, changer.c.login == drafts.c.changed_by)
        .outerjoin(process_version, process_version.c.id == drafts.c.process_version_id)
    )
    return sa.select(
        drafts,
        keeper.c.name.label("keeper_name"),
        changer.c.name.label("changer_name"),
        process_version.c.version.label("version"),
    ).select_from(source)


def _row(row: sa.Row[Any]) -> DraftRow:
    return DraftRow(row.id, row.name, row.state, row.kept_at, row.keeper_name, row.changed_at, row.changer_name)
