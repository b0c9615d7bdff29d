"""What the databases have to promise before anything else can."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

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
