"""Deadlines on PostgreSQL: 100 000 clocks of which 10 000 fall due at once, then fifty a second; two real workers.

How late a rung is, is measured where it counts: a deferred trigger notes the instant at which its transaction commits.
"""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess

import psycopg

import engine
from tests.bench.growth import run_clocks
from tests.bench.houses import House, Street
from tests.bench.table import Line
from webapp.settings import Settings
from webapp.worker import Worker

LATEST = 1.0  # seconds, for 99 of 100 rungs at a steady 50 a second
PER_SECOND = 50
_NOTE_COMMITS = """
CREATE TABLE committed (escalation_id bigint, at timestamptz);
CREATE FUNCTION note_commit() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO committed VALUES (NEW.id, clock_timestamp()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER note_commit AFTER INSERT ON escalation DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION note_commit();
"""


def work(url: str) -> None:
    """One worker as `pilotrun worker` runs it, until it is told to stop."""
    logging.disable(logging.ERROR)
    Worker(Settings(), engine.connect(url)).run()


@contextmanager
def workers(url: str, count: int = 2) -> Iterator[list[BaseProcess]]:
    """So many workers, stopped in order afterwards."""
    spawn = multiprocessing.get_context("spawn")
    crew: list[BaseProcess] = [spawn.Process(target=work, args=(url,), daemon=True) for _ in range(count)]
    for one in crew:
        one.start()
    try:
        yield crew
    finally:
        for one in crew:
            one.terminate()
        for one in crew:
            one.join(20)


def deadlines(street: Street, *, running: int, at_once: int, seconds: int) -> Iterator[Line]:
    """The lines about deadlines."""
    house = street.build()
    house.raw.execute(_NOTE_COMMITS)
    run_clocks(house, running - at_once)
    house.settle()
    with workers(house.url):
        time.sleep(3)  # they import, connect and prepare
        yield from _all_at_once(house, at_once)
        yield from _steadily(house, seconds)
    with engine.reading(house.engine) as c:
        assert engine.check_log(c).ok
    house.close()


def _all_at_once(house: House, count: int) -> Iterator[Line]:
    due = _soon(house, count, first=600_000_000, every=timedelta(0))
    taken = _wait_until_climbed(house, count, 600_000_000, due)
    times = _one("SELECT count(*), count(DISTINCT clock_id) FROM escalation WHERE clock_id >= 600000000", house)
    told = _one(
        "SELECT count(*), count(DISTINCT item_id) FROM event WHERE kind = 'clock.escalated' AND item_id >= 600000000", house
    )
    once = times == told == (count, count)
    share = _one("SELECT count(DISTINCT hash) FROM event WHERE kind = 'clock.escalated'", house)[0]
    assert share == count
    note = f"{times[0]:,} rungs of {count:,} clocks due at once, by two workers in {taken:.0f} s ({count / taken:.0f}/s)"
    yield Line(f"{house.kind}: rungs raised exactly once", float(once), note, "", (">=", 1))


def _steadily(house: House, seconds: int) -> Iterator[Line]:
    count = PER_SECOND * seconds
    due = _soon(house, count, first=700_000_000, every=timedelta(seconds=1 / PER_SECOND))
    _wait_until_climbed(house, count, 700_000_000, due)
    late = _one(
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY late), percentile_cont(0.99) WITHIN GROUP (ORDER BY late), max(late)"
        " FROM (SELECT extract(epoch FROM committed.at - escalation.raised_at)::float8 AS late FROM committed"
        " JOIN escalation ON escalation.id = committed.escalation_id WHERE clock_id >= 700000000) AS lateness",
        house,
    )
    note = f"median {late[0]:.2f} s, longest {late[2]:.2f} s, {PER_SECOND} a second for {seconds} s"
    yield Line(f"{house.kind}: lateness at the 99th percentile", late[1], note, "s", ("<=", LATEST))


def _soon(house: House, count: int, *, first: int, every: timedelta) -> datetime:
    """Clocks that are due `every` so often, beginning in a few seconds. Returns the first of the instants."""
    due = datetime.now(UTC) + timedelta(seconds=3 + count / 10_000)
    instant = f"(timestamptz '{due.isoformat()}' + n * interval '{every.total_seconds()} seconds')"
    run_clocks(house, count, first, wake=instant)
    written = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')".format("wake_at")
    house.raw.execute(
        f"UPDATE sla_clock SET due_at = wake_at + interval '1 hour', wake_at = wake_at + interval '1 microsecond', rungs ="
        f' \'[[80,"remind","assignee","\' || {written} || \'"]]\' WHERE id >= {first}'
    )
    house.raw.commit()
    return due


def _wait_until_climbed(house: House, count: int, first: int, due: datetime) -> float:
    """Seconds from the first deadline until the last rung is there."""
    give_up = time.monotonic() + 300 + count / 50
    while time.monotonic() < give_up:
        if _one(f"SELECT count(*) FROM escalation WHERE clock_id >= {first}", house)[0] >= count:
            return (datetime.now(UTC) - due).total_seconds()
        time.sleep(0.25)
    raise AssertionError("the rungs were not raised in time")


def _one(sql: str, house: House) -> tuple[float, ...]:
    with psycopg.connect(house.url, autocommit=True) as c:
        row = c.execute(sql).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return tuple(row)
