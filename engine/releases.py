"""Deployed process versions as they lie in the database: files in, bundle and calendars out, read once per operating process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Bundle, read_bundle
from engine.calendars import Calendar
from engine.db import AnyRow
from engine.errors import NotFound
from engine.model import process_file, process_version

MODEL_FILE = "to-be.bpmn"
CALENDAR_FOLDER = "calendars/"


@dataclass(frozen=True)
class Release:
    """A process version by itself: its bundle, and the calendars it was deployed with. It never changes."""

    id: int
    code: str
    version: str
    content_sha256: str
    bundle: Bundle
    calendars: Mapping[str, Calendar]


_FILES = (
    sa.select(process_file.c.name, process_file.c.content)
    .where(process_file.c.process_version_id == sa.bindparam("version_id"))
    .order_by(process_file.c.name)
)
_BY_IDS = sa.select(process_version).where(process_version.c.id.in_(sa.bindparam("ids", expanding=True)))
_NEWEST_ID = sa.select(sa.func.max(process_version.c.id)).group_by(process_version.c.code)
_NEWEST = sa.select(process_version).where(
    process_version.c.code.in_(sa.bindparam("codes", expanding=True)), process_version.c.id.in_(_NEWEST_ID)
)
_EVERY_NEWEST = sa.select(process_version).where(process_version.c.id.in_(_NEWEST_ID)).order_by(process_version.c.id)
# content hash -> what was read. Filled without a lock: two threads may read the same version once each, which costs
# milliseconds and nothing else, since a version never changes.
_read: dict[str, tuple[Bundle, Mapping[str, Calendar]]] = {}


def release(c: Connection, version_id: int, code: str, version: str, content_sha256: str) -> Release:
    """The version with this content, from memory or from its files."""
    found = _read.get(content_sha256)
    if found is None:
        rows = c.execute(_FILES, {"version_id": version_id})
        found = _read[content_sha256] = _parts({name: bytes(content) for name, content in rows})
    return Release(version_id, code, version, content_sha256, *found)


def _parts(contents: Mapping[str, bytes]) -> tuple[Bundle, Mapping[str, Calendar]]:
    bundle = read_bundle({name: data for name, data in contents.items() if not name.startswith(CALENDAR_FOLDER)}, main=MODEL_FILE)
    calendars = {
        name.removeprefix(CALENDAR_FOLDER).removesuffix(".json"): Calendar.from_data(orjson.loads(data))
        for name, data in contents.items()
        if name.startswith(CALENDAR_FOLDER)
    }
    return bundle, calendars


def releases(c: Connection, version_ids: Iterable[int]) -> dict[int, Release]:
    """Several versions by their ids; raises NotFound for one that is not there."""
    ids = sorted(set(version_ids))
    found = {row.id: release(c, row.id, row.code, row.version, row.content_sha256) for row in c.execute(_BY_IDS, {"ids": ids})}
    if missing := [one for one in ids if one not in found]:
        raise NotFound(f"There is no process version {missing[0]}.")
    return found


def rows_of(c: Connection, version_ids: Iterable[int] | None = None) -> list[AnyRow]:
    """The rows of these versions, or of the newest of every process: nothing of them is read."""
    return list(c.execute(_EVERY_NEWEST) if version_ids is None else c.execute(_BY_IDS, {"ids": sorted(set(version_ids))}))


def newest(c: Connection, codes: Iterable[str]) -> dict[str, Release]:
    """The newest version of each of these processes that is deployed, by code."""
    rows = c.execute(_NEWEST, {"codes": sorted(set(codes))})
    return {row.code: release(c, row.id, row.code, row.version, row.content_sha256) for row in rows}
