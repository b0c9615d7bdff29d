"""A conditional event happens when its condition over the data of the case becomes true."""

from __future__ import annotations

import pytest

from engine.errors import CannotGoOn
from tests.door.paper import Case, rules

BOTH = ["start f", "f a", "f b", "a end", "b end", "edge c", "c end"]


def _steps(edge: str) -> dict[str, str]:
    return {"f": "and", "a": "user", "b": "user", "edge": edge, "c": "user"}


def test_at_the_edge_of_a_step_it_takes_the_step_away_when_another_step_makes_it_true():
    case = Case.of(_steps("on a if b.stop == true"), BOTH)
    assert case.open == ["a", "b"]
    assert case.do("b", stop=True).open == ["c"]
    assert Case.of(_steps("on a if b.stop == true"), BOTH).do("b", stop=False).open == ["a"]


def test_one_that_does_not_interrupt_happens_when_it_becomes_true_and_not_again_while_it_stays_true():
    steps = {"f": "and", "a": "user", "b": "user", "in": "xor", "x": "xor", "edge": "aside a if b.n > 10", "c": "user"}
    flows = ["start f", "f a", "f in", "in b", "b x", "x in: b.again == true", "x end: default", "a end", "edge c", "c end"]
    case = Case.of(steps, flows)
    for number, calls in ((5, 0), (11, 1), (12, 1), (3, 1), (20, 2)):
        case.do("b", n=number, again=True)
        assert case.open == ["a", "b", *["c"] * calls]
    assert case.later(hours=1).open == ["a", "b", "c", "c"]


def test_the_case_waits_until_it_is_true_and_goes_on_at_once_if_it_is():
    steps = {"f": "and", "a": "user", "b": "user", "until": "wait if b.ok == true", "c": "user", "x": "xor", "in": "xor"}
    flows = ["start f", "f a", "f in", "a until", "until c", "c end", "in b", "b x", "x in: b.again == true", "x end: default"]
    case = Case.of(steps, flows).do("a")
    assert case.open == ["b"]
    assert case.do("b", ok=False, again=True).open == ["b"]
    assert case.do("b", ok=True, again=True).open == ["b", "c"]
    assert Case.of(steps, flows).do("b", ok=True, again=False).do("a").open == ["c"]


@pytest.mark.parametrize(("start", "left"), [("on", ["c"]), ("aside", ["b", "c"])])
def test_it_starts_an_event_sub_process(start, left):
    steps = {"a": "user", "b": "user", "h": ({"c": "user"}, ["h_start c", "c h_end"], f"{start} if a.n > 3")}
    flows = ["start a", "a b", "b end"]
    assert Case.of(steps, flows).do("a", n=3).open == ["b"]
    assert Case.of(steps, flows).do("a", n=4).open == left


def test_what_is_not_there_yet_is_not_true_yet_but_nonsense_stops_the_move():
    case = Case.of(_steps("on a if b.n > 3"), BOTH)
    with pytest.raises(CannotGoOn, match="condition"):
        case.do("b", n="many")
    assert case.open == ["a", "b"]


def test_a_message_can_make_it_true():
    steps = {"f": "and", "a": "user", "m": "wait message M | form f", "edge": "on a if m.n > 3", "c": "user"}
    case = Case.of(steps, ["start f", "f a", "f m", "a end", "m end", "edge c", "c end"])
    assert case.get("message", "M", n=4).open == ["c"]


def test_a_loop_that_only_waits_for_a_condition_is_busy_once_it_is_true():
    steps = {"a": "user", "in": "xor", "w": "wait if a.ok == true", "x": "xor"}
    assert "busy-loop" in rules(steps, ["start a", "a in", "in w", "w x", "x in: a.again == true", "x end: default"])
