"""Deployed process versions: immutable, kept as files, read and prepared once per process of the operating system."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Bundle, calendar_data, read_bundle
from engine.calendars import Calendar
from engine.errors import NotFound
from engine.model import case_counter, process_file, process_version
from engine.prepared import Prepared
from engine.spiff import Machine, prepare

MODEL_FILE = "to-be.bpmn"
CALENDAR_FOLDER = "calendars/"


@dataclass(frozen=True)
class Version:
    """A process version ready to run: the bundle, the machine made of it, and the calendars it was deployed with."""

    id: int
    code: str
    version: str
    bundle: Bundle
    machine: Machine
    calendars: Mapping[str, Calendar]


@dataclass(frozen=True)
class _Prepared:
    bundle: Bundle
    machine: Machine
    calendars: Mapping[str, Calendar]


def _prepare(contents: Mapping[str, bytes]) -> _Prepared:
    bundle = read_bundle({name: data for name, data in contents.items() if not name.startswith(CALENDAR_FOLDER)}, main=MODEL_FILE)
    calendars = {
        name.removeprefix(CALENDAR_FOLDER).removesuffix(".json"): Calendar.from_data(orjson.loads(data))
        for name, data in contents.items()
        if name.startswith(CALENDAR_FOLDER)
    }
    return _Prepared(bundle, prepare(bundle.model, bundle.decisions, bundle.forms), calendars)


_FILES = (
    sa.select(process_file.c.name, process_file.c.content)
    .where(process_file.c.process_version_id == sa.bindparam("version_id"))
    .order_by(process_file.c.name)
)
_BY_ID = Prepared(sa.select(process_version).where(process_version.c.id == sa.bindparam("version_id")))
_CURRENT = Prepared(
    sa.select(process_version)
    .where(process_version.c.code == sa.bindparam("code"))
    .order_by(process_version.c.id.desc())
    .limit(1)
)
# content hash -> prepared version. Filled without a lock: two threads may prepare the same version once each, which
# costs milliseconds and nothing else, since a prepared version never changes.
_ready: dict[str, _Prepared] = {}


def load(c: Connection, process_version_id: int, code: str, version: str, content_sha256: str) -> Version:
    """The version with this content, from memory or from its files."""
    prepared = _ready.get(content_sha256)
    if prepared is None:
        rows = c.execute(_FILES, {"version_id": process_version_id})
        prepared = _ready[content_sha256] = _prepare({name: bytes(content) for name, content in rows})
    return Version(process_version_id, code, version, prepared.bundle, prepared.machine, prepared.calendars)


def version_by_id(c: Connection, process_version_id: int) -> Version:
    """The version with this id; raises NotFound."""
    row = _BY_ID.run(c, {"version_id": process_version_id}).first()
    if row is None:
        raise NotFound(f"There is no process version {process_version_id}.")
    return load(c, row.id, row.code, row.version, row.content_sha256)


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


def store(c: Connection, bundle: Bundle, *, code: str, version: str, by: str | None, now: datetime) -> int:
    """Write a new version and its files; the caller has checked that it may run."""
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
            deployed_at=now,
            deployed_by=by,
        )
        .returning(process_version.c.id)
    ).scalar_one()
    c.execute(
        process_file.insert(),
        [{"process_version_id": version_id, "name": name, "content": content} for name, content in sorted(files.items())],
    )
    known = set(c.execute(sa.select(case_counter.c.prefix)).scalars())
    if fresh := [prefix for prefix in (code, f"R-{code}") if prefix not in known]:
        c.execute(case_counter.insert(), [{"prefix": prefix, "last": 0} for prefix in fresh])
    return int(version_id)
