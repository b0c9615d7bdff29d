"""Repetitions among events and calls: an instance may wait for a message, be a whole called process, or be taken away."""

from __future__ import annotations

import pytest

from engine.errors import CannotGoOn
from tests.door.paper import HOUR, Case, called, rules


def test_each_supplier_is_waited_for_and_what_comes_is_kept_by_instance():
    """One message reaches the instance that has waited longest, as it would reach one of several cases."""
    case = Case.of({"offer": "receive M | form f *parallel times 3", "a": "user"}, ["start offer", "offer a", "a end"])
    assert case.waits == ["message M"] * 3
    for number in (7, 5, 9):
        assert case.open == []
        case.get("message", "M", n=number)
    assert case.open == ["a"]
    assert case.at.data["offer"] == [{"n": 7}, {"n": 5}, {"n": 9}]


def test_two_offers_are_enough_and_nobody_listens_any_more():
    steps = {"offer": "receive M *parallel times 3 until numberOfCompletedInstances >= 2", "a": "user"}
    case = Case.of(steps, ["start offer", "offer a", "a end"]).get("message", "M").get("message", "M")
    assert (case.open, case.waits) == (["a"], [])


def test_a_signal_reaches_all_instances_at_once():
    inner = ({"s": "wait signal S", "a": "user"}, ["sub_start s", "s a", "a sub_end"], "*parallel times 3")
    case = Case.of({"sub": inner}, ["start sub", "sub end"])
    assert case.get("signal", "S").instances("a") == [1, 2, 3]


def test_a_message_at_the_edge_ends_all_instances():
    steps = {"a": "user *parallel times 3", "stop": "on a message M", "z": "user"}
    case = Case.of(steps, ["start a", "a end", "stop z", "z end"]).do_instance("a", 2).get("message", "M")
    assert (case.open, case.waits) == (["z"], [])
    assert "a" not in case.at.data


def test_an_escalation_out_of_one_instance_is_told_at_the_edge_and_the_others_go_on():
    inner = ({"a": "user", "tell": "throw escalation L"}, ["sub_start a", "a tell", "tell sub_end"], "*parallel times 2")
    steps = {"sub": inner, "heard": "aside sub escalation L", "boss": "user"}
    case = Case.of(steps, ["start sub", "sub end", "heard boss", "boss end"]).do_instance("a", 1)
    assert case.open == ["a", "boss"]
    assert case.do("a").open == ["boss", "boss"]


def test_an_event_sub_process_inside_an_instance_is_its_own():
    aside = ({"late": "user"}, ["watch_start late", "late watch_end"], "on PT1H")
    inner = ({"a": "user", "watch": aside}, ["sub_start a", "a sub_end"], "*sequential times 2")
    case = Case.of({"sub": inner}, ["start sub", "sub end"])
    case.later(minutes=30).do("a")
    assert case.at.timer_at == case.now + HOUR
    assert case.later(hours=1).open == ["late"]
    assert case.do("late").at.done


INSPECTED = called("returns", {"start": "start intake", "inspect": "user"}, ["start inspect", "inspect end"])


def test_a_process_is_called_once_for_each_parcel():
    steps = {
        "plan": "script parcels = [3, 1, 2]",
        "back": "call returns n=parcel *parallel over plan.parcels as parcel",
        "a": "user",
    }
    case = Case.of(steps, ["start plan", "plan back", "back a", "a end"], returns=INSPECTED)
    assert [(item.step, item.process, item.about, item.instance) for item in case.at.items] == [
        ("back/inspect", "returns", "3", 1),
        ("back/inspect", "returns", "1", 2),
        ("back/inspect", "returns", "2", 3),
    ]
    second = case.at.items[1].task
    assert case.machine.seen_by(case.at.state, second, "back/inspect") == {"intake": {"n": 1}}
    case.do_instance("back/inspect", 2, sound=False).do_instance("back/inspect", 1, sound=True)
    case.do_instance("back/inspect", 3, sound=True)
    assert case.open == ["a"]
    assert case.at.data["back"] == [
        {"intake": {"n": 3}, "inspect": {"sound": True}},
        {"intake": {"n": 1}, "inspect": {"sound": False}},
        {"intake": {"n": 2}, "inspect": {"sound": True}},
    ]


def test_a_process_is_called_until_it_says_it_is_enough():
    steps = {"back": "call returns n=1 *loop while back.inspect.again == true", "a": "user"}
    case = Case.of(steps, ["start back", "back a", "a end"], returns=INSPECTED).do("back/inspect", again=True)
    assert [(item.step, item.instance) for item in case.at.items] == [("back/inspect", 2)]
    assert case.do("back/inspect", again=False).open == ["a"]
    assert case.at.data["back"]["inspect"] == {"again": False}


def test_an_intake_that_does_not_fit_one_entry_stops_the_whole_and_changes_nothing():
    steps = {"a": "user", "plan": 'script l = [1, "x"]', "back": "call returns n=one *parallel over plan.l as one"}
    case = Case.of(steps, ["start a", "a plan", "plan back", "back end"], returns=INSPECTED)
    with pytest.raises(CannotGoOn, match="'back' calls the process returns, which cannot be started"):
        case.do("a")
    assert case.open == ["a"]


def test_an_event_sub_process_cannot_be_repeated():
    text = "*parallel times 2"
    aside = ({"late": "user"}, ["watch_start late", "late watch_end"], text)
    assert rules({"a": "user", "watch": aside}, ["start a", "a watch", "watch end"]) == set()
    assert "repeat-place" in rules({"a": f"wait PT1H {text}"}, ["start a", "a end"])
