"""Keeping a draft of a foreign model, answering what it is missing, and deploying it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Draft
from engine.commands.deploying import deploy
from engine.db import AnyRow
from engine.draft_tables import draft as drafts
from engine.draft_tables import draft_file
from engine.drafts import bundle_of, model_name, open_draft
from engine.errors import BadInput, NotFound, NotYours, WrongState
from engine.eventlog import Fact, append
from engine.people import Actor

DRAFTERS = frozenset({"owner", "administrator"})
MOST_OPEN = 200
_PEOPLE = {"decision": "people", "task": "person", "call": "person", "begin": "people"}
LONGEST_VERSION = 40
_ROUNDS = 6  # a step made a person's may raise a decision of its own


def keep_draft(c: Connection, files: Mapping[str, bytes], *, by: Actor, now: datetime, process: str | None = None) -> int:
    """Keep the files of a new draft as they came; returns its id.

    `files` are one model and the decision tables beside it, by name. Raises NotYours, BadModel for files that become no draft,
    WrongState when there are too many open drafts.
    """
    _may_draft(by)
    open_draft(files, process=process)
    waiting = c.execute(sa.select(sa.func.count()).select_from(drafts).where(drafts.c.state == "open")).scalar_one()
    if waiting >= MOST_OPEN:
        raise WrongState(f"There are {waiting} open drafts: discard some first.")
    name = model_name(files)
    values: dict[str, Any] = {
        "name": name,
        "process": process,
        "state": "open",
        "answers": {},
        "seen": 1,
        "kept_by": by.login,
        "kept_at": now,
        "changed_by": by.login,
        "changed_at": now,
    }
    draft_id = int(c.execute(drafts.insert().values(**values).returning(drafts.c.id)).scalar_one())
    rows = [
        {"draft_id": draft_id, "name": name, "sha256": hashlib.sha256(data).hexdigest(), "content": data}
        for name, data in sorted(files.items())
    ]
    c.execute(draft_file.insert(), rows)
    sha256 = next(row["sha256"] for row in rows if row["name"] == name)
    append(c, [Fact("draft.kept", now, person=by.login, data={"draft": draft_id, "name": name, "model_sha256": sha256})], now)
    return draft_id


def draft_of_other(c: Connection, draft_id: int, process: str, *, by: Actor, now: datetime) -> int:
    """Another draft of the same files, of another process in them; returns its id. Raises as `keep_draft`, and NotFound."""
    _may_draft(by)
    files = files_of_draft(c, draft_id)
    if not files:
        raise NotFound(f"There is no draft {draft_id}.")
    return keep_draft(c, files, by=by, now=now, process=process)


def answer_draft(
    c: Connection,
    draft_id: int,
    answers: Mapping[str, Any],
    *,
    seen: int,
    by: Actor,
    now: datetime,
    people: bool = False,
) -> Draft:
    """Write answers down, by the keys of the draft's repairs; None takes an answer back. `people` leaves open decisions to them.

    `seen` is the state that the answers were given to. Raises NotFound, NotYours, BadAnswer, WrongState when somebody else has
    answered meanwhile; then nothing is changed.
    """
    row = _open(c, draft_id, seen, by)
    files = files_of_draft(c, draft_id)
    given = {key: answer for key, answer in {**row.answers, **answers}.items() if answer is not None}
    made = open_draft(files, given, process=row.process, strict=False)
    if people:
        made = _leave_to_people(files, given, made, row.process)
    _change(c, row, by, now, answers=given)
    data = {"draft": draft_id, "answers": sorted(answers), "left_to_people": people, "open": len(made.repairs)}
    append(c, [Fact("draft.answered", now, person=by.login, data=data)], now)
    return made


def discard_draft(c: Connection, draft_id: int, *, seen: int, by: Actor, now: datetime) -> None:
    """Put a draft aside for good; its files stay for whoever asks what was handed in. Raises as `answer_draft` does."""
    _change(c, _open(c, draft_id, seen, by), by, now, state="discarded")
    append(c, [Fact("draft.discarded", now, person=by.login, data={"draft": draft_id})], now)


def deploy_draft(c: Connection, draft_id: int, *, seen: int, by: Actor, now: datetime, version: str = "V1.0") -> int:
    """Deploy a draft with nothing open; returns the id of the process version.

    Raises as `answer_draft` does, Refused with the gate's findings, BadInput when the version is taken, WrongState when answers
    are still missing.
    """
    row = _open(c, draft_id, seen, by)
    files = files_of_draft(c, draft_id)
    made = open_draft(files, row.answers, process=row.process, strict=False)
    if made.repairs:
        raise WrongState(f"{len(made.repairs)} answers are still missing.")
    if not 0 < len(version) <= LONGEST_VERSION:
        raise BadInput(fields={"version": f"A version has 1 to {LONGEST_VERSION} characters."})
    version_id = deploy(c, bundle_of(made, files), version=version, by=by, now=now)
    _change(c, row, by, now, state="deployed", process_version_id=version_id)
    data = {"draft": draft_id, "process_version": version_id, "version": version}
    append(c, [Fact("draft.deployed", now, person=by.login, data=data)], now)
    return version_id


def files_of_draft(c: Connection, draft_id: int) -> dict[str, bytes]:
    """The files as they were handed in, by name."""
    query = sa.select(draft_file.c.name, draft_file.c.content).where(draft_file.c.draft_id == draft_id)
    return {name: bytes(content) for name, content in c.execute(query.order_by(draft_file.c.name))}


def _leave_to_people(files: Mapping[str, bytes], given: dict[str, Any], made: Draft, process: str | None) -> Draft:
    """Add to `given` what leaving everything to people comes to, as answers that can be taken back one by one."""
    for _ in range(_ROUNDS):
        more = {repair.key: _PEOPLE[repair.kind] for repair in made.repairs if repair.kind in _PEOPLE}
        if not more:
            break
        given |= more
        made = open_draft(files, given, process=process, strict=False)
    return made


def _may_draft(by: Actor) -> None:
    if not by.roles & DRAFTERS:
        raise NotYours("Only process owners and administrators make drafts.")


def _open(c: Connection, draft_id: int, seen: int, by: Actor) -> AnyRow:
    """The row of an open draft that is still as it was seen, locked until the commit."""
    _may_draft(by)
    row = c.execute(sa.select(drafts).where(drafts.c.id == draft_id).with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no draft {draft_id}.")
    if row.state != "open":
        raise WrongState(f"The draft is {row.state} already.")
    if row.seen != seen:
        raise WrongState(f"{row.changed_by} has changed the draft meanwhile.")
    return row


def _change(c: Connection, row: AnyRow, by: Actor, now: datetime, **values: Any) -> None:
    marks = {"seen": row.seen + 1, "changed_by": by.login, "changed_at": now}
    c.execute(drafts.update().where(drafts.c.id == row.id).values(**marks, **values))
