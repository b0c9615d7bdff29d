"""A signal reaches everybody who listens when it is thrown: in the case itself at once, elsewhere with the next sweep."""

from __future__ import annotations

import engine
from engine.eventlog import read
from engine.model import event
from tests.engine.post import deploy, do, opened, start, states, waits
from tests.world import World

LISTENER = ({"a": "user", "edge": "aside a signal Storm", "b": "user"}, ["start a", "a end", "edge b", "b end"])
CALLER = ({"x": "user", "t": "throw signal Storm", "y": "user"}, ["start x", "x t", "t y", "y end"])


def _signal(world: World, dedupe: str | None = None) -> None:
    with engine.writing(world.engine) as c:
        engine.send_signal(c, "Storm", by=world.who("li.na"), now=world.now, dedupe=dedupe)


def test_all_who_listen_get_it_once(world: World) -> None:
    deploy(world, "HEAR", *LISTENER)
    cases = [start(world, "HEAR") for _ in range(3)]
    _signal(world)
    world.later(seconds=1)
    world.later(hours=1)
    assert [opened(world, case) for case in cases] == [["a", "b"]] * 3
    assert states(world) == [("Storm", "delivered")]
    with engine.reading(world.engine) as c:
        assert [entry.person for entry in read(c, event.c.kind == "signal.thrown")] == ["li.na"]


def test_who_begins_to_listen_afterwards_does_not_hear_it(world: World) -> None:
    deploy(world, "HEAR", *LISTENER)
    _signal(world)
    late = start(world, "HEAR")
    world.later(seconds=1)
    assert (opened(world, late), states(world)) == (["a"], [("Storm", "delivered")])


def test_one_thrown_by_a_case_reaches_the_other_cases_and_not_the_thrower_twice(world: World) -> None:
    deploy(world, "HEAR", *LISTENER)
    both = {"h": ({"z": "user"}, ["h_start z", "z h_end"], "aside signal Storm")}
    deploy(world, "CALL", CALLER[0] | both, CALLER[1])
    hearing, calling = start(world, "HEAR"), start(world, "CALL")
    do(world, calling, "x")
    assert opened(world, calling) == ["y", "z"]
    world.later(seconds=1)
    assert (opened(world, hearing), opened(world, calling)) == (["a", "b"], ["y", "z"])


def test_one_starts_a_case_of_every_process_that_begins_with_it(world: World) -> None:
    for code in ("ALARM-1", "ALARM-2"):
        deploy(world, code, {"s": "begin on signal Storm", "a": "user"}, ["s a", "a end"])
    _signal(world, "weather 5")
    _signal(world, "weather 5")
    world.later(seconds=1)
    started = [entry.data["process"] for entry in world.log() if entry.kind == "case.started"]
    assert sorted(started) == ["ALARM-1", "ALARM-2"]


def test_one_who_has_stopped_listening_is_passed_over(world: World) -> None:
    deploy(world, "HEAR", *LISTENER)
    gone, there = start(world, "HEAR"), start(world, "HEAR")
    _signal(world)
    do(world, gone, "a")
    world.later(seconds=1)
    assert world.kinds(gone)[-1] == "case.completed"
    assert opened(world, there) == ["a", "b"]
    assert len(waits(world)) == 1


def test_what_is_rehearsed_reaches_no_real_case(world: World) -> None:
    deploy(world, "HEAR", *LISTENER)
    deploy(world, "CALL", *CALLER)
    real = start(world, "HEAR")
    with engine.writing(world.engine) as c:
        rehearsed = [engine.start_case(c, code, {}, by=None, now=world.now, channel="rehearsal") for code in ("CALL", "HEAR")]
    do(world, rehearsed[0], "x")
    world.later(seconds=1)
    assert (opened(world, real), opened(world, rehearsed[1])) == (["a"], ["a", "b"])


def test_a_case_that_cannot_take_it_is_an_incident_and_does_not_keep_it_from_the_others(world: World) -> None:
    """The strict ones want an order with it. Li Na has it tried again at one of them, in vain."""
    deploy(world, "STRICT", LISTENER[0] | {"edge": "aside a signal Storm | form f"}, LISTENER[1])
    deploy(world, "HEAR", *LISTENER)
    strict, easy = [start(world, "STRICT") for _ in range(2)], start(world, "HEAR")
    _signal(world)
    world.later(seconds=1)
    assert opened(world, easy) == ["a", "b"]
    assert [world.kinds(case)[-1] for case in strict] == ["incident.raised"] * 2
    assert states(world) == [("Storm", "delivered")]
    with engine.reading(world.engine) as c:
        first, second = engine.list_incidents(c, world.who("li.na"))
    with engine.writing(world.engine) as c:
        engine.retry_incident(c, first.id, by=world.who("li.na"), now=world.now)
    world.later(seconds=1)
    with engine.reading(world.engine) as c:
        still = [row.id for row in engine.list_incidents(c, world.who("li.na"))]
    assert second.id in still
    assert len(still) == 2
    assert opened(world, easy) == ["a", "b"], "not twice"
