"""Deploying a process version, and the pilots that it is run in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Bundle, Finding, check
from engine import processes
from engine.called import Called
from engine.errors import BadInput, NotFound, Refused, WrongState
from engine.eventlog import Fact, append, hold
from engine.forms import check_form
from engine.gate import inspect
from engine.linking import Neighbours
from engine.model import pilot, post, process_version
from engine.people import Actor


def lint(bundle: Bundle, called: Mapping[str, Called] | None = None) -> tuple[Finding, ...]:
    """All that is wrong with a bundle, on paper and for the engine; errors first.

    `called` has the deployed processes that it calls; None where that cannot be known before it is deployed.
    """
    findings = [*check(bundle), *inspect(bundle, called), *_check_forms(bundle)]
    return tuple(sorted(findings, key=lambda finding: (finding.severity != "error", finding.line or 0)))


def _check_forms(bundle: Bundle) -> list[Finding]:
    return [
        Finding("form-cannot-be-asked", problem, element=name, file=f"forms/{name}.json")
        for name, schema in sorted(bundle.forms.items())
        for problem in check_form(schema)
    ]


def deploy(c: Connection, bundle: Bundle, *, version: str = "V1.0", by: Actor | None, now: datetime) -> int:
    """Make a version startable. Returns its id.

    Raises Refused with every finding when the engine would not run it exactly as drawn, BadInput when the version is taken.
    """
    model = bundle.model
    code = model.code or model.process_id
    around = Neighbours(c, bundle, code)
    _refuse(_findings(bundle, around))
    hold(c)
    if (now_there := Neighbours(c, bundle, code)).ids != around.ids:  # somebody deployed meanwhile
        _refuse(_findings(bundle, now_there))
    taken = sa.select(process_version.c.id).where(process_version.c.code == code, process_version.c.version == version)
    if c.execute(taken).first() is not None:
        raise BadInput(f"{code} {version} is deployed already: a version never changes, choose the next number.")
    version_id = processes.store(
        c, bundle, code=code, version=version, calls=now_there.meant, by=by.login if by else None, now=now
    )
    data = {"code": code, "version": version, "model_sha256": model.sha256}
    append(c, [Fact("process.deployed", now, person=by.login if by else None, data=data)], now)
    return version_id


def lint_here(c: Connection, bundle: Bundle) -> tuple[Finding, ...]:
    """All that `deploy` would say of a bundle now, with what is deployed here already."""
    return tuple(_findings(bundle, Neighbours(c, bundle, bundle.model.code or bundle.model.process_id)))


def _refuse(findings: Sequence[Finding]) -> None:
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise Refused(errors)


def _findings(bundle: Bundle, around: Neighbours) -> Sequence[Finding]:
    """What is wrong with a new version by itself, with what it calls, and for those who call it."""
    model, circle = bundle.model, around.circle()
    if circle:
        message = f"its calls come back to it ({' calls '.join(circle)}), so a case would never end: take one of them out"
        return [Finding("call-circle", message, model.process_id, model.name, model.line)]
    found = lint(bundle, around.called())
    return found if any(finding.severity == "error" for finding in found) else [*found, *around.broken()]


def missing_posts(c: Connection, bundle: Bundle) -> tuple[str, ...]:
    """Post codes that the model names and the organisation does not have: nobody could do these steps."""
    model = bundle.model
    named = {node.raci.responsible for node in model.nodes if node.raci}
    named |= {node.raci.accountable for node in model.nodes if node.raci and node.raci.accountable}
    named |= {code for code in (model.owner, model.director) if code}
    return tuple(sorted(named - set(c.execute(sa.select(post.c.code)).scalars())))


def register_pilot(
    c: Connection, code: str, plan: Mapping[str, Any], *, rehearsal: bool = False, by: Actor | None, now: datetime
) -> int:
    """Plan a pilot of the newest version of a process. Returns its id; nothing runs under it before it is frozen."""
    version = processes.current_version(c, code)
    pilot_id = c.execute(
        pilot.insert()
        .values(
            code=code,
            process_version_id=version.id,
            rehearsal=rehearsal,
            state="planned",
            plan=processes.plain(plan),
            registered_at=now,
        )
        .returning(pilot.c.id)
    ).scalar_one()
    data = {"pilot": pilot_id, "rehearsal": rehearsal}
    append(c, [Fact("pilot.registered", now, person=by.login if by else None, data=data)], now)
    return int(pilot_id)


def freeze_pilot(c: Connection, pilot_id: int, *, plan_hash: str, by: Actor | None, now: datetime) -> None:
    """Fix the plan before the first case: its hash and the model's go into the log, and cases start under it from now on."""
    row = c.execute(sa.select(pilot).where(pilot.c.id == pilot_id).with_for_update(key_share=True)).first()
    if row is None:
        raise NotFound(f"There is no pilot {pilot_id}.")
    if row.state != "planned":
        raise WrongState(f"The plan of pilot {pilot_id} is frozen already.")
    version = processes.version_by_id(c, row.process_version_id)
    c.execute(pilot.update().where(pilot.c.id == pilot_id).values(state="running", plan_hash=plan_hash, frozen_at=now))
    data = {
        "pilot": pilot_id,
        "plan_hash": plan_hash,
        "model_sha256": version.bundle.model.sha256,
        "version": version.version,
        "rehearsal": row.rehearsal,
    }
    append(c, [Fact("pilot.frozen", now, person=by.login if by else None, data=data)], now)
