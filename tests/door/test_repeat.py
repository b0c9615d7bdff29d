"""Steps done several times: by several departments at once, one after the other, until somebody is content."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import CannotGoOn, WrongState
from engine.spiff import Machine
from engine.spiff_parse import build
from engine.spiff_repeat import label_of
from tests.door.paper import Case, draw, table

DEPARTMENTS = 'script asked = ["legal", "sales", "production"]'
ASK = ["start plan", "plan opinion", "opinion last", "last end"]


def asking(marker, step="user", **data):
    """A case in which the plan names three departments, each is asked for an opinion, then somebody does the last step."""
    return Case.of({"plan": DEPARTMENTS, "opinion": f"{step} *{marker}", "last": "user"}, ASK, **data)


def test_three_departments_are_asked_at_once_and_answer_in_any_order():
    case = asking("parallel over plan.asked as department")
    assert [(item.about, item.instance, item.of) for item in case.at.items] == [
        ("legal", 1, 3),
        ("sales", 2, 3),
        ("production", 3, 3),
    ]
    case.do_instance("opinion", 2, agrees=True).do_instance("opinion", 3, agrees=False)
    assert "opinion" not in case.at.data
    case.do_instance("opinion", 1, agrees=True)
    assert case.at.data["opinion"] == [{"agrees": True}, {"agrees": True}, {"agrees": False}]
    assert case.open == ["last"]
    assert case.do("last").at.done


def test_one_after_the_other_each_sees_its_own_entry():
    case = asking("sequential over plan.asked as department")
    seen = []
    while case.open == ["opinion"]:
        (item,) = case.at.items
        seen.append((item.about, item.instance, item.of))
        case.do("opinion", n=item.instance)
    assert seen == [("legal", 1, 3), ("sales", 2, 3), ("production", 3, 3)]
    assert case.at.data["opinion"] == [{"n": 1}, {"n": 2}, {"n": 3}]


@pytest.mark.parametrize("kind", ["parallel", "sequential"])
def test_a_number_says_how_often_too(kind):
    case = asking(f"{kind} times 1 + 1")
    for _ in range(2):
        (item, *_) = case.at.items
        assert item.about is None
        assert item.of == 2
        case.do("opinion")
    assert case.open == ["last"]


@pytest.mark.parametrize("kind", ["parallel", "sequential"])
@pytest.mark.parametrize("how", ["times 0", "over plan.nobody as who"])
def test_nobody_to_ask_is_done_at_once_and_leaves_an_empty_list(kind, how):
    steps = {"plan": "script nobody = []", "opinion": f"user *{kind} {how}", "late": "on opinion PT1H", "last": "user"}
    case = Case.of(steps, [*ASK, "late last"])
    assert case.open == ["last"]
    assert case.at.timer_at is None
    assert case.at.data["opinion"] == []


def test_two_who_agree_are_enough_and_the_third_need_not_answer():
    case = asking("parallel over plan.asked as department until count(opinion.agrees, true) >= 2")
    third = next(item.task for item in case.at.items if item.about == "production")
    case.do_instance("opinion", 2, agrees=True)
    assert case.instances("opinion") == [1, 3]
    before = case.at.state
    case.do_instance("opinion", 1, agrees=True)
    assert third in case.at.closed
    assert len(case.at.closed) == 2
    assert case.open == ["last"]
    assert case.at.data["opinion"] == [{"agrees": True}, {"agrees": True}]
    with pytest.raises(WrongState):
        case.machine.complete(case.at.state, third, {}, case.now)
    case.at = case.machine.position(before, case.now)
    case.do_instance("opinion", 1, agrees=False).do_instance("opinion", 3, agrees=False)
    assert case.at.data["opinion"] == [{"agrees": False}, {"agrees": True}, {"agrees": False}]


def test_one_who_objects_ends_a_round_of_signatures():
    case = asking("sequential over plan.asked as department until false in opinion.agrees")
    case.do("opinion", agrees=True).do("opinion", agrees=False)
    assert case.open == ["last"]
    assert case.at.data["opinion"] == [{"agrees": True}, {"agrees": False}]


def test_the_condition_knows_how_many_there_are():
    until = "numberOfCompletedInstances * 2 > numberOfInstances and numberOfActiveInstances &lt; 2".replace("&lt;", "<")
    case = asking(f"parallel over plan.asked as department until {until}")
    assert case.do_instance("opinion", 3).open == ["opinion", "opinion"]
    assert case.do_instance("opinion", 1).open == ["last"]


def test_an_instance_reads_what_is_around_it_and_writes_into_its_own_frame():
    """Scripts, decisions and choices inside see their own entry, their neighbours' nothing."""
    inner = {"fee": "script due = item.amount * plan.rate", "who": "rule table", "x": "xor", "boss": "user", "pay": "user"}
    ways = ["sub_start fee", "fee who", "who x", 'x boss: who.who == "boss"', "x pay: default", "boss sub_end", "pay sub_end"]
    fees = table("UNIQUE", ["fee.due"], ["who"], ["> 100", '"boss"'], ["<= 100", '"clerk"'])
    data = {"intake": {"l": [{"name": "Gao Yuan", "amount": 10}, {"name": "Lin Tao", "amount": 90}]}}
    steps = {
        "plan": "script rate = 2",
        "sub": (inner, ways, "*parallel over intake.l"),
        "x2": "xor",
        "end2": "end",
        "many": "user",
    }
    flows = ["start plan", "plan sub", "sub x2", "x2 many: max(sub.fee.due) > 100", "x2 end2: default", "many end"]
    case = Case.of(steps, flows, fees, data=data)
    assert [(item.step, item.about, item.instance) for item in case.at.items] == [
        ("pay", "Gao Yuan · 10", 1),
        ("boss", "Lin Tao · 90", 2),
    ]
    assert [outputs for _, outputs in case.at.decided] == [{"who": "clerk"}, {"who": "boss"}]
    case.do("boss", ok=True).do("pay", ok=True)
    assert case.at.data["sub"] == [
        {"fee": {"due": 20}, "who": {"who": "clerk"}, "pay": {"ok": True}},
        {"fee": {"due": 180}, "who": {"who": "boss"}, "boss": {"ok": True}},
    ]
    assert "fee" not in case.at.data
    assert case.open == ["many"]


@pytest.mark.parametrize("kind", ["parallel", "sequential"])
def test_scripts_and_decisions_can_be_repeated_themselves(kind):
    fees = table("UNIQUE", ["size.n"], ["fee"], ["> 5", "10"], ["<= 5", "1"])
    inner = (
        {"size": "script n = item * 2", "t": "rule table"},
        ["sub_start size", "size t", "t sub_end"],
        f"*{kind} over intake.l",
    )
    steps = {"twice": f"script n = loopCounter + x *{kind} over intake.l as x", "sub": inner, "a": "user"}
    case = Case.of(steps, ["start twice", "twice sub", "sub a", "a end"], fees, data={"intake": {"l": [1, 5, 2]}})
    assert case.at.data["twice"] == [{"n": 1}, {"n": 6}, {"n": 4}]
    assert [one["t"]["fee"] for one in case.at.data["sub"]] == [1, 10, 1]


def test_a_repetition_in_a_repetition():
    """Each country asks its own offices; the inner results are inside the outer ones."""
    asking = {"ask": "user *sequential over country.offices as office"}
    offices = (asking, ["sub_start ask", "ask sub_end"], "*parallel over intake.l as country")
    countries = [{"name": "CN", "offices": ["Wuhan", "Xi'an"]}, {"name": "DE", "offices": ["Ulm"]}, {"name": "FR", "offices": []}]
    case = Case.of({"sub": offices, "last": "user"}, ["start sub", "sub last", "last end"], data={"intake": {"l": countries}})
    assert [(item.about, item.instance, item.of) for item in case.at.items] == [("Wuhan", 1, 2), ("Ulm", 1, 1)]
    case.do_instance("ask", 1, n=1)
    assert [(item.about, item.instance, item.of) for item in case.at.items] == [("Ulm", 1, 1), ("Xi'an", 2, 2)]
    case.do_instance("ask", 2, n=2).do_instance("ask", 1, n=3)
    assert case.at.data["sub"] == [{"ask": [{"n": 1}, {"n": 2}]}, {"ask": [{"n": 3}]}, {"ask": []}]
    assert case.open == ["last"]


@pytest.mark.parametrize("marker", ["parallel times 3", "sequential times 3", "loop most 3"])
def test_a_timer_at_the_edge_stands_at_the_edge_of_the_whole_and_ends_all_instances(marker):
    steps = {"a": f"user *{marker}", "late": "on a PT1H", "ring": "aside a R3/PT20M", "chase": "user", "rung": "end", "m": "xor"}
    case = Case.of(steps, ["start a", "late chase", "a m", "chase m", "m end", "ring rung"])
    assert case.later(minutes=30).do("a").at.timer_at == case.now + timedelta(minutes=10)
    case.later(minutes=30)
    assert case.open == ["chase"]
    assert case.passed.count("ring") == 2 or case.passed.count("ring") == 3
    assert case.do("chase").at.done


def test_a_timer_inside_belongs_to_its_instance_alone():
    inner = (
        {"a": "user", "late": "on a PT1H", "b": "user"},
        ["sub_start a", "a sub_end", "late b", "b sub_end"],
        "*sequential times 2",
    )
    case = Case.of({"sub": inner}, ["start sub", "sub end"])
    assert case.later(hours=1).open == ["b"]
    case.later(hours=5).do("b")
    assert case.open == ["a"]
    assert case.at.timer_at == case.now + timedelta(hours=1)


def test_an_error_in_one_instance_is_caught_at_the_edge_of_the_whole():
    inner = (
        {"a": "user", "x": "xor", "bad": "end error E"},
        ["sub_start a", "a x", "x bad: a.bad == true", "x sub_end: default"],
        "*parallel times 3",
    )
    case = Case.of({"sub": inner, "e": "on sub error E", "z": "user"}, ["start sub", "sub end", "e z", "z end"])
    assert case.do_instance("a", 2, bad=False).do_instance("a", 3, bad=True).open == ["z"]
    assert "sub" not in case.at.data


def test_a_terminate_end_ends_its_own_instance_only():
    inner = (
        {"s": "and", "a": "user", "b": "user", "stop": "end terminate"},
        ["sub_start s", "s a", "s b", "a stop", "b sub_end"],
        "*parallel times 2",
    )
    case = Case.of({"sub": inner}, ["start sub", "sub end"])
    assert case.do_instance("a", 1).instances("b") == [2]
    assert case.do_instance("b", 2).do_instance("a", 2).at.done
    assert case.at.data["sub"] == [{"a": {}}, {"a": {}, "b": {}}]


def test_a_terminate_end_around_it_takes_all_instances_away():
    steps = {"s": "and", "a": "user *parallel times 3", "b": "user", "stop": "end terminate"}
    case = Case.of(steps, ["start s", "s a", "s b", "a end", "b stop"])
    assert case.do("b").at.done


def test_a_loop_goes_on_while_its_condition_is_true_and_keeps_the_last_answers():
    case = asking("loop while opinion.again == true")
    assert [(item.instance, item.of, item.about) for item in case.at.items] == [(1, None, None)]
    assert case.do("opinion", again=True, n=1).at.items[0].instance == 2
    assert case.at.data["opinion"] == {"again": True, "n": 1}
    assert case.do("opinion", again=False, n=2).open == ["last"]
    assert case.at.data["opinion"] == {"again": False, "n": 2}


def test_a_loop_ends_at_its_maximum():
    case = asking("loop while true most 3")
    for _ in range(3):
        case.do("opinion")
    assert case.open == ["last"]


def test_a_loop_that_asks_first_may_not_happen_at_all():
    assert asking("loop while loopCounter < 2 first").do("opinion").do("opinion").open == ["last"]
    never = asking("loop while len(plan.asked) > 5 first")
    assert never.open == ["last"]
    assert "opinion" not in never.at.data


def test_a_loop_over_a_sub_process_keeps_what_its_last_round_left():
    inner = (
        {"draft": "user", "check": "user"},
        ["sub_start draft", "draft check", "check sub_end"],
        "*loop while sub.check.ok == false",
    )
    case = Case.of({"sub": inner, "last": "user"}, ["start sub", "sub last", "last end"])
    case.do("draft", n=1).do("check", ok=False)
    assert case.at.items[0].instance == 2
    case.do("draft", n=2).do("check", ok=True)
    assert case.at.data == {"sub": {"draft": {"n": 2}, "check": {"ok": True}}}
    assert case.open == ["last"]


@pytest.mark.parametrize(
    ("marker", "sentence"),
    [
        ("parallel times 1001", "there would be 1001 instances: at most 1,000 are possible"),
        ("sequential times 5000", "there would be 5000 instances: at most 1,000 are possible"),
        ("parallel times 501", "more than 500 open steps at once"),
        ("parallel times 0 - 1", "the number of instances '0 - 1' is '-1' and no whole number"),
        ("parallel times 1.5", "is '1.5' and no whole number"),
        ("parallel times true", "is 'True' and no whole number"),
        ("parallel over plan.word as who", "the collection 'plan.word' is no list"),
        ("parallel over plan.lost as who", "the collection 'plan.lost' cannot be worked out: plan.lost is not known here"),
        ('parallel over split(plan.many, ";") as who', "a list has more than 1000 entries"),
    ],
)
def test_a_repetition_that_cannot_begin_stops_the_case_and_says_why(marker, sentence):
    steps = {"a": "user", "plan": 'script word = "x"\nmany = a.many', "opinion": f"user *{marker}"}
    case = Case(machine_of(steps, ["start a", "a plan", "plan opinion", "opinion end"]))
    before = case.at.state
    with pytest.raises(CannotGoOn, match=sentence):
        case.do("a", many="x;" * 1_001)
    assert case.at.state == before


def machine_of(steps, flows):
    """The machine without the gate, for what the gate would refuse before."""
    model = draw(steps, flows)
    return Machine(model, build(model, {}))


def test_a_condition_that_cannot_be_worked_out_stops_the_case():
    case = asking("parallel times 2 until opinion.ok == true")
    assert case.do_instance("opinion", 1, ok=True).instances("opinion") == [2]  # a list is not true
    case = asking("parallel times 2 until len(plan.asked)")
    with pytest.raises(CannotGoOn, match=r"At 'opinion' the completion condition .* cannot be worked out: yes or no is expected"):
        case.do_instance("opinion", 1)
    assert case.instances("opinion") == [1, 2]


def test_a_repeated_step_in_a_loop_of_the_drawing_starts_afresh_each_time():
    steps = {"m": "xor", "a": "user *parallel times 2", "b": "user", "x": "xor"}
    case = Case.of(steps, ["start m", "m a", "a b", "b x", "x m: b.again == true", "x end: default"])
    sizes = set()
    for number in range(30):
        case.do_instance("a", 2, n=number).do_instance("a", 1, n=-number)
        assert case.at.data["a"] == [{"n": -number}, {"n": number}]
        sizes.add(len(case.at.state))
        case.do("b", again=number < 29)
    assert case.at.done
    assert max(sizes) - min(sizes) < 60


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("legal", "legal"),
        (7, "7"),
        (1.5, "1.5"),
        (True, None),
        (None, None),
        ([1], None),
        ("", None),
        ("a\n b", "a b"),
        ({"name": "Gao Yuan", "deep": {"x": 1}, "n": 2, "more": 3, "ok": True}, "Gao Yuan · 2 · 3"),
        ({}, None),
        ("x" * 100, "x" * 79 + "…"),
    ],
)
def test_an_entry_is_told_in_a_few_words(value, label):
    assert label_of(value) == label


def test_an_item_says_which_instances_are_around_its_own():
    """The evidence needs it: the first office of two countries is not the same work done twice. Rounds of a loop are."""
    offices = ({"ask": "user *parallel times 2"}, ["sub_start ask", "ask sub_end"], "*parallel times 2")
    case = Case.of({"sub": offices}, ["start sub", "sub end"])
    assert [(item.within, item.instance) for item in case.at.items] == [((1,), 1), ((1,), 2), ((2,), 1), ((2,), 2)]
    again = ({"ask": "user *parallel times 2"}, ["sub_start ask", "ask sub_end"], "*loop most 2")
    assert [(item.within, item.instance) for item in Case.of({"sub": again}, ["start sub", "sub end"]).at.items] == [
        ((), 1),
        ((), 2),
    ]
