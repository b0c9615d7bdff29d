"""Deployed process versions ready to run: the machine made of a version and of all that it calls, kept per operating process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Bundle, Model, Node, calendar_data
from engine.called import BETWEEN, calls_of, within
from engine.errors import NotFound
from engine.linking import Pins, linked, pins_now
from engine.model import case_counter, process_call, process_file, process_version
from engine.prepared import Prepared
from engine.releases import CALENDAR_FOLDER, MODEL_FILE, Release, release
from engine.runnable import escaping
from engine.spiff import Machine, prepare


class Place(NamedTuple):
    """A step as the house knows it: its id within a case, what is drawn, and the version it is drawn in."""

    step: str
    node: Node
    release: Release


@dataclass(frozen=True)
class Version(Release):
    """A process version ready to run. `parts` are the versions it calls, by the path of the call (`goods_return/`), `pins` what a
    case keeps of that, `escaping` the codes of errors that leave it uncaught."""

    machine: Machine
    parts: Mapping[str, Release] = field(default_factory=dict)
    pins: Pins = field(default_factory=dict)
    escaping: frozenset[str] = frozenset()

    def release_of(self, step: str | None) -> Release:
        """The version in which a step is drawn; None is the case itself."""
        path, found, _ = (step or "").rpartition(BETWEEN)
        return self.parts[path + found] if found else self

    def node(self, step: str) -> Node:
        """What is drawn of a step, by its id within a case."""
        return self.release_of(step).bundle.model.by_id[step.rpartition(BETWEEN)[2]]

    def places(self, path: str = "") -> Iterator[Place]:
        """Everything drawn, in the order of the file, the nodes of a called process behind its call."""
        here = self.parts[path] if path else self
        for node in here.bundle.model.nodes:
            yield Place(path + node.id, node, here)
            if (inner := f"{path}{node.id}{BETWEEN}") in self.parts:
                yield from self.places(inner)

    def steps(self) -> Iterator[Place]:
        """The human steps in that order."""
        return (place for place in self.places() if place.node.is_human)


_BY_ID = Prepared(sa.select(process_version).where(process_version.c.id == sa.bindparam("version_id")))
_CURRENT = Prepared(
    sa.select(process_version)
    .where(process_version.c.code == sa.bindparam("code"))
    .order_by(process_version.c.id.desc())
    .limit(1)
)
_Key = tuple[str, tuple[tuple[str, str], ...]]
# Content, and that of each called process -> what was made of them. Filled without a lock, as `releases` does it.
_ready: dict[_Key, tuple[Machine, Mapping[str, Release], frozenset[str]]] = {}


def load(
    c: Connection, process_version_id: int, code: str, version: str, content_sha256: str, pins: Pins | None = None
) -> Version:
    """The version with this content, from memory or from its files. `pins` are those of a case; None takes what is newest now."""
    here = release(c, process_version_id, code, version, content_sha256)
    if pins is None:
        pins = pins_now(c, process_version_id) if calls_of(here.bundle.model) else {}
    key = (content_sha256, tuple(sorted((called, content) for called, (_, content) in pins.items())))
    made = _ready.get(key)
    if made is None:
        made = _ready[key] = _made(c, here, pins)
    machine, parts, escaping_codes = made
    return Version(
        process_version_id, code, version, content_sha256, here.bundle, here.calendars, machine, parts, pins, escaping_codes
    )


def _made(c: Connection, here: Release, pins: Pins) -> tuple[Machine, Mapping[str, Release], frozenset[str]]:
    bundle = here.bundle
    called, by_code = linked(c, here, pins) if pins else ({}, {})
    machine = prepare(bundle.model, bundle.decisions, bundle.forms, called)
    parts = {path: by_code[one.code] for path, one in within(bundle, called)}
    return machine, parts, escaping(bundle.model, bundle.decisions, called)


def version_by_id(c: Connection, process_version_id: int, pins: Pins | None = None) -> Version:
    """The version with this id; raises NotFound."""
    row = _BY_ID.run(c, {"version_id": process_version_id}).first()
    if row is None:
        raise NotFound(f"There is no process version {process_version_id}.")
    return load(c, row.id, row.code, row.version, row.content_sha256, pins)


def current_version(c: Connection, code: str) -> Version:
    """The newest deployed version of a process; raises NotFound."""
    row = _CURRENT.run(c, {"code": code}).first()
    if row is None:
        raise NotFound(f"There is no process {code!r} here: deploy it first.")
    return load(c, row.id, row.code, row.version, row.content_sha256)


def files_of(bundle: Bundle) -> dict[str, bytes]:
    """What is kept of a bundle: its files with the model in its canonical form, and the calendars its standards name."""
    model = bundle.model
    files = {name: data for name, data in bundle.files.items() if name not in {MODEL_FILE, *_model_names(bundle)}}
    files[MODEL_FILE] = model.xml
    standards = [node.standard for node in model.nodes if node.standard] + ([model.standard] if model.standard else [])
    for name in sorted({standard.calendar for standard in standards}):
        files[f"{CALENDAR_FOLDER}{name}.json"] = orjson.dumps(
            plain(calendar_data(name)), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        )
    return files


def _model_names(bundle: Bundle) -> set[str]:
    """The names under which the bundle holds its to-be model: kept once, as MODEL_FILE."""
    return {name for name in bundle.files if name.endswith(".bpmn") and not name.startswith("as-is")}


def plain(value: Any) -> Any:
    """Mappings, lists, numbers and texts only; dates become ISO texts, keys become texts."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _starts_on(model: Model) -> str | None:
    """What starts a case besides a person: `message NAME` or `signal NAME`."""
    return next((f"{event.kind} {event.code or event.ref}" for event in model.start().events), None)


def store(
    c: Connection, bundle: Bundle, *, code: str, version: str, calls: Mapping[str, str], by: str | None, now: datetime
) -> int:
    """Write a new version, its files and which processes its `calls` mean; the caller has checked that it may run."""
    files = files_of(bundle)
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    model = bundle.model
    version_id = c.execute(
        process_version.insert()
        .values(
            code=code,
            version=version,
            name=model.name,
            model_sha256=model.sha256,
            content_sha256=digest.hexdigest(),
            public_intake=model.start().public_intake,
            owner_post=model.owner,
            starts_on=_starts_on(model),
            deployed_at=now,
            deployed_by=by,
        )
        .returning(process_version.c.id)
    ).scalar_one()
    c.execute(
        process_file.insert(),
        [{"process_version_id": version_id, "name": name, "content": content} for name, content in sorted(files.items())],
    )
    if calls:
        meant = [{"process_version_id": version_id, "called": word, "code": code} for word, code in sorted(calls.items())]
        c.execute(process_call.insert(), meant)
    known = set(c.execute(sa.select(case_counter.c.prefix)).scalars())
    if fresh := [prefix for prefix in (code, f"R-{code}") if prefix not in known]:
        c.execute(case_counter.insert(), [{"prefix": prefix, "last": 0} for prefix in fresh])
    return int(version_id)
