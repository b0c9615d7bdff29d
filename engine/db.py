"""Connections and transactions on SQLite and PostgreSQL: the one place that knows how each keeps a promise."""

from __future__ import annotations

import select
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from engine.prepared import come_apart

AnyRow: TypeAlias = sa.Row[*tuple[Any, ...]]  # a result row whose columns the reader knows by name
BUSY_MS = 30_000
_KEEP_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}  # s, s, -, ms
_POSTGRES_OPTIONS = "-c lock_timeout=10s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"


class Utc(TypeDecorator[datetime]):
    """An aware UTC instant with microseconds. SQLite has no zone to keep, so the column holds UTC and only UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        """On SQLite the text is written here: every step writes many instants, and SQLAlchemy's way costs three times as much."""
        return _to_sqlite if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        """The way back."""
        return _from_sqlite if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses a naive datetime: nobody could tell which instant it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant as it was stored, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _to_sqlite(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _from_sqlite(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite has the fix of the WAL-reset bug (sqlite.org/wal.html#the_wal_reset_bug)."""
    return version >= (3, 51, 3) or ((3, 50, 7) <= version < (3, 51)) or ((3, 44, 6) <= version < (3, 45))


def connect(url: str) -> Engine:
    """An engine for `url`; nothing is opened yet.

    `postgresql://` means psycopg 3. On SQLite a writing transaction is `BEGIN IMMEDIATE`: the driver's own modes lose
    updates without an error when two processes read, change and write one row.
    """
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith("sqlite"):
        engine = sa.create_engine(
            url,
            pool_recycle=1_800,
            pool_size=10,
            max_overflow=30,
            # psycopg prepares nothing by itself: after a rollback it would let go of the statements that we have prepared.
            connect_args={"connect_timeout": 5, "options": _POSTGRES_OPTIONS, "prepare_threshold": None, **_KEEP_ALIVE},
        )
        event.listen(engine, "checkout", _refuse_dead)
        event.listen(engine, "before_cursor_execute", come_apart)
        return engine
    engine = sa.create_engine(url)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _refuse_dead(connection: Any, _record: object, _fairy: object) -> None:
    """Before a connection is used again: the pool replaces it, and all that are as old, when nobody is at its other end.

    A server that ends a connection says so first, and the kernel's keep-alive finds out what a network lost: on a healthy
    one that rests there is nothing to read. Asking the socket costs microseconds, asking the server (`pool_pre_ping`) a
    round trip in every command. One that is cut later fails the command whole.
    """
    if not _has_something_to_say(connection):
        return
    try:
        connection.autocommit = True
        connection.execute(";")
        connection.autocommit = False
    except Exception as gone:
        raise sa.exc.InvalidatePoolError() from gone


def _has_something_to_say(connection: Any) -> bool:
    if connection.closed:
        return True
    asked = select.poll()  # select.select knows no descriptors above 1023
    asked.register(connection.fileno(), select.POLLIN)
    return bool(asked.poll(0))


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    journal = "WAL" if wal_is_safe() else "TRUNCATE"
    # busy_timeout comes first: changing the journal mode can itself meet a lock.
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        f"journal_mode={journal}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
    ):
        connection.execute("PRAGMA " + pragma).fetchall()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One writing transaction: committed on leaving, rolled back whole on any exception."""
    with engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent look; several readers do not wait for each other."""
    with engine.connect() as plain:
        connection = plain.execution_options(read_only=True, postgresql_readonly=True)
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest revision; safe to call at every start."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # Several processes may start at once: one migrates, the others wait and find nothing to do.
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(20241)"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
