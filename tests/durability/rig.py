"""One run: start the processes, kill them at random, start them again, until everything is done; then hand over what is known."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

import engine
from engine.model import cases, notice
from tests.durability.actors import Clock, Place, complete_things, sweep_and_send
from tests.durability.crashes import VARIABLE
from tests.durability.process import BEGINNING, CLERKS, CODE, furnish
from tests.durability.troubles import Troubles

WORKERS = ("east", "west")
SEAMS = "statement=0.0005 before_commit=0.005 after_commit=0.005 sent=0.02"
_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(["tests.durability.actors"])


@dataclass(frozen=True, slots=True)
class Plan:
    """How hard a run is. `cases` are shared by the clerks; `speed` is how fast the rig's time passes."""

    cases: int
    seed: int = 1
    kills_every: float = 0.6  # seconds, on average, between two SIGKILLs from outside
    seams: str = SEAMS
    cuts: bool = False  # connections of PostgreSQL are cut all the time
    jumps: timedelta = timedelta(0)
    speed: float = 60.0
    careless: bool = False  # workers mark before they send
    hasty: bool = False  # clerks take an error for an answer and do not ask again
    control: bool = False  # something is wrong on purpose: the run need not come to an end
    crashes_every: float = 0.0  # seconds between two crashes of the server of PostgreSQL
    full_every: float = 0.0  # seconds between two times at which SQLite's disk is full for a while
    patience: float = 60.0
    late: int = 0  # cases that were overdue when the run began, so that there are rungs and notices whatever the machine


@dataclass(frozen=True, slots=True)
class History:
    """What a run leaves behind besides its database."""

    plan: Plan
    kills: dict[str, int]
    asked: list[list[str]]
    sent: list[str]
    cuts: int = 0
    crashes: int = 0
    full: int = 0  # how often somebody was told that the disk is full

    @property
    def worker_kills(self) -> int:
        """How often a worker died."""
        return sum(self.kills.get(name, 0) for name in WORKERS)

    def __str__(self) -> str:
        done = sum(words[1:3] == ["done", "complete"] for words in self.asked)
        repeats = len(self.sent) - len(set(self.sent))
        return (
            f"{sum(self.kills.values())} kills, {self.cuts} cuts, {self.crashes} crashes of the server,"
            f" {self.full} times no room, {done} answers to completions,"
            f" {len(set(self.sent))} notices ({repeats} repeats)"
        )


@dataclass
class _Crew:
    """The processes of a run, by name."""

    make: dict[str, Callable[[int], BaseProcess]]
    running: dict[str, BaseProcess] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)
    seed: int = 0

    def tend(self) -> None:
        """Start whoever is not there; whoever had been there has died on the way."""
        for name, make in self.make.items():
            process = self.running.get(name)
            if process is not None and process.is_alive():
                continue
            if process is not None:
                self.kills[name] = self.kills.get(name, 0) + 1
                assert process.exitcode == -9, f"{name} ended by itself: {process.exitcode}"
            self.seed += 1
            self.running[name] = make(self.seed)
            self.running[name].start()

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self.running[name].kill()
        self.running[name].join()

    def dismiss(self) -> None:
        """The end of the run, which comes as unannounced as everything else."""
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            process.join()


def run(url: str, folder: Path, plan: Plan, crash: Callable[[], None] | None = None) -> History:
    """Furnish the database and let a run happen in it. Raises AssertionError when it does not come to an end."""
    furnish(url)
    _begin_late(url, plan.late)
    chance = random.Random(plan.seed)
    clock = Clock(time.time(), plan.speed, plan.jumps)
    share = plan.cases // len(CLERKS)

    def clerk(login: str) -> Callable[[int], BaseProcess]:
        return lambda seed: _process(
            complete_things, Place(url, folder, clock, plan.seed * 1_000 + seed, share), login, plan.hasty
        )

    def worker(name: str) -> Callable[[int], BaseProcess]:
        return lambda seed: _process(sweep_and_send, Place(url, folder, clock, plan.seed * 1_000 + seed), name, plan.careless)

    crew = _Crew({login: clerk(login) for login in CLERKS} | {name: worker(name) for name in WORKERS})
    watcher, cuts, crashes = engine.connect(url), 0, 0
    troubles = Troubles(plan, folder, crash)
    with _environment(plan.seams):
        try:
            give_up = time.monotonic() + plan.patience
            while not _is_over(watcher, share * len(CLERKS) + plan.late):
                if plan.control and time.monotonic() > give_up:
                    break
                assert time.monotonic() < give_up, "the run does not come to an end"
                crew.tend()
                time.sleep(chance.uniform(0.02, 0.1))
                if chance.random() < 0.06 / plan.kills_every:
                    crew.kill(chance.choice(list(crew.make)))
                cuts += _cut(url, chance) if plan.cuts else 0
                crashes += troubles.come()
        finally:
            troubles.go()
            crew.dismiss()
            watcher.dispose()
    asked = [[login, *words] for login in CLERKS for words in Place(url, folder, clock, 0).ledger(f"clerk-{login}").lines()]
    sent = [words[0] for name in WORKERS for words in Place(url, folder, clock, 0).ledger(f"sent-{name}").lines()]
    return History(plan, crew.kills, asked, sent, cuts, crashes, len(Place(url, folder, clock, 0).ledger("full").lines()))


def _begin_late(url: str, count: int) -> None:
    database = engine.connect(url)
    with engine.writing(database) as c:
        clerk = engine.actor(c, CLERKS[0])
        for _ in range(count):
            engine.start_case(c, CODE, {}, by=clerk, now=BEGINNING - timedelta(minutes=10))
    database.dispose()


def _process(target: Callable[..., None], *args: Any) -> BaseProcess:
    return _fork.Process(target=_with_seams, args=(os.environ.get(VARIABLE, ""), target, *args), daemon=True)


def _with_seams(seams: str, target: Callable[..., None], *args: Any) -> None:
    os.environ[VARIABLE] = seams  # the fork server was started before the run set it
    target(*args)


@contextmanager
def _environment(seams: str) -> Iterator[None]:
    os.environ[VARIABLE] = seams
    try:
        yield
    finally:
        del os.environ[VARIABLE]


def _is_over(database: engine.Engine, wanted: int) -> bool:
    """Every case has ended and nothing is owed to anybody."""
    states = sa.select(cases.c.state, sa.func.count()).group_by(cases.c.state)
    try:
        with engine.reading(database) as c:
            counted = dict(tuple(row) for row in c.execute(states))
            owed = c.execute(sa.select(sa.func.count()).where(notice.c.state == "due")).scalar_one()
    except sa.exc.DBAPIError:
        database.dispose()  # cut off like everybody else
        return False
    return counted == {"completed": wanted} and owed == 0


def _cut(url: str, chance: random.Random) -> int:
    """Cut one connection, whoever is on it."""
    with psycopg.connect(url, autocommit=True) as c:
        here = "datname = current_database() AND pid <> pg_backend_pid()"
        pids = [row[0] for row in c.execute(f"SELECT pid FROM pg_stat_activity WHERE {here}").fetchall()]  # type: ignore[arg-type]
        if not pids:
            return 0
        c.execute("SELECT pg_terminate_backend(%s)", (chance.choice(pids),))
    return 1


def fresh_folder(folder: Path) -> Path:
    """An empty folder for the ledgers of a run."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
