"""Automated steps: the case waits for the answer of a connector, as long as it takes, and takes in what the form declares."""

from __future__ import annotations

import pytest

from engine.errors import BadInput, CannotGoOn, WrongState
from tests.door.paper import Case, rules

LINE = ({"a": "user", "call": "service crm | send who = a.who | form f"}, ["start a", "a call", "call end"])


def test_a_case_waits_for_the_answer_and_takes_in_what_the_form_declares() -> None:
    case = Case.of(*LINE).do("a", who="Gao Yuan")
    assert (case.open, case.jobs, case.at.done) == ([], [("call", "crm", {"who": "Gao Yuan"})], False)
    case.later(days=30)
    assert case.jobs == [("call", "crm", {"who": "Gao Yuan"})]

    case.answer("call", n=3, ok=True, typename="Evil", a={"who": "nobody"})

    assert case.at.done
    assert case.at.data == {"a": {"who": "Gao Yuan"}, "call": {"n": 3, "ok": True}}


def test_without_a_form_nothing_of_the_answer_enters_the_case() -> None:
    case = Case.of({"call": "service crm"}, ["start call", "call end"]).answer("call", n=3)
    assert (case.at.done, case.at.data) == (True, {})


def test_an_answer_that_does_not_fit_is_refused_and_the_case_waits_on() -> None:
    case = Case.of(*LINE).do("a", who="Gao Yuan")
    with pytest.raises(BadInput) as said:
        case.answer("call", ok=True)
    assert set(said.value.fields) == {"n"}
    assert [job[0] for job in case.jobs] == ["call"]


def test_what_is_handed_over_is_worked_out_once_when_the_step_begins() -> None:
    """A retry sends the same bytes, whatever has happened to the case meanwhile."""
    steps = {"fork": "and", "a": "user", "call": "service crm | send n = coalesce(a.n, 0)", "join": "and"}
    case = Case.of(steps, ["start fork", "fork a", "fork call", "a join", "call join", "join end"])
    assert case.jobs == [("call", "crm", {"n": 0})]
    case.do("a", n=5)
    assert case.jobs == [("call", "crm", {"n": 0})]
    assert case.answer("call").at.done


def test_a_timer_takes_the_step_away_and_a_late_answer_finds_nobody() -> None:
    steps = {"call": "service crm", "late": "on call PT1H", "ask": "user"}
    case = Case.of(steps, ["start call", "call end", "late ask", "ask end"])
    before, task = case.at.state, case.at.jobs[0].task
    case.later(hours=2)
    assert (case.open, case.jobs) == (["ask"], [])
    for state in (case.at.state, before):  # the second: time goes first
        with pytest.raises(WrongState, match="does not wait for an answer"):
            case.machine.answer(state, task, {}, case.now)


@pytest.mark.parametrize(("code", "way"), [("E", "known"), ("F", "any")])
def test_an_error_of_the_business_goes_to_the_edge_of_the_step(code: str, way: str) -> None:
    steps = {"call": "service crm", "e": "on call error E", "f": "on call error", "known": "user", "any": "user"}
    case = Case.of(steps, ["start call", "call end", "e known", "f any", "known end", "any end"]).fail("call", code)
    assert (case.open, case.jobs) == ([way], [])
    assert case.do(way).at.done


def test_an_error_of_the_business_goes_to_the_edge_of_the_sub_process() -> None:
    inner = ({"call": "service crm"}, ["sub_start call", "call sub_end"])
    case = Case.of({"sub": inner, "e": "on sub error E", "ask": "user"}, ["start sub", "sub end", "e ask", "ask end"])
    assert case.fail("call", "E").open == ["ask"]


def test_an_error_that_nothing_catches_is_said_and_the_case_waits_on() -> None:
    case = Case.of(*LINE).do("a", who="Gao Yuan")
    with pytest.raises(CannotGoOn, match="Nothing catches the error"):
        case.fail("call", "E")
    assert [job[0] for job in case.jobs] == ["call"]


def test_what_cannot_be_worked_out_is_said() -> None:
    steps = {"a": "user", "call": "service crm | send n = a.n + 1"}
    with pytest.raises(CannotGoOn, match="What 'call' hands to 'crm' cannot be worked out"):
        Case.of(steps, ["start a", "a call", "call end"]).do("a", n="three")


def test_an_automated_step_is_repeated_like_any_other() -> None:
    steps = {"call": "service crm | send i = loopCounter | form f *parallel times 3"}
    case = Case.of(steps, ["start call", "call end"])
    assert [job[2] for job in case.jobs] == [{"i": 0}, {"i": 1}, {"i": 2}]
    for n in (7, 8, 9):
        case.answer("call", n=n)
    assert case.at.data == {"call": [{"n": 7}, {"n": 8}, {"n": 9}]}


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        ("service", "connector"),
        ("service crm | send import os", "connector"),
        ("service crm | send n = nowhere.n", "unknown-name"),
    ],
)
def test_the_gate_says_what_is_wrong_with_an_automated_step(step: str, rule: str) -> None:
    assert rule in rules({"call": step}, ["start call", "call end"])


def test_the_gate_lets_a_good_one_through_and_warns_of_nothing() -> None:
    for severity in ("error", "warning"):
        drawn = {"call": "service crm | send n = 1", "late": "on call PT1H", "e": "on call error E"}
        assert rules(drawn, ["start call", "call end", "late end", "e end"], severity=severity) == set()
