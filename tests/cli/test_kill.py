"""kill -9 in the middle of the work: what was acknowledged is there once, nothing is there twice, the chain is intact."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

import bpmn
import engine
from tests.cli.client import Client, NoAnswer
from tests.cli.house import House, until
from tests.world import INTAKE
from webapp.cli.sample import CODE, PASSWORD
from webapp.passwords import Passwords

COMPLETIONS = 200
AGENTS = ("chen.jing", "zhou.min")
HANDS = 6  # browser windows that complete tasks at the same time
KILLS = (30, 75, 120, 165)  # after so many acknowledged completions
ANSWERS = {"product": "Kettle K2", "details": "Leaks at the spout", "complete": "true"}

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@dataclass
class Shift:
    """The agents at work: what is still to be completed, what was acknowledged, what was answered without success."""

    waiting: dict[str, SimpleQueue[int]] = field(default_factory=lambda: {login: SimpleQueue() for login in AGENTS})
    acknowledged: list[int] = field(default_factory=list)
    unanswered: int = 0
    give_up: float = field(default_factory=lambda: time.monotonic() + 240)

    def work(self, login: str, client: Client) -> None:
        """Complete one item after the other. Without an answer the same form is sent again; so is every fifth that had one."""
        while time.monotonic() < self.give_up:
            try:
                item = self.waiting[login].get_nowait()
            except Empty:
                return
            self._insist(client, item)
            self.acknowledged.append(item)
            if item % 5 == 0:
                self._insist(client, item)

    def _insist(self, client: Client, item: int) -> None:
        while time.monotonic() < self.give_up:
            try:
                return client.complete(item, ANSWERS, key=f"form-of-{item}")
            except NoAnswer:
                self.unanswered += 1
                time.sleep(0.05)
        raise AssertionError(f"item {item} was not acknowledged in time")


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """An installation with two agents who have claimed 200 complaints between them, all of them already late."""
    made = House(tmp_path, database_url)
    database = engine.connect(database_url)
    engine.upgrade(database)
    long_ago = datetime.now(UTC) - timedelta(days=4)
    bundle = bpmn.shipped(CODE)
    with engine.writing(database) as c:
        engine.import_organisation(c, bundle.organisation, password_hash=Passwords().hash(PASSWORD), now=long_ago)
        engine.deploy(c, bundle, by=None, now=long_ago)
        agents = [engine.actor(c, login) for login in AGENTS]
        for number in range(COMPLETIONS):
            engine.start_case(c, CODE, INTAKE, by=agents[number % 2], now=long_ago)
        for number, row in enumerate(engine.my_tasks(c, agents[0], long_ago)):
            engine.claim(c, row.item, by=agents[number % 2], now=long_ago)
    database.dispose()
    yield made
    made.close()


def log_of(house: House) -> list[engine.LogEntry]:
    """The whole event log."""
    database = engine.connect(house.database_url)
    with engine.reading(database) as c:
        entries = engine.event_log(c)
    database.dispose()
    return entries


def test_what_was_acknowledged_survives_every_kill_once(house: House) -> None:
    shift = Shift()
    claimed = [entry for entry in log_of(house) if entry.kind == "item.claimed"]
    for entry in claimed:
        assert entry.item is not None
        shift.waiting[str(entry.person)].put(entry.item)
    processes = {verb: house.start(verb) for verb in ("web", "worker")}
    until(house.is_healthy, "the first answer")
    hands = []
    for number in range(HANDS):
        client, login = Client(house.port), AGENTS[number % 2]
        client.sign_in(login, PASSWORD)
        hands.append(threading.Thread(target=shift.work, args=(login, client), daemon=True))
    for hand in hands:
        hand.start()

    for count in KILLS:
        until(lambda count=count: len(shift.acknowledged) >= count, f"{count} completions", seconds=180)
        for verb, process in processes.items():
            process.send_signal(signal.SIGKILL)
            process.wait()
            processes[verb] = house.start(verb)
    for hand in hands:
        hand.join(240)

    assert sorted(shift.acknowledged) == sorted(entry.item for entry in claimed)
    assert shift.unanswered > 0  # otherwise nothing was killed in the middle of anything
    entries = log_of(house)
    completed = Counter(entry.item for entry in entries if entry.kind == "item.completed")
    assert completed == Counter(shift.acknowledged)
    assert Counter(entry.step for entry in entries if entry.kind == "item.offered") == {
        "receive": COMPLETIONS,
        "classify": COMPLETIONS,
    }
    rungs = Counter((entry.item, entry.case, entry.data["percent"]) for entry in entries if entry.kind == "clock.escalated")
    breaches = Counter((entry.item, entry.case) for entry in entries if entry.kind == "clock.breached")
    assert set(rungs.values()) | set(breaches.values()) == {1}
    checked = house.run("log", "check", "--json")
    assert checked.returncode == 0
    assert json.loads(checked.stdout)["entries"] == len(entries)
