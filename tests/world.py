"""The world that stories are told in: the shipped complaint process, its people, and time that only moves when told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

import engine
import pilots
from bpmn import Bundle, shipped
from engine.model import cases

CODE = "CSC-2024-001"
WEDNESDAY_TEN = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
PASSWORD_HASH = "$argon2id$v=19$m=19456,t=2,p=1$none"  # nobody signs in with it; web tests set a real one

INTAKE = {
    "subject": "Kettle leaks after two days",
    "channel": "telephone",
    "customer": "Gao Yuan",
    "contact": "gao.yuan@example.org",
    "description": "The kettle leaks at the spout.",
}
SIMPLE: dict[str, dict[str, Any]] = {
    "receive": {"product": "Kettle K2", "details": "Leaks at the spout", "complete": True},
    "classify": {"type": "quality", "priority": "normal", "special": False, "ask_sales": False, "ask_legal": False},
    "handle": {"solution": "Replace the kettle", "compensation": 0},
    "answer_sales": {"answer": "Stock is there"},
    "answer_legal": {"answer": "No objection"},
    "approve_manager": {"approved": True},
    "approve_director": {"approved": True},
    "special_approval": {"granted": True, "ruling": "Refund at once"},
    "feedback": {"satisfied": True, "reopen": False},
    "archive": {"summary": "Kettle replaced"},
}


@dataclass
class World:
    """Everything a story needs. `clock` is what the web app is given; `later` turns it."""

    engine: engine.Engine
    bundle: Bundle
    pilot_id: int
    now: datetime = WEDNESDAY_TEN
    actors: dict[str, engine.Actor] = field(default_factory=dict)

    def clock(self) -> datetime:
        """The hand-turned clock."""
        return self.now

    def later(self, *, sweep: bool = True, **duration: float) -> None:
        """Let time pass; the sweep beats at the end of it unless the worker is said to be down."""
        self.now += timedelta(**duration)
        if sweep:
            engine.beat(self.engine, self.now)

    def who(self, login: str) -> engine.Actor:
        """A person of the sample organisation."""
        if login not in self.actors:
            with engine.reading(self.engine) as c:
                found = engine.actor(c, login)
            assert found is not None, login
            self.actors[login] = found
        return self.actors[login]

    def start(self, by: str | None = "chen.jing", **changes: Any) -> engine.StartedCase:
        """A new complaint."""
        with engine.writing(self.engine) as c:
            actor = self.who(by) if by else None
            channel = "staff" if by else "public"
            return engine.start_case(c, CODE, {**INTAKE, **changes}, by=actor, now=self.now, channel=channel)

    def open_items(self, case: engine.StartedCase) -> list[engine.TaskRow]:
        """What somebody could work on in this case, in the order it was offered."""
        with engine.reading(self.engine) as c:
            view = engine.case(c, case.id, self.who("li.na"), self.now)
        return [item for item in view.items if item.state in ("offered", "claimed")]

    def item(self, case: engine.StartedCase, step: str) -> engine.TaskRow:
        """The open item of one step."""
        found = [item for item in self.open_items(case) if item.step == step]
        assert found, f"{step} is not open: {[item.step for item in self.open_items(case)]}"
        return found[0]

    def holder(self, item: engine.TaskRow) -> engine.Actor:
        """Somebody who holds the item's post."""
        for someone in self.bundle.organisation["persons"]:
            if item.post in someone["posts"]:
                return self.who(someone["login"])
        raise AssertionError(item.post)

    def do(self, case: engine.StartedCase, step: str, answers: Mapping[str, Any] | None = None, by: str | None = None) -> None:
        """Claim and complete one step."""
        item = self.item(case, step)
        actor = self.who(by) if by else self.holder(item)
        with engine.writing(self.engine) as c:
            if item.state == "offered":
                engine.claim(c, item.item, by=actor, now=self.now)
            engine.complete(c, item.item, {**SIMPLE[step], **(answers or {})}, by=actor, now=self.now)

    def walk(self, case: engine.StartedCase, *steps: str) -> None:
        """Do several steps in order, one minute each."""
        for step in steps:
            self.do(case, step)
            self.later(minutes=1)

    def view(self, case: engine.StartedCase) -> engine.CaseView:
        """The case's page as the owner sees it."""
        with engine.reading(self.engine) as c:
            return engine.case(c, case.id, self.who("li.na"), self.now)

    def log(self, case: engine.StartedCase | None = None) -> list[engine.LogEntry]:
        """The log, of one case or of all."""
        with engine.reading(self.engine) as c:
            entries = engine.event_log(c)
        return [entry for entry in entries if case is None or entry.case == case.number]

    def kinds(self, case: engine.StartedCase) -> list[str]:
        """What happened in a case, in one word each."""
        return [entry.kind for entry in self.log(case)]


@contextmanager
def unreadable(world: World, case: engine.StartedCase) -> Iterator[None]:
    """While the block runs nobody can read where the case stands."""
    with engine.writing(world.engine) as c:
        blob = c.execute(sa.select(cases.c.blob).where(cases.c.id == case.id)).scalar_one()
        c.execute(cases.update().where(cases.c.id == case.id).values(blob=b"nonsense"))
    yield
    with engine.writing(world.engine) as c:
        c.execute(cases.update().where(cases.c.id == case.id).values(blob=blob))


def furnish(database: engine.Engine) -> None:
    """Upgrade an empty database, deploy the shipped process, import its people, freeze a real pilot."""
    engine.upgrade(database)
    bundle = shipped(CODE)
    with engine.writing(database) as c:
        engine.import_organisation(c, bundle.organisation, password_hash=PASSWORD_HASH, now=WEDNESDAY_TEN)
        engine.deploy(c, bundle, by=None, now=WEDNESDAY_TEN)
        pilot_id = engine.register_pilot(c, CODE, bundle.plan, rehearsal=False, by=None, now=WEDNESDAY_TEN)
        plan_hash = pilots.plan_hash(pilots.read_plan(bundle.plan))
        engine.freeze_pilot(c, pilot_id, plan_hash=plan_hash, by=None, now=WEDNESDAY_TEN)


def enter_world(url: str) -> World:
    """The world of a furnished database."""
    database = engine.connect(url)
    with engine.reading(database) as c:
        pilot_id = engine.latest_pilot(c, CODE)
    assert pilot_id is not None
    return World(database, shipped(CODE), pilot_id)


def build_world(url: str) -> World:
    """Furnish an empty database and enter it."""
    database = engine.connect(url)
    furnish(database)
    database.dispose()
    return enter_world(url)
