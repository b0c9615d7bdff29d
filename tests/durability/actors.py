"""Who works in the rig: completers that insist until they are answered, workers that sweep and send. Each is a process."""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

import engine
from engine.model import work_item
from tests.durability.crashes import Crashes
from tests.durability.process import BEGINNING, CODE
from tests.durability.troubles import suffer
from webapp.notify import send_due


@dataclass(frozen=True, slots=True)
class Clock:
    """Time in the rig: faster than ours, so that leases and deadlines pass in seconds; it may jump to and fro by `jumps`."""

    began: float
    speed: float
    jumps: timedelta = timedelta(0)

    def now(self) -> datetime:
        """The instant it is in the rig."""
        passed = timedelta(seconds=(time.time() - self.began) * self.speed)
        return BEGINNING + passed + self.jumps * random.choice((-1, 0, 0, 1))


@dataclass(frozen=True, slots=True)
class Ledger:
    """A file of lines, each written whole or not at all: what a process knows of itself outlives it."""

    path: Path

    def write(self, *words: object) -> None:
        """One line, in the file when this returns (a killed process does not take the page cache with it)."""
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, (" ".join(map(str, words)) + "\n").encode())
        os.close(handle)

    def lines(self) -> list[list[str]]:
        """All that was written, as words."""
        return [line.split() for line in self.path.read_text().splitlines()] if self.path.exists() else []


@dataclass(frozen=True, slots=True)
class Place:
    """Where a process works."""

    url: str
    folder: Path
    clock: Clock
    seed: int
    cases: int = 0

    def ledger(self, name: str) -> Ledger:
        """What is written down under this name."""
        return Ledger(self.folder / name)

    def note(self, error: Exception) -> None:
        """Write down that there was no room."""
        if "full" in str(error):
            self.ledger("full").write("full")

    def enter(self) -> tuple[engine.Engine, random.Random, Crashes]:
        """Connect, with the crash points in place."""
        logging.disable(logging.CRITICAL)
        chance = random.Random(self.seed)
        random.seed(self.seed)
        database, crashes = engine.connect(self.url), Crashes(chance)
        crashes.watch(database)
        suffer(database, self.folder)
        return database, chance, crashes


def complete_things(place: Place, login: str, hasty: bool = False) -> None:
    """A clerk: starts cases, claims what is open, completes it. What got no answer is sent again, with the same key."""
    database, chance, _ = place.enter()
    clerk = _Clerk(place, login, database, chance, hasty)
    while True:
        try:
            clerk.finish_what_was_begun()
            clerk.start_a_case()
            for item in clerk.choose():
                clerk.complete(item)
            time.sleep(chance.uniform(0.0, 0.02))
        except sa.exc.DBAPIError as error:
            place.note(error)
            database.dispose()
            clerk.believe()
            time.sleep(0.05)


class _Clerk:
    def __init__(self, place: Place, login: str, database: engine.Engine, chance: random.Random, hasty: bool) -> None:
        self.place, self.login, self.database, self.chance, self.hasty = place, login, database, chance, hasty
        self.ledger = place.ledger(f"clerk-{login}")
        self._me: engine.Actor | None = None

    def me(self) -> engine.Actor:
        if self._me is None:
            with engine.reading(self.database) as c:
                self._me = engine.actor(c, self.login)
        assert self._me is not None
        return self._me

    def finish_what_was_begun(self) -> None:
        """Ask again for everything that was asked and not answered."""
        lines = self.ledger.lines()
        answered = {tuple(words[1:3]) for words in lines if words[0] != "ask"}
        for _, verb, what, *_ in [words for words in lines if words[0] == "ask"]:
            if (verb, what) not in answered:
                self._start(int(what)) if verb == "start" else self._complete(int(what))

    def believe(self) -> None:
        """What a hasty clerk makes of an error: it will have gone through."""
        lines = self.ledger.lines() if self.hasty else []
        answered = {words[2] for words in lines if words[1] == "complete" and words[0] != "ask"}
        for item in {words[2] for words in lines if words[:2] == ["ask", "complete"]} - answered:
            self.ledger.write("done", "complete", item)

    def start_a_case(self) -> None:
        """The next of this clerk's share of the cases."""
        begun = sum(words[:2] == ["ask", "start"] for words in self.ledger.lines())
        if begun < self.place.cases:
            self.ledger.write("ask", "start", begun)
            self._start(begun)

    def _start(self, number: int) -> None:
        with engine.writing(self.database) as c:
            key = f"{self.login}-{number}"
            started = engine.start_case(c, CODE, {}, by=self.me(), now=self.place.clock.now(), key=key)
        self.ledger.write("done", "start", number, started.id)

    def choose(self) -> Iterator[int]:
        """A few open items, some claimed by this clerk already; both clerks may want the same."""
        mine = sa.and_(work_item.c.state == "claimed", work_item.c.claimed_by == self.me().id)
        with engine.reading(self.database) as c:
            wanted = work_item.c.state == "offered" if self.hasty else sa.or_(work_item.c.state == "offered", mine)
            query = sa.select(work_item.c.id).where(wanted).limit(30)
            items = list(c.execute(query).scalars())
        self.chance.shuffle(items)
        yield from items[:4]

    def complete(self, item: int) -> None:
        """Claim it and complete it; one time in five the form is sent twice, as browsers do."""
        try:
            with engine.writing(self.database) as c:
                engine.claim(c, item, by=self.me(), now=self.place.clock.now())
        except engine.EngineError:
            return  # the colleague was faster, or a timer
        if self.chance.random() < 0.2:
            time.sleep(self.chance.uniform(0.0, 1.0))  # long enough for rungs and timers
        self.ledger.write("ask", "complete", item)
        self._complete(item)
        if self.chance.random() < 0.2:
            self._complete(item)

    def _complete(self, item: int) -> None:
        try:
            with engine.writing(self.database) as c:
                engine.complete(c, item, {}, by=self.me(), now=self.place.clock.now(), key=f"form-{item}")
        except engine.EngineError as refused:
            self.ledger.write("refused", "complete", item, type(refused).__name__)
        else:
            self.ledger.write("done", "complete", item)


def sweep_and_send(place: Place, name: str, careless: bool = False) -> None:
    """A worker: beats, then sends what is owed. A careless one marks first and sends afterwards, as no worker of ours may."""
    database, chance, crashes = place.enter()
    post = _Post(place.ledger(f"sent-{name}"), crashes)
    while True:
        try:
            done = engine.beat(database, place.clock.now(), batch=chance.choice((1, 5, 50)))
            sent = _send_carelessly(database, place, post) if careless else _send(database, place, post)
            if not done.rows and not sent:
                time.sleep(0.02)
        except sa.exc.DBAPIError as error:
            place.note(error)
            database.dispose()
            time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class _Post:
    """The receiver: what has arrived here has arrived."""

    ledger: Ledger
    crashes: Crashes

    def send(self, key: str, to: str, text: str) -> bool:
        assert to in text or text
        self.ledger.write(key)
        self.crashes.at("sent")
        return True


def _send(database: engine.Engine, place: Place, post: _Post) -> int:
    """One at a time: a death can then repeat one notice and no more."""
    sent = 0
    while sent < 20 and send_due(database, post, place.clock.now, limit=1):
        sent += 1
    return sent


def _send_carelessly(database: engine.Engine, place: Place, post: _Post) -> int:
    with engine.writing(database) as c:
        notices = engine.claim_notices(c, place.clock.now())
        engine.mark_sent(c, [notice.id for notice in notices], place.clock.now())
    post.crashes.at("sent")
    for notice in notices:
        post.send(notice.key, notice.login, notice.action)
    return len(notices)
