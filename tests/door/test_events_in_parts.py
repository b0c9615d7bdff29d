"""Events in repeated activities and in called processes: each instance waits for itself, what it reports goes outwards."""

from __future__ import annotations

import pytest

from tests.door.paper import Case, called, rules

EACH = "*parallel over split('x,y,z') as who"
WAITING = ({"m": "wait message M | key who | form f", "b": "user"}, ["s_start m", "m b", "b s_end"], EACH)


def test_each_instance_waits_under_its_own_key_and_keeps_what_it_got():
    case = Case.of({"s": WAITING, "c": "user"}, ["start s", "s c", "c end"])
    assert [wait.key for wait in case.at.waits] == ["x", "y", "z"]
    second = case.at.waits[1]
    case.at = case.machine.deliver(case.at.state, "message", "M", {"n": 5}, case.now, second.task)
    assert (case.open, [wait.key for wait in case.at.waits]) == (["b"], ["x", "z"])
    case.get("message", "M", n=1).get("message", "M", n=2)
    for _ in range(3):
        case.do("b")
    assert [instance["m"]["n"] for instance in case.at.data["s"]] == [1, 5, 2]
    assert case.open == ["c"]


def test_a_signal_reaches_all_instances():
    steps = {"s": ({"m": "wait signal S", "b": "user"}, ["s_start m", "m b", "b s_end"], EACH)}
    case = Case.of(steps, ["start s", "s end"]).get("signal", "S")
    assert case.open == ["b", "b", "b"]


def test_an_error_in_one_instance_takes_the_whole_repetition_away():
    sub = ({"a": "user", "x": "xor", "no": "end error E"}, ["s_start a", "a x", "x no: a.bad == true", "x s_end: default"], EACH)
    case = Case.of({"s": sub, "edge": "on s error E", "c": "user"}, ["start s", "s end", "edge c", "c end"])
    assert case.do("a", bad=False).open == ["a", "a"]
    assert case.do("a", bad=True).open == ["c"]


def test_an_escalation_of_an_instance_is_heard_beside_the_repetition_each_time():
    sub = ({"a": "user", "up": "throw escalation L"}, ["s_start a", "a up", "up s_end"], EACH)
    case = Case.of({"s": sub, "edge": "aside s escalation L", "c": "user"}, ["start s", "s end", "edge c", "c end"])
    assert case.do("a").do("a").open == ["a", "c", "c"]


def test_a_condition_reads_what_its_instance_knows():
    sub = ({"a": "user", "late": "on a if who == 'y'", "b": "user"}, ["s_start a", "a s_end", "late b", "b s_end"], EACH)
    assert Case.of({"s": sub}, ["start s", "s end"]).open == ["a", "a", "b"]


def test_a_repeated_receive_task_waits_as_often_as_it_says():
    case = Case.of({"r": "receive M *sequential times 2"}, ["start r", "r end"])
    assert case.get("message", "M").waits == ["message M"]
    assert case.get("message", "M").at.done


@pytest.mark.parametrize("way", ["on", "aside"])
def test_a_called_process_listens_and_its_messages_and_escalations_come_out(way):
    part = called("B", {"a": "user", "m": "wait message M", "up": "end escalation L"}, ["start a", "a m", "m up"])
    steps = {"s": "call B", "edge": f"{way} s escalation L", "c": "user"}
    case = Case.of(steps, ["start s", "s end", "edge c", "c end"], B=part)
    assert case.open == ["s/a"]
    case.do("s/a")
    assert case.waits == ["message M"]
    assert case.get("message", "M").open == ["c"]
    assert case.do("c").at.done


def test_what_a_called_process_receives_stays_in_it():
    part = called("B", {"m": "wait message M | form intake", "a": "user"}, ["start m", "m a", "a end"])
    case = Case.of({"s": "call B"}, ["start s", "s end"], B=part).get("message", "M", n=1, x=2)
    assert "m" not in case.at.data
    assert [got.step for got in case.at.received] == ["s/m"]
    assert case.do("s/a").at.data["s"]["m"] == {"n": 1}


def test_a_boundary_escalation_at_a_call_is_allowed():
    assert "error-boundary" not in rules({"s": "call B", "edge": "on s escalation L"}, ["start s", "s end", "edge end"])
