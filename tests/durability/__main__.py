"""`python -m tests.durability --runs N`: N runs on each database, each with its own seed; the nightly size is 50."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.bench.houses import crash, durable_server, street
from tests.durability.backlog import catch_up
from tests.durability.checker import check
from tests.durability.rig import Plan, fresh_folder, run


def plan(number: int, seed: int, cases: int, kind: str) -> Plan:
    """Every run is another mixture: kills, and with them cut connections and a server that crashes (PostgreSQL), a full disk
    (SQLite), or a clock that jumps by minutes or by a day.
    """
    jumps = {2: timedelta(minutes=5), 4: timedelta(days=1)}.get(number % 5, timedelta(0))
    return Plan(
        cases=cases,
        seed=seed + number,
        cuts=kind == "postgresql" and number % 5 == 1,
        crashes_every=4.0 if kind == "postgresql" and number % 5 == 3 else 0.0,
        full_every=1.0 if kind == "sqlite" and number % 5 in (1, 3) else 0.0,
        jumps=jumps,
        patience=120 + 5 * cases,
    )


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a server on PostgreSQL, with fsync; nothing on SQLite."""
    if kind == "sqlite":
        yield ""
    else:
        with durable_server(folder) as uri:
            yield uri


def fresh_url(kind: str, folder: Path, server: str, number: int) -> str:
    """An empty database for one run."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'pilotrun.db'}"
    with psycopg.connect(server, autocommit=True) as c:
        c.execute(f"CREATE DATABASE run_{number}")
    return make_url(server).set(database=f"run_{number}").render_as_string(hide_password=False)


def after_an_outage(kind: str, overdue: int, seconds: float) -> int:
    """A worker that catches up beside a clerk; returns the number of promises that were broken."""
    with street(kind) as place:
        house = place.build()
        backlog = catch_up(house, overdue, seconds=seconds)
        house.close()
    print(f"{kind} after an outage: {backlog}", flush=True)
    complaints = list(backlog.complaints())
    for complaint in complaints:
        print(f"    {complaint}", flush=True)
    return len(complaints)


def main() -> None:
    """Run, check, say; leave with 1 when any promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.durability", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cases", type=int, default=60, help="of each run; a case is four completions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--overdue", type=int, default=100_000, help="clocks that are overdue when a worker starts; 0 for none")
    parser.add_argument("--seconds", type=float, default=60, help="how long that worker is watched, beside a clerk")
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    chosen = parser.parse_args()
    broken = 0
    for kind in chosen.database:
        with tempfile.TemporaryDirectory(prefix="pilotrun-rig-") as place, databases(kind, Path(place)) as server:
            for number in range(chosen.runs):
                began, folder = time.monotonic(), fresh_folder(Path(place) / f"run-{number}")
                url = fresh_url(kind, folder, server, number)
                history = run(url, folder, plan(number, chosen.seed, chosen.cases, kind), lambda: crash(Path(place)))
                complaints = check(url, history)
                broken += len(complaints)
                print(f"{kind} seed {history.plan.seed}: {history} {time.monotonic() - began:.0f} s", flush=True)
                for complaint in complaints:
                    print(f"    {complaint}", flush=True)
        broken += after_an_outage(kind, chosen.overdue, chosen.seconds) if chosen.overdue else 0
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
