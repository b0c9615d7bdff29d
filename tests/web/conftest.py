"""People in front of the web application: each with a browser of their own, on a world whose clock is turned by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import engine
from tests import catalogues
from tests.bpmn.drafts import file, flow
from tests.world import CODE, World, build_world
from webapp.app import create_app
from webapp.passwords import Passwords
from webapp.settings import Settings

PASSWORD = "complaint-desk-2024"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')


@dataclass
class Visitor:
    """Somebody with a browser: cookies are kept, forms carry the token of the page they were on."""

    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers=headers)

    def text(self, path: str) -> str:
        """The page as it reads."""
        response = self.get(path)
        assert response.status_code == 200, (path, response.status_code)
        return reads(response)

    def post(self, path: str, page: str | None = None, **form: str) -> TestResponse:
        """Fill in the form of `page` (else of `path` itself) and send it."""
        opened = reads(self.get(page or path), markup=True)
        token, key = TOKEN.search(opened), KEY.search(opened)
        sent = {"csrf_token": token[1] if token else "", **({"key": key[1]} if key else {}), **form}
        return self.client.post(path, data=sent)

    def answer(self, item: int, **answers: str) -> TestResponse:
        """Complete a task with these answers."""
        path = f"/tasks/{item}"
        return self.post(path, **{f"answer-{name}": text for name, text in answers.items()})

    def sign_in(self, login: str, password: str = PASSWORD) -> TestResponse:
        """Use the sign-in form."""
        return self.post("/sign-in", login=login, password=password)

    def speak(self, language: str) -> Visitor:
        """Choose a language."""
        self.get(f"/language/{language}")
        return self


def reads(response: TestResponse, *, markup: bool = False) -> str:
    """The body; without markup as a person reads it, blanks collapsed."""
    body = response.get_data(as_text=True)
    return body if markup else " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@dataclass
class House:
    """The application on a world."""

    world: World
    app: Flask

    def visitor(self) -> Visitor:
        """Somebody from outside."""
        return Visitor(self.app.test_client())

    def person(self, login: str, language: str = "en") -> Visitor:
        """Somebody of the sample organisation, signed in."""
        found = self.visitor().speak(language)
        assert found.sign_in(login).status_code == 303
        return found


@pytest.fixture(scope="session", autouse=True)
def _fresh_catalogues() -> None:
    catalogues.compile_all()


@pytest.fixture(scope="session")
def password_hash() -> str:
    """One real hash for everybody: making it costs a tenth of a second."""
    return Passwords().hash(PASSWORD)


def move_in(world: World, password_hash: str, **changes: object) -> House:
    """Give everybody the sample password and open the doors."""
    with engine.writing(world.engine) as c:
        for someone in world.bundle.organisation["persons"]:
            engine.set_password(c, someone["login"], password_hash)
    settings = Settings(secret_key="a-key-for-tests-only", public_rate_per_minute=3, language="en", **changes)  # type: ignore[arg-type]
    return House(world, create_app(settings, engine=world.engine, clock=world.clock))


@pytest.fixture
def house(sqlite_world: World, password_hash: str) -> House:
    """The application on SQLite."""
    return move_in(sqlite_world, password_hash)


@pytest.fixture
def both_houses(world: World, password_hash: str) -> House:
    """The application on SQLite and on PostgreSQL, one after the other."""
    return move_in(world, password_hash)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Iterator[House]:
    """A house full of cases in every state, for tests that only look."""
    world = build_world(f"sqlite:///{tmp_path_factory.mktemp('furnished') / 'pilotrun.db'}")
    furnish(world)
    yield move_in(world, password_hash)
    world.engine.dispose()


def _draft(world: World) -> None:
    """Two drafts of foreign models: one with everything missing, one that can be deployed."""
    process = (
        '<startEvent id="s"/><userTask id="look" name="Look at it"/><exclusiveGateway id="g" name="Good?"/><endEvent id="e"/>'
        '<serviceTask id="mail" name="Send mail"/><endEvent id="e2"/>'
        + flow("f1", "s", "look")
        + flow("f2", "look", "g")
        + flow("f3", "g", "e", "${good}", "yes")
        + flow("f4", "g", "mail", "${!good}", "no")
        + flow("f5", "mail", "e2")
    )
    by, now = world.who("li.na"), world.now
    with engine.writing(world.engine) as c:
        engine.keep_draft(c, {"sorting.bpmn": file(process)}, by=by, now=now)
        ready = engine.keep_draft(c, {"sorting-2.bpmn": file(process)}, by=by, now=now)
        engine.answer_draft(c, ready, {}, seen=1, by=by, now=now, people=True)
        open_now = engine.draft(c, ready, by).draft.repairs
        given = {repair.key: "1 working day" if repair.kind == "standard" else "service-agent" for repair in open_now}
        engine.answer_draft(c, ready, given, seen=2, by=by, now=now)


def furnish(world: World) -> dict[str, engine.StartedCase]:
    """One case of each kind, by what it is like."""
    done = world.start(subject="Kettle leaks after two days")
    world.walk(done, "receive", "classify", "handle", "feedback", "archive")
    shared = world.start(subject="Hotline is never answered")
    world.walk(shared, "receive")
    world.do(shared, "classify", {"ask_sales": True, "ask_legal": True})
    late = world.start(subject="Invoice names another company")
    world.later(hours=30)
    cancelled = world.start(subject="Sent twice by mistake")
    with engine.writing(world.engine) as c:
        engine.cancel_case(c, cancelled.id, "the same as the one before", by=world.who("li.na"), now=world.now)
    fresh = world.start(by=None, subject="Fridge door does not close")
    mine = world.start(subject="Wrong colour delivered")
    _draft(world)
    item = world.item(mine, "receive")
    with engine.writing(world.engine) as c:
        chen, stuck = world.who("chen.jing"), engine.CannotGoOn("The condition 'receive.weight > 3' cannot be decided.")
        engine.claim(c, item.item, by=chen, now=world.now)
        engine.report_failure(c, item.item, {"product": "Fridge F1"}, stuck, by=chen, now=world.now)
        engine.report_failed_start(c, CODE, {}, stuck, by=None, now=world.now, channel="public")
    world.later(minutes=4)
    return {"done": done, "shared": shared, "late": late, "cancelled": cancelled, "fresh": fresh, "mine": mine}
