"""What the databases have to promise before anything else can."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import engine
from engine.db import wal_is_safe
from engine.model import event_head, heartbeat, metadata


def test_the_migrations_build_exactly_the_tables_of_the_model(database_url: str) -> None:
    """Run twice, as two starts would; nothing is left to migrate."""
    database = engine.connect(database_url)
    engine.upgrade(database)
    engine.upgrade(database)
    with database.connect() as c:
        assert compare_metadata(MigrationContext.configure(c), metadata) == []


def test_concurrent_writers_lose_no_update(database_url: str) -> None:
    """Four threads read, change and write one row fifty times each; the drivers' own modes lose a third of these."""
    database = engine.connect(database_url)
    engine.upgrade(database)

    def count() -> None:
        for _ in range(50):
            with engine.writing(database) as c:
                seen = c.execute(sa.select(event_head.c.seq).with_for_update()).scalar_one()
                c.execute(event_head.update().values(seq=seen + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.reading(database) as c:
        assert c.execute(sa.select(event_head.c.seq)).scalar_one() == 200


def _write_and_fail(c: engine.Connection) -> None:
    c.execute(event_head.update().values(seq=7))
    c.execute(sa.text("SELECT nonsense"))


def test_an_exception_rolls_everything_back(database_url: str) -> None:
    """All of a transaction or none of it."""
    database = engine.connect(database_url)
    engine.upgrade(database)
    with pytest.raises(sa.exc.DBAPIError), engine.writing(database) as c:
        _write_and_fail(c)
    with engine.reading(database) as c:
        assert c.execute(sa.select(event_head.c.seq)).scalar_one() == 0


def test_an_instant_comes_back_in_utc_to_the_microsecond_and_a_naive_one_is_refused(database_url: str) -> None:
    """Shanghai in, UTC out, the same instant."""
    database = engine.connect(database_url)
    engine.upgrade(database)
    instant = datetime(2026, 3, 4, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    with engine.writing(database) as c:
        c.execute(heartbeat.update().values(at=instant))
    with engine.reading(database) as c:
        stored = c.execute(sa.select(heartbeat.c.at)).scalar_one()
    assert (stored, stored.tzinfo) == (instant, UTC)
    with pytest.raises(sa.exc.StatementError, match="no time zone"), engine.writing(database) as c:
        c.execute(heartbeat.update().values(at=instant.replace(tzinfo=None)))


def test_sqlite_is_opened_durably(tmp_path: Path) -> None:
    """Foreign keys on, every commit synced, the journal by the library's version."""
    database = engine.connect(f"sqlite:///{tmp_path / 'x.db'}")
    with database.connect() as c:
        pragmas = {name: c.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("foreign_keys", "synchronous", "journal_mode")}
    assert pragmas == {"foreign_keys": 1, "synchronous": 2, "journal_mode": "wal" if wal_is_safe() else "truncate"}


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
    ],
)
def test_the_write_ahead_log_is_used_only_where_its_bug_is_fixed(version: tuple[int, ...], safe: bool) -> None:
    """sqlite.org/wal.html#the_wal_reset_bug"""
    assert wal_is_safe(version) is safe


@pytest.mark.postgres
def test_connections_that_were_cut_while_they_rested_are_replaced_before_anybody_notices(
    pg_url: str,
) -> None:
    """A restart of the database, a proxy's time limit: the next commands go through, on connections that are new."""
    database = engine.connect(pg_url)
    with engine.writing(database) as one, engine.writing(database) as another:
        pids = {c.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for c in (one, another)}
    with psycopg.connect(pg_url, autocommit=True) as server:
        for pid in pids:
            server.execute("SELECT pg_terminate_backend(%s)", (pid,))
        while server.execute("SELECT 1 FROM pg_stat_activity WHERE pid = ANY(%s)", (list(pids),)).fetchone():
            threading.Event().wait(0.01)

    with engine.writing(database) as one, engine.reading(database) as another:
        now_there = {c.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for c in (one, another)}

    assert len(now_there) == 2
    assert not now_there & pids
    database.dispose()


@pytest.mark.postgres
def test_a_healthy_connection_is_used_again_without_asking_the_server(pg_url: str) -> None:
    """A question before every command would cost it a round trip."""
    database, asked = engine.connect(pg_url), []
    for _ in range(3):
        with database.connect() as c:
            pid = c.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
        with psycopg.connect(pg_url) as other:
            last = "SELECT pid, state, query FROM pg_stat_activity WHERE pid = %s"
            asked.append(other.execute(last, (pid,)).fetchone())

    assert len(set(asked)) == 1
    assert ";" not in str(asked[0])
    database.dispose()


@pytest.mark.postgres
def test_a_connection_that_was_only_told_something_is_kept(pg_url: str) -> None:
    """A changed setting is news for every connection and the end of none."""
    database = engine.connect(pg_url)
    with database.connect() as c:
        pid = c.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        c.exec_driver_sql("LISTEN teatime")
        c.commit()
    with psycopg.connect(pg_url, autocommit=True) as other:
        other.execute("NOTIFY teatime")

    with database.connect() as c:
        assert c.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() == pid
    database.dispose()
