"""After a long outage: many overdue clocks at the start, a worker that catches up, and a clerk who works at the same time."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

import engine
from engine.model import escalation, event, sla_clock, work_item
from engine.sweep import sweep_within
from tests.bench.deadlines import work
from tests.bench.drawings import ANSWERS
from tests.bench.growth import run_clocks
from tests.bench.houses import House

SLOWEST = 0.3  # seconds, for 95 of 100 commands of the clerk
_FIRST = 400_000_000
_MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What came of it. `waits` are the seconds of each command of the clerk, in order of length."""

    overdue: int
    raised: int
    clocks: int
    told: int
    in_order: bool
    chain: bool
    seconds: float
    waits: tuple[float, ...]

    @property
    def p95(self) -> float:
        """What 95 of 100 commands took at most."""
        return self.waits[int(0.95 * len(self.waits))]

    def __str__(self) -> str:
        return (
            f"{self.raised:,} of {self.overdue:,} overdue rungs raised in {self.seconds:.0f} s"
            f" ({self.raised / self.seconds:.0f}/s), {len(self.waits)} commands of a clerk meanwhile:"
            f" median {1000 * self.waits[len(self.waits) // 2]:.0f} ms, p95 {1000 * self.p95:.0f} ms,"
            f" longest {1000 * self.waits[-1]:.0f} ms"
        )

    def complaints(self) -> Iterator[str]:
        """Every promise that was broken, in words."""
        if not self.raised == self.clocks == self.told:
            yield f"{self.raised} rungs were raised, of {self.clocks} clocks, and told of {self.told} times"
        if not self.in_order:
            yield "a clock that was due later was settled before one that was due earlier"
        if not self.chain:
            yield "the chain is broken"
        if self.p95 > SLOWEST:
            yield f"95 of 100 commands of the clerk took up to {1000 * self.p95:.0f} ms"


Crew = Callable[[str], None]


def catch_up(house: House, overdue: int, *, seconds: float, worker: Crew = work) -> Backlog:
    """Fill the house with overdue clocks, let a worker and a clerk loose on it; stop after so long, or when all is done."""
    _oversleep(house, overdue)
    crew = multiprocessing.get_context("spawn").Process(target=worker, args=(house.url,), daemon=True)
    crew.start()
    _wait_for_the_first(house)
    began, waits = time.monotonic(), []
    for wait in _commands(house):
        waits.append(wait)
        if time.monotonic() > began + seconds or not crew.is_alive() or (len(waits) % 50 == 0 and not _left(house)):
            break
    crew.terminate()
    crew.join(60)
    return _counted(house, overdue, time.monotonic() - began, sorted(waits))


def greedy(url: str) -> None:
    """A worker as none of ours may be: everything in one transaction."""
    with engine.writing(engine.connect(url)) as c:
        c.exec_driver_sql("UPDATE heartbeat SET name = name")  # it has the file, and says so by being alive
        sweep_within(c, datetime.now(UTC))


def _oversleep(house: House, overdue: int) -> None:
    """Running cases whose rung was due in March; each second a few, in the order of their ids."""
    run_clocks(house, overdue, _FIRST)
    when = _MARCH.replace(tzinfo=None)
    per_second = max(1, overdue // 1_000)
    house.begin()
    for second in range(1_001):
        at = when + timedelta(seconds=second)
        instant = f"{at:%Y-%m-%d %H:%M:%S.%f}" + ("+00" if house.kind == "postgresql" else "")
        first = _FIRST + second * per_second
        house.run(
            "UPDATE sla_clock SET wake_at = ?, rungs = ? WHERE id >= ? AND id < ?",
            (instant, f'[[80,"remind","assignee","{at:%Y-%m-%dT%H:%M:%S.%f}Z"]]', first, first + per_second),
        )
    house.raw.commit()
    house.settle()


def _commands(house: House) -> Iterator[float]:
    """Seconds of each command of Mei, who starts a case, claims its step, completes it, and has a sip of tea."""
    mei = house.who()
    while True:
        box: dict[str, Any] = {}

        def start(c: engine.Connection, box: dict[str, Any] = box) -> None:
            box["case"] = engine.start_case(c, "BENCH-15", {}, by=mei, now=datetime.now(UTC)).id

        def claim(c: engine.Connection, box: dict[str, Any] = box) -> None:
            box["item"] = c.execute(sa.select(work_item.c.id).where(work_item.c.case_id == box["case"])).scalar_one()
            engine.claim(c, box["item"], by=mei, now=datetime.now(UTC))

        def complete(c: engine.Connection, box: dict[str, Any] = box) -> None:
            engine.complete(c, box["item"], ANSWERS, by=mei, now=datetime.now(UTC))

        for command in (start, claim, complete):
            began = time.monotonic()
            with engine.writing(house.engine) as c:
                command(c)
            yield time.monotonic() - began
            time.sleep(0.02)


def _wait_for_the_first(house: House) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        with engine.reading(house.engine) as c:
            pulse = engine.heartbeat_at(c)
        if pulse is not None or _is_locked(house):
            return
        time.sleep(0.02)
    raise AssertionError("the worker does not begin")


def _is_locked(house: House) -> bool:
    """Whether somebody is writing to the file just now (SQLite)."""
    if house.kind != "sqlite":
        return False
    with closing(sqlite3.connect(house.path, timeout=0, isolation_level=None)) as c:
        try:
            c.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        c.execute("ROLLBACK")
    return False


def _left(house: House) -> bool:
    with engine.reading(house.engine) as c:
        wake = c.execute(sa.select(sa.func.min(sla_clock.c.wake_at)).where(sla_clock.c.id >= _FIRST)).scalar()
    return wake is not None and wake < _MARCH + timedelta(days=1)


def _counted(house: House, overdue: int, seconds: float, waits: list[float]) -> Backlog:
    mine = escalation.c.clock_id.between(_FIRST, _FIRST + overdue)
    counts = sa.select(sa.func.count(), sa.func.count(escalation.c.clock_id.distinct()), sa.func.max(escalation.c.clock_id))
    with engine.reading(house.engine) as c:
        raised, clocks, last = c.execute(counts.where(mine)).one()
        told = c.execute(
            sa.select(sa.func.count())
            .select_from(event)
            .where(event.c.kind == "clock.escalated", event.c.case_id.between(_FIRST, _FIRST + overdue))
        ).scalar_one()
        return Backlog(
            overdue,
            raised,
            clocks,
            told,
            raised == (last or _FIRST - 1) - _FIRST + 1,
            engine.check_log(c).ok,
            seconds,
            tuple(waits),
        )
