"""The database itself in trouble: its server crashes, its disk is full; the clock jumps by a day; an outage left a backlog."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tests.bench.houses import Street, crash, durable_server
from tests.durability import backlog
from tests.durability.checker import check
from tests.durability.rig import Plan, run

pytestmark = pytest.mark.slow
QUIET = 1e9  # nobody is killed: the trouble alone has to be enough


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Path]]:
    """A server of our own, which waits for its disk and may crash."""
    with tempfile.TemporaryDirectory(prefix="pilotrun-rig-") as folder, durable_server(Path(folder)) as uri:
        yield uri, Path(folder)


def _database(server: tuple[str, Path], name: str) -> str:
    with psycopg.connect(server[0], autocommit=True) as c:
        c.execute(f"CREATE DATABASE {name}")
    return server[0].replace("/postgres?", f"/{name}?")


@pytest.mark.postgres
def test_nothing_is_lost_or_doubled_when_the_server_crashes(server: tuple[str, Path], tmp_path: Path) -> None:
    """Stopped without a checkpoint, started again, several times, while two clerks and two workers go on."""
    url = _database(server, "crashes")
    plan = Plan(cases=10, seed=3, kills_every=QUIET, seams="", crashes_every=0.35)

    history = run(url, tmp_path, plan, lambda: crash(server[1]))

    assert check(url, history) == []
    assert history.crashes > 1


@pytest.mark.postgres
def test_a_server_that_does_not_wait_for_its_disk_is_found_out(server: tuple[str, Path], tmp_path: Path) -> None:
    """The negative control: what such a server has acknowledged just before it crashes is gone."""
    url = _database(server, "careless")

    def first_grow_careless_then_crash() -> None:
        with psycopg.connect(server[0], autocommit=True) as c:
            if c.execute("SELECT current_setting('wal_writer_delay')").fetchone() != ("200ms",):
                crash(server[1])
                return
            c.execute("ALTER DATABASE careless SET synchronous_commit = off")
            c.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
            c.execute("SELECT pg_reload_conf()")
            c.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'careless'")

    plan = Plan(cases=60, seed=5, kills_every=QUIET, seams="", crashes_every=0.7, control=True, patience=3)
    history = run(url, tmp_path, plan, first_grow_careless_then_crash)

    assert any("acknowledged" in complaint for complaint in check(url, history))


def test_a_full_disk_refuses_whole_commands_and_nothing_is_lost(sqlite_url: str, tmp_path: Path) -> None:
    """For moments the file cannot grow; everybody asks again with the same key until there is room."""
    history = run(sqlite_url, tmp_path, Plan(cases=6, seed=3, kills_every=QUIET, seams="", full_every=0.5))

    assert check(sqlite_url, history) == []
    assert history.full > 3


def test_clerks_who_take_a_full_disk_for_an_answer_are_found_out(sqlite_url: str, tmp_path: Path) -> None:
    """The negative control: they do not ask again, and what they believe done is not there."""
    plan = Plan(cases=20, seed=3, kills_every=QUIET, seams="", full_every=0.3, hasty=True, control=True, patience=3)

    history = run(sqlite_url, tmp_path, plan)

    assert any("was acknowledged to" in complaint for complaint in check(sqlite_url, history))


def test_a_clock_that_jumps_by_a_day_fires_nothing_twice(sqlite_url: str, tmp_path: Path) -> None:
    """Everything falls due at once, and then it is yesterday again; two workers race for it."""
    history = run(sqlite_url, tmp_path, Plan(cases=6, seed=7, kills_every=QUIET, seams="", jumps=timedelta(days=1)))

    assert check(sqlite_url, history) == []
    assert len(history.sent) > 0


@pytest.mark.parametrize(("overdue", "worker"), [(3_000, backlog.work), (8_000, backlog.greedy)], ids=["ours", "greedy"])
def test_a_clerk_hardly_notices_a_worker_that_catches_up(tmp_path: Path, overdue: int, worker: backlog.Crew) -> None:
    """Three thousand overdue clocks. The negative control is a worker that settles all of its clocks in one transaction."""
    house = Street("sqlite", tmp_path, None).build()

    found = backlog.catch_up(house, overdue, seconds=2, worker=worker)
    house.close()

    if worker is backlog.work:
        assert list(found.complaints()) == []
        assert found.raised >= 100
    else:
        assert any("of the clerk took up to" in complaint for complaint in found.complaints())
