"""The six ways to draw an SLA timer: each fires while the task is open, and none is in the way of its completion."""

from __future__ import annotations

from itertools import permutations

import pytest

from engine.gate import inspect
from engine.spiff import prepare
from tests.door.paper import Case, bundle, draw

MAIN = ["start a", "a end"]
RING = ["ring call", "call end"]
SUB = ({"a": "user"}, ["sub_start a", "a sub_end"])
WATCH = ({"call": "user"}, ["watch_start call", "call watch_end"])
WAYS = {
    "boundary duration": ({"a": "user", "ring": "aside a PT4H", "call": "user"}, MAIN + RING),
    "boundary date": ({"a": "user", "ring": "aside a 2026-03-02T13:00:00Z", "call": "user"}, MAIN + RING),
    "boundary cycle": ({"a": "user", "ring": "aside a R2/PT4H", "call": "user"}, MAIN + RING),
    "sub-process around the task": ({"sub": SUB, "ring": "aside sub PT4H", "call": "user"}, ["start sub", "sub end", *RING]),
    "parallel branch": (
        {"s": "and", "a": "user", "w": "wait PT4H", "call": "user"},
        ["start s", "s a", "s w", "a end", "w call", "call end"],
    ),
    "event sub-process": ({"a": "user", "watch": (*WATCH, "aside PT4H")}, MAIN),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_fires_at_its_instant_while_the_task_is_open_and_both_can_be_done_in_any_order(way):
    for order in permutations(["a", "call"]):
        case = Case.of(*WAYS[way])
        assert case.later(hours=4, microseconds=-1).open == ["a"]
        task = case.task("a")
        assert case.later(microseconds=1).open == ["a", "call"]
        assert case.task("a") == task
        for step in order:
            case.do(step, done=True)
        assert case.at.done or case.at.timer_at is None
        assert case.later(hours=9).at.done


@pytest.mark.parametrize("way", WAYS)
def test_the_gate_has_nothing_against_it(way):
    assert inspect(bundle(draw(*WAYS[way]))) == ()


@pytest.mark.parametrize("way", sorted(WAYS.keys() - {"parallel branch"}))
def test_a_task_done_in_time_ends_the_timer_and_the_case(way):
    case = Case.of(*WAYS[way]).do("a")
    assert case.at.done
    assert case.at.timer_at is None
    assert case.later(hours=9).open == []


def test_an_interrupting_event_sub_process_takes_everything_else_away():
    steps = {"s": "and", "a": "user", "sub": ({"b": "user"}, ["sub_start b", "b sub_end"]), "watch": (*WATCH, "on PT4H")}
    case = Case.of(steps, ["start s", "s a", "s sub", "a end", "sub end"])
    assert case.do("a").open == ["b"]
    assert case.later(hours=4).open == ["call"]
    assert case.do("call").at.done
    assert case.passed[-3:] == ["watch_start", "watch_end", "watch"]


def test_an_event_sub_process_in_a_sub_process_belongs_to_each_round_of_it():
    inner = ({"b": "user", "watch": (*WATCH, "on PT4H")}, ["sub_start b", "b sub_end"])
    case = Case.of(
        {"m": "xor", "sub": inner, "a": "user", "x": "xor"},
        ["start m", "m sub", "sub a", "a x", "x m: a.again == true", "x end: default"],
    )
    size = 0
    for number in range(30):
        case.later(hours=3)
        if number % 2:
            case.do("b")
        else:
            assert case.later(hours=1).open == ["call"]
            case.do("call")
        assert case.open == ["a"]
        assert case.at.timer_at is None
        size = size or len(case.at.state)
        assert len(case.at.state) <= size + 60
        case.do("a", again=True)
    assert case.do("b").do("a", again=False).at.done


def test_a_repeated_one_rings_beside_the_task_as_often_as_it_says():
    case = Case.of({"a": "user", "watch": (*WATCH, "aside R3/PT1H")}, MAIN)
    assert case.later(hours=2).open == ["a", "call", "call"]
    assert case.later(hours=9).open == ["a", "call", "call", "call"]
    case.do("a")
    assert not case.at.done
    for _ in range(3):
        case.do("call")
    assert case.at.done


def test_a_terminate_end_in_it_ends_that_one_only():
    watch = ({"call": "user", "off": "end terminate"}, ["watch_start call", "call off"], "aside PT1H")
    case = Case.of({"a": "user", "watch": watch}, MAIN).later(hours=1).do("call")
    assert case.open == ["a"]
    assert case.do("a").at.done


@pytest.mark.parametrize(
    ("steps", "flows", "rule"),
    [
        ({"a": "user", "watch": (*WATCH, "on R3/PT1H")}, MAIN, "timer-cycle"),
        ({"a": "user", "watch": (*WATCH, "on PT1H")}, ["start a", "a watch", "watch end"], "event-sub-process"),
        ({"a": "user", "watch": (*WATCH, "on PT1H"), "ring": "on watch PT1H"}, [*MAIN, "ring end"], "event-sub-process"),
        ({"a": "user", "watch": ({"watch_start": "start"} | WATCH[0], WATCH[1], "on PT1H")}, MAIN, "event"),
        ({"a.Watch": "user"}, ["start a.Watch", "a.Watch end"], "id-reserved"),
    ],
)
def test_what_it_cannot_be_is_refused(steps, flows, rule):
    found = inspect(bundle(draw(steps, flows)))
    assert rule in {finding.rule for finding in found if finding.severity == "error"}


def test_a_step_that_may_not_be_done_when_it_begins_is_warned_of():
    watch = ({"x": "xor", "call": "user"}, ["watch_start x", "x call: a.ok == true", "x watch_end: default", "call watch_end"])
    found = inspect(bundle(draw({"a": "user f", "watch": (*watch, "aside PT1H")}, MAIN), f=("ok",)))
    assert [finding.severity for finding in found] == ["warning"]
    assert prepare(draw({"a": "user f", "watch": (*watch, "aside PT1H")}, MAIN), {})
