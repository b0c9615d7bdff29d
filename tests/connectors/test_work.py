"""Automated steps from the case to the other system and back: once there, however often it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

import engine
from engine.commands.jobs import LEASE, PAUSES
from tests.connectors.server import answer, listening
from tests.engine.post import data, deploy, do, opened, start
from tests.world import World
from webapp.connectors import BusinessError, NoUse, run_jobs
from webapp.connectors.http import HttpConnector
from webapp.settings import Settings
from webapp.worker import Worker


@dataclass
class Register:
    """A system that keeps what it got by key, as a good receiver does, and does as it was told with the next requests."""

    script: list[Any] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def ask(self, key: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        self.seen.append(key)
        said = self.script.pop(0) if self.script else {"order": payload["order"], "amount": 5}
        if isinstance(said, Exception):
            raise said
        return said


@pytest.fixture
def shop(world: World) -> World:
    """A process that asks the register, and may hear that the customer is blocked."""
    steps = {"a": "user f", "call": "service crm | send order = a.order | form f", "no": "on call error BLOCKED", "pack": "user"}
    deploy(world, "SHOP", steps | {"ask": "user"}, ["start a", "a call", "call pack", "pack end", "no ask", "ask end"])
    return world


def begun(world: World) -> engine.StartedCase:
    case = start(world, "SHOP")
    do(world, case, "a", order="A-1")
    return case


def work(world: World, register: Any) -> int:
    return run_jobs(world.engine, {"crm": register}, world.clock)


def incidents(world: World) -> list[str]:
    with engine.reading(world.engine) as c:
        return [row.reason for row in engine.list_incidents(c)]


def test_over_http_and_back_into_the_case(shop: World) -> None:
    case = begun(shop)
    with listening(answer(200, {"order": "A-1", "amount": 7, "internal": "x"})) as register:
        assert work(shop, HttpConnector(register.url, private=True)) == 1
        assert work(shop, HttpConnector(register.url, private=True)) == 0
    assert (opened(shop, case), data(shop, case)["call"]) == (["pack"], {"order": "A-1", "amount": 7})
    assert len(register.keys) == 1


def test_a_system_that_is_down_for_a_while_is_asked_again_with_the_same_key(shop: World) -> None:
    case, register = begun(shop), Register([OSError("down"), OSError("down")])
    for pause in PAUSES[:2]:
        work(shop, register)
        shop.later(seconds=pause.total_seconds())
    work(shop, register)
    assert (len(register.seen), len(set(register.seen)), opened(shop, case)) == (3, 1, ["pack"])
    assert [entry.data["attempt"] for entry in shop.log(case) if entry.kind == "job.failed"] == [1, 2]


def test_the_business_may_say_no(shop: World) -> None:
    case = begun(shop)
    work(shop, Register([BusinessError("BLOCKED")]))
    assert opened(shop, case) == ["ask"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (NoUse("it answers 404"), "crm: it answers 404"),
        ({"amount": "many"}, "crm: its answer does not fit the form of the step"),
        (BusinessError("UNKNOWN"), "crm: Nothing catches the error"),
    ],
)
def test_what_is_no_use_is_an_incident_at_once_with_its_reason(shop: World, said: Any, why: str) -> None:
    case, register = begun(shop), Register([said])
    work(shop, register)
    shop.later(days=1)
    work(shop, register)
    assert len(register.seen) == 1
    (reason,) = incidents(shop)
    assert reason.startswith(why)
    assert opened(shop, case) == []


def test_a_connector_that_nobody_set_up_is_an_incident(shop: World) -> None:
    begun(shop)
    run_jobs(shop.engine, {}, shop.clock)
    assert incidents(shop) == ["crm: no connector of this name is set up here"]


def test_what_a_connector_raises_is_not_repeated_to_anybody(shop: World) -> None:
    """It may hold the customer's data."""
    begun(shop)
    work(shop, Register([ValueError("Gao Yuan's card 4111")]))
    told = [entry.data for entry in shop.log() if entry.kind == "job.failed"]
    assert told == [{"attempt": 1, "reason": "crm: it failed (ValueError)"}]


def test_a_worker_that_dies_between_asking_and_saying_so_asks_again_with_the_same_key(shop: World) -> None:
    """The receiver sees a repeated key, never a new one; the case moves on once."""
    case, register = begun(shop), Register()

    class Dies(Register):
        def ask(self, key: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
            register.ask(key, payload)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(shop, Dies())
    shop.later(seconds=LEASE.total_seconds() + 1)
    work(shop, register)
    assert (len(register.seen), len(set(register.seen)), opened(shop, case)) == (2, 1, ["pack"])


def test_the_worker_does_it_beside_its_beat(shop: World) -> None:
    case, register = begun(shop), Register()
    Worker(Settings(), shop.engine, clock=shop.clock, connectors={"crm": register}).work()
    assert opened(shop, case) == ["pack"]


def test_an_answer_that_comes_too_late_is_dropped(shop: World) -> None:
    steps = {"call": "service crm | send order = intake.order", "late": "on call PT1H", "ask": "user"}
    deploy(shop, "LATE", {"s": "start f", **steps}, ["s call", "call end", "late ask", "ask end"])
    case = start(shop, "LATE", order="A-1")

    class Slow(Register):
        def ask(self, key: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
            shop.now += timedelta(hours=2)
            return {}

    work(shop, Slow())
    shop.later(seconds=1)
    assert (opened(shop, case), incidents(shop)) == (["ask"], [])
