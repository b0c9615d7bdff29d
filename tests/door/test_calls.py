"""One process calls another: whose data, whose steps, what comes back, and what happens when it does not."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from engine.called import Called
from engine.errors import CannotGoOn, Refused
from engine.gate import inspect
from engine.spiff import prepare
from engine.spiff_environment import no_engine
from engine.state import dump, load
from tests.door.paper import MORNING, Case, bundle, called, draw, table

INSPECTED = called("returns", {"start": "start intake", "inspect": "user"}, ["start inspect", "inspect end"])
CALLER = {"ask": "user", "back": "call returns n=ask.n", "thank": "user"}
LINE = ["start ask", "ask back", "back thank", "thank end"]


def _chain(levels: int, step: str = "work") -> Called:
    """Process p1 calls p2 and so on; the last one has the only step."""
    one = called(f"p{levels}", {step: "user"}, [f"start {step}", f"{step} end"])
    for level in range(levels - 1, 0, -1):
        one = called(f"p{level}", {"down": f"call p{level + 1}"}, ["start down", "down end"], **{f"p{level + 1}": one})
    return one


def test_a_call_is_given_its_intake_and_gives_back_what_was_answered_under_its_own_name():
    case = Case.of(CALLER, LINE, returns=INSPECTED).do("ask", n=3, secret="x")
    assert [(item.step, item.process) for item in case.at.items] == [("back/inspect", "returns")]
    assert "back" not in case.at.data
    case.do("back/inspect", sound=True)
    assert case.at.data["back"] == {"intake": {"n": 3}, "inspect": {"sound": True}}
    assert case.open == ["thank"]
    assert case.do("thank").at.done


def test_a_step_of_the_called_process_sees_its_own_data_only():
    case = Case.of(CALLER, LINE, returns=INSPECTED).do("ask", n=3)
    inside = case.task("back/inspect")
    assert case.machine.seen_by(case.at.state, inside, "back/inspect") == {"intake": {"n": 3}}
    case.do("back/inspect", sound=True)
    assert case.machine.seen_by(case.at.state, inside, "back/inspect") == {"intake": {"n": 3}, "inspect": {"sound": True}}
    assert case.machine.seen_by(case.at.state, case.task("thank"), "thank")["ask"] == {"n": 3}


def test_two_processes_may_use_the_same_ids_and_each_reads_its_own():
    """The condition in the called process reads its own `ask`, not the caller's of the same name."""
    inner = called(
        "inner",
        {"ask": "user", "box": ({"look": "user"}, ["box_start look", "look box_end"]), "x": "xor", "m": "xor", "more": "user"},
        ["start ask", "ask box", "box x", "x more: ask.n > 1", "x m: default", "more m", "m end"],
    )
    outer = {"ask": "user", "box": ({"look": "user"}, ["box_start look", "look box_end"]), "c": "call inner", "d": "call inner"}
    case = Case.of(outer, ["start ask", "ask box", "box c", "c d", "d end"], inner=inner)
    case.do("ask", n=9).do("look").do("c/ask", n=1).do("c/look")
    assert case.open == ["d/ask"]
    case.do("d/ask", n=2).do("d/look")
    assert case.open == ["d/more"]
    assert case.do("d/more").at.done
    assert (case.at.data["c"]["ask"], case.at.data["d"]["ask"]) == ({"n": 1}, {"n": 2})


def test_what_the_called_process_left_is_read_by_the_caller():
    steps = CALLER | {"x": "xor", "refund": "user", "m": "xor"}
    flows = ["start ask", "ask back", "back x", "x refund: back.inspect.sound == true", "x m: default", "refund m", "m end"]
    del steps["thank"]
    assert Case.of(steps, flows, returns=INSPECTED).do("ask", n=1).do("back/inspect", sound=True).open == ["refund"]
    assert Case.of(steps, flows, returns=INSPECTED).do("ask", n=1).do("back/inspect", sound=False).at.done


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({}, "'back' calls the process returns, which cannot be started .*'n': This is needed."),
        ({"n": "many"}, "'back' calls the process returns.*'n': Enter a whole number"),
    ],
)
def test_an_intake_that_the_called_process_would_not_take_stops_the_case_before_the_call(answers, sentence):
    case = Case.of(CALLER, LINE, returns=INSPECTED)
    with pytest.raises(CannotGoOn, match=sentence):
        case.do("ask", **answers)
    assert case.open == ["ask"]
    assert case.do("ask", n=1).open == ["back/inspect"]


def test_an_answer_that_was_not_given_is_left_out_of_the_intake():
    steps = CALLER | {"back": "call returns n=ask.n note=ask.note"}
    case = Case.of(steps, LINE, returns=INSPECTED).do("ask", n=1)
    assert case.machine.seen_by(case.at.state, case.task("back/inspect"), "back/inspect") == {"intake": {"n": 1}}


def test_a_value_that_cannot_be_worked_out_is_named():
    case = Case.of(CALLER | {"back": "call returns n=1/ask.n"}, LINE, returns=INSPECTED)
    with pytest.raises(CannotGoOn, match="'back' calls the process returns, which cannot be started: its field 'n'"):
        case.do("ask", n=0)


def test_a_process_of_automatic_steps_is_over_at_once_and_its_decisions_are_told_with_the_call_before_them():
    decision = table("UNIQUE", ["intake.n"], ["size"], ["< 5", '"small"'], [">= 5", '"large"'])
    inner = called("sizes", {"start": "start intake", "rate": "rule table"}, ["start rate", "rate end"], decision)
    case = Case.of(
        {"ask": "user", "c": "call sizes n=ask.n", "t": "user"}, ["start ask", "ask c", "c t", "t end"], sizes=inner
    ).do("ask", n=7)
    assert case.at.data["c"]["rate"] == {"size": "large"}
    assert [(step, outputs) for step, outputs in case.at.decided] == [("c/rate", {"size": "large"})]
    assert case.passed[-3:] == ["c/rate", "c/end", "c"]


def test_a_timer_at_the_edge_takes_the_whole_call_away():
    steps = CALLER | {"late": "on back PT1H", "chase": "user"}
    case = Case.of(steps, [*LINE, "late chase", "chase end"], returns=INSPECTED).do("ask", n=1)
    inside = case.task("back/inspect")
    case.later(hours=1)
    assert (case.open, case.at.closed) == (["chase"], (inside,))
    assert "back" not in case.at.data
    assert case.do("chase").at.done


def test_a_reminder_beside_the_call_leaves_it_alone():
    steps = CALLER | {"late": "aside back R2/PT20M", "ring": "end"}
    case = Case.of(steps, [*LINE, "late ring"], returns=INSPECTED).do("ask", n=1).later(hours=1)
    assert case.passed.count("late") == 2
    assert case.do("back/inspect").do("thank").at.done


def test_timers_inside_the_called_process_run():
    inner = called(
        "slow", {"work": "user", "late": "on work PT1H", "chase": "user"}, ["start work", "work end", "late chase", "chase end"]
    )
    case = Case.of({"c": "call slow"}, ["start c", "c end"], slow=inner)
    assert case.at.timer_at == MORNING + timedelta(hours=1)
    assert case.later(hours=1).open == ["c/chase"]
    assert case.do("c/chase").at.done


FAILING = called(
    "failing",
    {"work": "user", "x": "xor", "bad": "end error E"},
    ["start work", "work x", "x bad: work.ok == false", "x end: default"],
)


def test_an_error_out_of_the_called_process_is_caught_at_the_edge_of_the_call():
    steps = {"c": "call failing", "oops": "on c error E", "mend": "user"}
    flows = ["start c", "c end", "oops mend", "mend end"]
    assert Case.of(steps, flows, failing=FAILING).do("c/work", ok=True).at.done
    assert Case.of(steps, flows, failing=FAILING).do("c/work", ok=False).open == ["mend"]


def test_an_error_passes_through_a_process_in_between():
    middle = called("middle", {"m": "call failing", "other": "on m error F"}, ["start m", "m end", "other end"], failing=FAILING)
    steps = {"c": "call middle", "oops": "on c error E", "mend": "user"}
    case = Case.of(steps, ["start c", "c end", "oops mend", "mend end"], middle=middle)
    assert case.do("c/m/work", ok=False).open == ["mend"]


def test_a_terminate_end_ends_the_called_process_alone():
    inner = called(
        "ends", {"s": "and", "a": "user", "b": "user", "stop": "end terminate"}, ["start s", "s a", "s b", "a stop", "b end"]
    )
    case = Case.of({"c": "call ends", "t": "user"}, ["start c", "c t", "t end"], ends=inner)
    assert case.open == ["c/a", "c/b"]
    assert case.do("c/a").open == ["t"]


def test_calls_run_five_levels_deep_and_one_call_twice_in_a_loop():
    steps = {"c": "call p1", "ask": "user ask", "x": "xor", "m": "xor"}
    flows = ["start m", "m c", "c ask", "ask x", "x m: ask.again == true", "x end: default"]
    case = Case.of(steps, flows, p1=_chain(5))
    step = "c/down/down/down/down/work"
    for again in (True, False):
        assert case.open == [step]
        case.do(step, again=again)
        assert case.at.data["c"]["down"]["down"]["down"]["down"]["work"] == {"again": again}
        case.do("ask", again=again)
    assert case.at.done


def test_two_calls_of_one_process_at_once_keep_their_data_apart():
    steps = {"s": "and", "a": "call returns n=1", "b": "call returns n=2", "j": "and"}
    case = Case.of(steps, ["start s", "s a", "s b", "a j", "b j", "j end"], returns=INSPECTED)
    assert case.open == ["a/inspect", "b/inspect"]
    assert case.do("b/inspect", sound=False).do("a/inspect", sound=True).at.done
    assert [case.at.data[one] for one in "ab"] == [
        {"intake": {"n": 1}, "inspect": {"sound": True}},
        {"intake": {"n": 2}, "inspect": {"sound": False}},
    ]


def _said(steps, flows, severity="error", *, known=True, **inner):
    found = inspect(bundle(draw(steps, flows), ask=("n", "note?")), inner if known else None)
    return [(finding.rule, finding.element, finding.message) for finding in found if finding.severity == severity]


ASKING = CALLER | {"ask": "user ask"}


def test_the_gate_finds_nothing_wrong_with_a_call_that_fits():
    assert _said(ASKING, LINE, returns=INSPECTED) == []
    assert _said(ASKING, LINE, "warning", returns=INSPECTED) == []


@pytest.mark.parametrize(
    ("call", "rule", "words"),
    [
        ("call elsewhere", "call", "no process 'elsewhere' here: deploy the called process first"),
        ("call returns", "call-pass", "needs the field 'n'"),
        ("call returns n=ask.n m=1", "call-pass", "no field 'm': it has n, note"),
        ("call returns n=ask.n n=1", "call-pass", "passed twice"),
        ("call returns n=open('x')", "call-pass", "cannot be used"),
        ("call returns n=asked.n", "unknown-name", "'asked' is no step"),
        ("call returns n=ask.m", "unknown-name", "no field 'm'"),
    ],
)
def test_a_call_that_does_not_fit_is_refused_at_its_place(call, rule, words):
    ((found, element, message),) = _said(ASKING | {"back": call}, LINE, returns=INSPECTED)
    assert (found, element) == (rule, "back")
    assert words in message


def test_a_call_without_a_name_is_refused_by_the_machine_too():
    model = draw({"c": "callActivity"}, ["start c", "c end"])
    with pytest.raises(Refused, match="set calledElement"):
        prepare(model, {})


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("back.inspect.sound == true", "has no field 'sound', it has no fields"),
        ("back.inspected.sound == true", "'back' has no field 'inspected', it has inspect, intake"),
        ("back.intake.m == true", "'back.intake' has no field 'm'"),
        ("back.intake == true", "whole step"),
    ],
)
def test_what_a_condition_reads_of_a_called_process_is_looked_up_in_it(condition, words):
    steps = ASKING | {"x": "xor", "m": "xor"}
    flows = ["start ask", "ask back", "back x", f"x thank: {condition}", "x m: default", "thank m", "m end"]
    ((rule, _, message),) = _said(steps, flows, returns=INSPECTED)
    assert rule == "unknown-name"
    assert words in message


def test_an_error_that_nothing_catches_is_pointed_out_where_it_may_come_from():
    assert [rule for rule, *_ in _said({"c": "call failing"}, ["start c", "c end"], "warning", failing=FAILING)] == [
        "error-not-caught"
    ]
    caught = {"c": "call failing", "oops": "on c error"}
    assert _said(caught, ["start c", "c end", "oops end"], "warning", failing=FAILING) == []


def test_a_sixth_level_and_a_crowd_of_elements_are_refused():
    one_call = ({"c": "call p1"}, ["start c", "c end"])
    assert _said(*one_call, p1=_chain(5)) == []
    assert [rule for rule, *_ in _said(*one_call, p1=_chain(6))] == ["call-size"]
    many = {f"s{n}": "user" for n in range(300)}
    line = ["start s0", *(f"s{n} s{n + 1}" for n in range(299)), "s299 end"]
    big = called("big", many, line)
    calls = {f"c{n}": "call big" for n in range(7)}
    ways = ["start c0", *(f"c{n} c{n + 1}" for n in range(6)), "c6 end"]
    ((rule, _, message),) = _said(calls, ways, big=big)
    assert rule == "call-size"
    assert "2123 elements" in message


def test_without_knowing_what_is_deployed_a_call_is_a_step_that_somebody_does():
    assert _said(ASKING, LINE, known=False) == []
    assert [rule for rule, *_ in _said(ASKING, LINE, "warning", known=False)] == ["call"]


def test_a_round_of_calls_that_ask_nobody_is_refused_like_any_busy_loop():
    quick = called("quick", {"p": "script n = 1"}, ["start p", "p end"])
    steps = {"m": "xor", "c": "call quick", "x": "xor"}
    flows = ["start m", "m c", "c x", "x m: c.p.n == 2", "x end: default"]
    assert {rule for rule, *_ in _said(steps, flows, quick=quick)} == {"busy-loop"}


SHELVES = 'script shelves = ["A1", "B2"]'


def test_a_call_is_repeated_for_each_entry_and_its_results_are_a_list():
    """The entry is known where the call is drawn and passed on; nothing else of the caller is seen inside."""
    inner = called("count_shelf", {"start": "start intake", "count": "user"}, ["start count", "count end"])
    steps = {"plan": SHELVES, "c": "call count_shelf n=loopCounter note=shelf *parallel over plan.shelves as shelf", "t": "user"}
    case = Case.of(steps, ["start plan", "plan c", "c t", "t end"], count_shelf=inner)
    assert [(item.step, item.about, item.instance, item.of) for item in case.at.items] == [
        ("c/count", "A1", 1, 2),
        ("c/count", "B2", 2, 2),
    ]
    first, second = (item.task for item in case.at.items)
    assert case.machine.seen_by(case.at.state, second, "c/count") == {"intake": {"n": 1, "note": "B2"}}
    assert case.machine.data(case.at.state) == {"plan": {"shelves": ["A1", "B2"]}}
    for task, number in ((second, 20), (first, 10)):
        case.at = case.machine.complete(case.at.state, task, {"number": number}, case.now)
    assert [one["count"]["number"] for one in case.at.data["c"]] == [10, 20]
    assert case.open == ["t"]


def test_a_call_inside_a_repeated_sub_process_belongs_to_its_instance():
    inner = called("count_shelf", {"start": "start intake", "count": "user"}, ["start count", "count end"])
    body = ({"c": "call count_shelf n=loopCounter", "sign": "user"}, ["each_start c", "c sign", "sign each_end"])
    steps = {"each": (*body, "*sequential times 2")}
    case = Case.of(steps, ["start each", "each end"], count_shelf=inner)
    for number in range(2):
        case.do("c/count", found=number).do("sign")
    assert [one["c"] for one in case.at.data["each"]] == [{"intake": {"n": n}, "count": {"found": n}} for n in range(2)]
    assert case.at.done


def test_a_repetition_inside_a_called_process_gives_back_its_list():
    inner = called("asks", {"a": "user *parallel times 2"}, ["start a", "a end"])
    case = Case.of({"c": "call asks"}, ["start c", "c end"], asks=inner)
    while case.open:
        case.do("c/a", ok=True)
    assert case.at.data["c"]["a"] == [{"ok": True}, {"ok": True}]


def test_an_escalation_reaches_the_edge_of_the_call_and_the_call_goes_on():
    inner = called("warns", {"a": "user", "up": "throw escalation L", "b": "user"}, ["start a", "a up", "up b", "b end"])
    steps = {"c": "call warns", "heard": "aside c escalation L", "react": "user"}
    case = Case.of(steps, ["start c", "c end", "heard react", "react end"], warns=inner).do("c/a")
    assert case.open == ["c/b", "react"]
    assert case.do("react").do("c/b").at.done


def test_a_message_that_the_called_process_waits_for_is_told_with_its_path():
    inner = called("waits", {"m": "wait message M | form intake"}, ["start m", "m end"])
    case = Case.of({"c": "call waits", "t": "user"}, ["start c", "c t", "t end"], waits=inner)
    case.at = case.machine.deliver(case.at.state, "message", "M", {"n": 4, "secret": 1}, case.now)
    assert [one.step for one in case.at.received] == ["c/m"]
    assert case.at.data["c"] == {"intake": {}, "m": {"n": 4}}


def test_a_condition_that_a_called_process_waits_for_is_looked_at():
    inner = called(
        "sees",
        {"s": "and", "a": "user ask", "w": "wait if a.again == true", "j": "and"},
        ["start s", "s a", "s w", "a j", "w j", "j end"],
    )
    case = Case.of({"c": "call sees"}, ["start c", "c end"], sees=inner)
    assert case.do("c/a", again=True).at.done


def test_a_state_that_stands_inside_a_call_is_the_same_bytes_when_it_is_loaded_and_stored():
    steps = CALLER | {"late": "on back PT1H", "chase": "user"}
    case = Case.of(steps, [*LINE, "late chase", "chase end"], returns=INSPECTED).do("ask", n=1)
    specs = case.machine._specs
    workflow = load(case.at.state, specs)
    workflow.script_engine = no_engine()
    assert dump(workflow) == case.at.state


# In the second of two repeated calls, the first answer given, by the release that brought calls.
STORED = base64.b64decode(
    "AXicjVTbbhs5DP0Xve6kS4nUzY8t+gXdtyAoJJJCgxp2YI+7XQT+93KmjTfFrhEDc5E0Q1LnQj07bkd1m2fXjl+X185t8nly+926+Lib21d9td6W8d7+"
    "nA8ntXm3+flsg3n/tHySNXC07VFtzXIe3eb+3sXGiWGM7EkJkEumLjooJm7Nj+qmOz8lmtynuR1mN+1O2+3DdO+QR9asNat4Qh8roZAUBgxlYB9ugjVs"
    "qXoJSog1SqIIvlMboZQgqLlSyFF7Bjf5CYNt7++9mwzNcBub7fT7vA4Oejxt52XfD+eHB4N2PPWfKN5OvOR897HxlyXxFS66UiukIUs1FiJXUMlVpCIE"
    "9NivcUExlKgUEhcmSlpL6GC1h3TtJfeFiwusNcg2/+y2+/3Th/1pN+vBbcDgeA5Cxl4qrVMh6h0SNm0+xJ6oorut2At911CKYobEw7BSHFA4QgkBQb03"
    "0a+i7ElYKwMxNJLWarApYSYI2SgLL4q3f0MqI+fspVRAaiGXkE2TnLqIl5DoRe++//6amN+8Hf7j7fNtVrpF8ajszbeIWiPVzD1xVaAELVT0ma9xEYMX"
    "GZwhDOsaqo1KqBCogqUZS9zbinsDllo10zGPUcUEjh24kd2htYDNF3dbsTcUr9R6CVhq85U8mq9KFsog5Msootd7nDpIiirdVAbo1gbC3uMo2Rq9XxR/"
    "995ASTv88/Gb7uZPT9vH11zZOSIxWBYMlJrvySRLytZpgmPgYgKffvNNoVHrMGNpqCQKRRij56IFqFHlJaRMbttmXWGfDLULENId4B2EvzxsYLn+WJ/u"
    "/L+2Ot/m0IXbP1eDXuU3k2LtOSfPZshsGKP4OILmIURZrvGrcSBhZ+PCpMBSWmIhKKrF9pIu/Fr1z8efoc9OF4o/j8eDyq9+WKUCb8aI3DgUSj33VP1y"
    "QJhlmBDkheR+saNdPwDI3dJQ"
)


def test_a_case_that_was_stored_inside_its_calls_goes_on():
    box = ({"b": "user"}, ["box_start b", "b box_end"])
    inner = called(
        "inner",
        {"start": "start intake", "a": "user", "late": "on a PT1H", "chase": "user", "box": box},
        ["start a", "a box", "box end", "late chase", "chase end"],
    )
    steps = {"ask": "user", "one": "call inner n=ask.n", "two": "call inner n=2 *parallel times 2", "slow": "on one PT5H"}
    case = Case.of(steps | {"t": "user"}, ["start ask", "ask one", "one two", "two end", "slow t", "t end"], inner=inner)
    case.at = case.machine.position(STORED, MORNING)
    assert case.open == ["two/a", "two/b"]
    assert case.later(hours=1).open == ["two/b", "two/chase"]
    assert case.do("two/b").do("two/chase", late=True).at.done
    assert case.at.data["one"] == {"intake": {"n": 7}, "a": {"ok": True}, "b": {}}
    assert [set(one) for one in case.at.data["two"]] == [{"intake", "a", "b"}, {"intake", "chase"}]
