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

from tests.bench.houses import durable_server
from tests.durability.checker import check
from tests.durability.rig import Plan, fresh_folder, run


def plan(number: int, seed: int, cases: int, kind: str) -> Plan:
    """Every run is another mixture: kills alone, kills and cut connections (PostgreSQL), kills and a clock that jumps."""
    jumps = timedelta(minutes=5) if number % 3 == 2 else timedelta(0)
    cuts = kind == "postgresql" and number % 3 == 1
    return Plan(cases=cases, seed=seed + number, cuts=cuts, jumps=jumps, patience=60 + 3 * cases)


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


def main() -> None:
    """Run, check, say; leave with 1 when any promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.durability", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cases", type=int, default=60, help="of each run; a case is four completions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    chosen = parser.parse_args()
    broken = 0
    for kind in chosen.database:
        with tempfile.TemporaryDirectory(prefix="pilotrun-rig-") as place, databases(kind, Path(place)) as server:
            for number in range(chosen.runs):
                began, folder = time.monotonic(), fresh_folder(Path(place) / f"run-{number}")
                url = fresh_url(kind, folder, server, number)
                history = run(url, folder, plan(number, chosen.seed, chosen.cases, kind))
                complaints = check(url, history)
                broken += len(complaints)
                print(f"{kind} seed {history.plan.seed}: {history} {time.monotonic() - began:.0f} s", flush=True)
                for complaint in complaints:
                    print(f"    {complaint}", flush=True)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
