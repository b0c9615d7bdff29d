"""What a case listens for and throws: messages and signals, from outside and from its own steps."""

from __future__ import annotations

import pytest

from bpmn import Bundle, read_model
from engine.errors import BadInput, CannotGoOn, WrongState
from engine.gate import inspect
from engine.spiff import prepare
from engine.values import Thrown
from tests.door.paper import HOUR, MORNING, Case, rules

WAITING = ({"a": "user", "m": "wait message M | form f", "b": "user"}, ["start a", "a m", "m b", "b end"])
EDGE = {"a": "user", "b": "user"}
FLOWS = ["start a", "a end", "edge b", "b end"]


def test_a_case_waits_for_its_message_and_takes_in_what_its_form_declares():
    case = Case.of(*WAITING).do("a")
    assert (case.open, case.waits, case.at.done) == ([], ["message M"], False)
    case.get("message", "M", n=3, ok=True, secret="x")
    assert case.open == ["b"]
    assert case.at.data["m"] == {"n": 3, "ok": True}
    assert [(got.kind, got.name, got.step) for got in case.at.received] == [("message", "M", "m")]
    assert (case.waits, case.do("b").at.done) == ([], True)


def test_a_message_that_does_not_fit_the_form_changes_nothing():
    case = Case.of(*WAITING).do("a")
    with pytest.raises(BadInput) as refused:
        case.get("message", "M", n="many")
    assert set(refused.value.fields) == {"n"}
    assert case.get("message", "M", n=1).open == ["b"]


def test_without_a_form_nothing_of_the_payload_enters():
    case = Case.of({"m": "wait signal S"}, ["start m", "m end"]).get("signal", "S", {"m": 1, "intake": {"x": 1}})
    assert (case.at.done, case.at.data) == (True, {})


def test_what_nobody_waits_for_is_refused_with_a_sentence():
    case = Case.of(*WAITING)
    with pytest.raises(WrongState, match="does not wait for the message 'M'"):
        case.get("message", "M", n=1)
    case.do("a")
    for kind, name in (("signal", "M"), ("message", "N")):
        with pytest.raises(WrongState):
            case.get(kind, name, n=1)


def test_a_receive_task_is_a_wait_and_no_persons_step():
    case = Case.of({"r": "receive M"}, ["start r", "r end"])
    assert (case.open, case.waits) == ([], ["message M"])
    assert case.get("message", "M").at.done


def test_a_receive_task_that_waits_too_long_is_taken_away_by_the_timer_at_its_edge():
    case = Case.of({"r": "receive M", "late": "on r PT1H", "b": "user"}, ["start r", "r end", "late b", "b end"])
    assert case.later(hours=1).open == ["b"]
    assert case.waits == []
    assert Case.of({"r": "receive M", "late": "on r PT1H"}, ["start r", "r end", "late end"]).get("message", "M").at.done


def test_at_the_same_instant_time_goes_first():
    case = Case.of({"r": "receive M", "late": "on r PT1H"}, ["start r", "r end", "late end"])
    case.now = MORNING + HOUR
    with pytest.raises(WrongState):
        case.get("message", "M")


@pytest.mark.parametrize("kind", ["message", "signal"])
def test_at_the_edge_of_a_step_one_takes_the_step_away_or_starts_something_beside_it(kind):
    away = Case.of(EDGE | {"edge": f"on a {kind} X"}, FLOWS).get(kind, "X")
    assert (away.open, away.waits) == (["b"], [])
    beside = Case.of(EDGE | {"edge": f"aside a {kind} X"}, FLOWS).get(kind, "X").get(kind, "X")
    assert (beside.open, beside.waits) == (["a", "b", "b"], [f"{kind} X"])
    assert beside.do("a").waits == []


@pytest.mark.parametrize("kind", ["message", "signal"])
def test_one_starts_an_event_sub_process_alone_or_beside_the_rest(kind):
    inner = ({"b": "user"}, ["h_start b", "b h_end"])
    alone = Case.of({"a": "user", "h": (*inner, f"on {kind} X")}, ["start a", "a end"]).get(kind, "X")
    assert alone.open == ["b"]
    assert alone.do("b").at.done
    beside = Case.of({"a": "user", "h": (*inner, f"aside {kind} X")}, ["start a", "a end"]).get(kind, "X").get(kind, "X")
    assert beside.open == ["a", "b", "b"]
    assert beside.do("a").waits == [f"{kind} X"]
    assert beside.do("b").do("b").at.done


def test_the_form_of_an_event_sub_process_is_that_of_its_start_event():
    steps = {"a": "user", "h": ({"b": "user"}, ["h_start b", "b h_end"], "aside message M | form f")}
    assert Case.of(steps, ["start a", "a end"]).get("message", "M", n=7).at.data == {"h_start": {"n": 7}}


def test_a_thrown_message_is_said_with_its_key_and_contents():
    steps = {"a": "user", "t": "throw message M | key a.order | send n = a.n * 2"}
    case = Case.of(steps, ["start a", "a t", "t end"]).do("a", order="A-7", n=21)
    assert case.at.thrown == (Thrown("message", "M", "t", {"n": 42}, "A-7"),)
    assert case.at.done


@pytest.mark.parametrize("step", ["send X", "throw message X", "throw signal X"])
def test_everything_that_throws_says_so_and_goes_on(step):
    case = Case.of({"t": step, "b": "user"}, ["start t", "t b", "b end"])
    assert [(thrown.name, thrown.source) for thrown in case.at.thrown] == [("X", "t")]
    assert case.open == ["b"]
    assert case.do("b").at.thrown == ()


@pytest.mark.parametrize("kind", ["message", "signal"])
def test_an_end_event_throws_and_ends(kind):
    case = Case.of({"a": "user", "off": f"end {kind} X"}, ["start a", "a off"]).do("a")
    assert (case.at.done, [thrown.kind for thrown in case.at.thrown]) == (True, [kind])


TWO = (
    {
        "f": "and",
        "m": "wait message M | form f",
        "n": "wait message M | form g",
        "a": "user",
        "t": "throw message M | send n = 5",
    },
    ["start f", "f m", "f n", "f a", "a t", "t end", "m end", "n end"],
)


def test_a_message_thrown_in_a_case_goes_to_one_of_those_who_wait_in_it():
    case = Case.of(*TWO)
    assert case.waits == ["message M", "message M"]
    case.do("a")
    assert case.waits == ["message M"]
    assert case.at.data["m"] == {"n": 5}
    assert [thrown.caught for thrown in case.at.thrown] == [True]
    assert case.get("message", "M", n=1).at.done


def test_a_signal_thrown_in_a_case_reaches_all_of_them_at_once():
    steps = {name: what.replace("message", "signal") for name, what in TWO[0].items()}
    case = Case.of(steps, TWO[1]).do("a")
    assert case.at.done
    assert case.at.data["m"] == case.at.data["n"] == {"n": 5}
    assert [thrown.caught for thrown in case.at.thrown] == [False]
    assert [got.step for got in case.at.received] == ["m", "n"]


def test_a_signal_may_take_away_the_sub_process_it_comes_from():
    sub = ({"a": "user", "t": "throw signal S", "b": "user"}, ["s_start a", "a t", "t b", "b s_end"])
    case = Case.of({"s": sub, "edge": "on s signal S", "c": "user"}, ["start s", "s end", "edge c", "c end"]).do("a")
    assert case.open == ["c"]
    assert case.do("c").at.done


def test_two_events_at_one_step_that_wait_for_the_same_signal_both_happen():
    steps = {"a": "user", "on": "on a signal S", "by": "aside a signal S", "b": "user", "c": "user"}
    case = Case.of(steps, ["start a", "a end", "on b", "b end", "by c", "c end"]).get("signal", "S")
    assert "b" in case.open
    assert "a" not in case.open


def test_what_is_thrown_has_to_fit_the_form_of_who_catches_it_in_the_case():
    steps = dict(TWO[0]) | {"t": "throw message M | send n = 'five'"}
    with pytest.raises(CannotGoOn, match="does not fit the form"):
        Case.of(steps, TWO[1]).do("a")


def test_a_key_that_cannot_be_worked_out_stops_the_move():
    with pytest.raises(CannotGoOn, match="key"):
        Case.of({"a": "user", "t": "throw message M | key a.order"}, ["start a", "a t", "t end"]).do("a")
    with pytest.raises(CannotGoOn, match="neither a text nor a number"):
        Case.of({"a": "user", "t": "throw message M | key a.order"}, ["start a", "a t", "t end"]).do("a", order=True)


def test_a_waiting_event_says_the_key_by_which_it_is_known():
    case = Case.of({"a": "user", "m": "wait message M | key a.order"}, ["start a", "a m", "m end"]).do("a", order=17)
    assert [wait.key for wait in case.at.waits] == ["17"]
    assert [wait.key for wait in case.later(hours=1).at.waits] == ["17"]


RACE = (
    {
        "a": "user",
        "r": "race",
        "yes": "wait message Yes",
        "no": "receive No",
        "late": "wait PT2H",
        "b": "user",
        "c": "user",
        "d": "user",
    },
    ["start a", "a r", "r yes", "r no", "r late", "yes b", "no c", "late d", "b end", "c end", "d end"],
)


def test_of_the_events_behind_a_gateway_the_first_wins_and_the_others_are_withdrawn():
    case = Case.of(*RACE).do("a")
    assert case.waits == ["message No", "message Yes"]
    assert case.at.timer_at == MORNING + 2 * HOUR
    case.get("message", "Yes")
    assert (case.open, case.waits, case.at.timer_at) == (["b"], [], None)
    assert Case.of(*RACE).do("a").get("message", "No").do("c").at.done
    assert Case.of(*RACE).do("a").later(hours=2).open == ["d"]


def test_a_condition_behind_the_gateway_may_be_met_at_once():
    steps = dict(RACE[0]) | {"yes": "wait if a.ok == true"}
    assert Case.of(steps, RACE[1]).do("a", ok=True).open == ["b"]
    assert Case.of(steps, RACE[1]).do("a", ok=False).waits == ["message No"]


@pytest.mark.parametrize(
    ("steps", "flows"),
    [
        ({"r": "race", "a": "user"}, ["start r", "r a", "a end"]),
        ({"r": "race", "m": "wait message M", "x": "xor"}, ["start r", "r m", "r x", "x end", "m end"]),
        ({"r": "race", "m": "receive M", "late": "on m PT1H"}, ["start r", "r m", "m end", "late end"]),
        ({"r": "race", "m": "wait message M", "x": "xor"}, ["start x", "x r: intake.a == true", "x m: default", "r m", "m end"]),
        ({"r": "race", "l": "wait link l", "off": "throw link l", "f": "and"}, ["start f", "f r", "f off", "r l", "l end"]),
    ],
)
def test_a_gateway_with_something_else_behind_it_is_refused(steps, flows):
    assert "event-gateway" in rules(steps, flows)


def test_a_process_may_begin_with_a_message_and_not_with_a_clock():
    flows = ["s a", "a end"]
    assert rules({"s": "begin on message M", "a": "user"}, flows) == set()
    assert rules({"s": "begin on signal S", "a": "user"}, flows) == set()
    assert rules({"s": "begin on PT1H", "a": "user"}, flows) == {"event"}
    assert Case.of({"s": "begin on message M", "a": "user"}, flows).do("a").at.done


def test_waiting_for_a_message_is_not_being_stuck_but_an_event_sub_process_beside_does_not_help():
    """The second way into the join never comes: neither an armed timer nor a message that may come hides that."""
    inner = ({"b": "user"}, ["h_start b", "b h_end"])
    for start in ("aside PT9H", "aside message M", "on signal S"):
        steps = {"a": "user", "x": "xor", "k": "user", "m": "wait if k.ok == true", "h": (*inner, start)}
        case = Case.of(steps, ["start a", "a x", "x m: a.ok == true", "x k: default", "k end", "m end"])
        with pytest.raises(CannotGoOn, match="stuck"):
            case.do("a", ok=True)


POOLS = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><collaboration id="C">
<participant id="customer" name="Customer" processRef="Q"/><participant id="desk" name="Desk" processRef="P"/>
<messageFlow id="m1" sourceRef="ask" targetRef="s"/><messageFlow id="m2" sourceRef="t" targetRef="customer"/></collaboration>
<process id="Q" isExecutable="false"><sendTask id="ask"/></process>
<process id="P" isExecutable="true"><startEvent id="s"><messageEventDefinition messageRef="Asked"/></startEvent>
<userTask id="a"/><intermediateThrowEvent id="t"><messageEventDefinition messageRef="Answered"/></intermediateThrowEvent>
<endEvent id="e"/><sequenceFlow id="f1" sourceRef="s" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="t"/>
<sequenceFlow id="f3" sourceRef="t" targetRef="e"/></process><message id="Asked" name="Asked"/>
<message id="Answered" name="Answered"/></definitions>"""


def test_of_several_pools_the_executable_one_runs_and_its_message_events_speak_to_the_world_outside():
    model = read_model(POOLS.encode())
    found = inspect(Bundle(model))
    assert [(finding.rule, finding.severity) for finding in found] == [("message-flow", "warning")]
    assert found[0].message.startswith("2 message flows")
    case = Case(prepare(model, {})).do("a")
    assert (case.at.done, [thrown.name for thrown in case.at.thrown]) == (True, ["Answered"])
