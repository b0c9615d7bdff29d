"""A gateway that joins waits for the branches of this pass, whatever happened in earlier ones, and fires once."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from engine.errors import CannotGoOn, Refused
from engine.spiff import Machine, prepare
from engine.spiff_parse import build
from tests.door.paper import Case, draw

STEPS = {"again": "xor", "legal": "user", "finance": "user", "review": "user", "good": "xor"}
FLOWS = ["start again", "again split", "legal both", "finance both", "both review", "review good"]
BACK = ["good again: review.again == true", "good end: default"]


@pytest.mark.parametrize("kind", ["and", "or"])
@pytest.mark.parametrize("passes", [1, 2, 3, 4])
def test_both_approvals_are_needed_in_every_pass_in_every_order(kind, passes):
    """Two people approve in parallel; the review sends it back. 30 orders for each kind of gateway."""
    always = ": true" if kind == "or" else ""
    split = [f"split legal{always}", f"split finance{always}"]
    machine = prepare(draw({"split": kind, "both": kind, **STEPS}, [*FLOWS, *split, *BACK]), {})
    for orders in product([("legal", "finance"), ("finance", "legal")], repeat=passes):
        case = Case(machine)
        for number, (first, second) in enumerate(orders, start=1):
            assert case.open == ["finance", "legal"]
            case.do(first)
            assert case.open == [second]
            case.do(second)
            assert case.open == ["review"]
            case.do("review", again=number < passes)
        assert case.at.done
        assert case.passed.count("both") == case.passed.count("split") == passes


def test_three_branches_in_all_orders_over_three_passes():
    steps = {"m": "xor", "split": "and", "all": "and", "a": "user", "b": "user", "c": "user", "ask": "user", "x": "xor"}
    ways = [flow for name in "abc" for flow in (f"split {name}", f"{name} all")]
    flows = ["start m", "m split", *ways, "all ask", "ask x", "x m: ask.again == true", "x end: default"]
    machine = prepare(draw(steps, flows), {})
    for orders in product(permutations("abc"), repeat=2):
        case = Case(machine)
        for number, order in enumerate((*orders, orders[0]), start=1):
            for name in order:
                assert name in case.open
                assert "ask" not in case.open
                case.do(name)
            case.do("ask", again=number < 3)
        assert case.at.done


def test_an_inclusive_gateway_waits_for_the_branches_that_were_chosen_and_no_others():
    steps = {"who": "user", "split": "or", "join": "or", "a": "user", "b": "user", "c": "user", "ask": "user", "x": "xor"}
    ways = [flow for name in "abc" for flow in (f"split {name}: '{name}' in who.wanted", f"{name} join")]
    flows = [
        "start who",
        "who split",
        *ways,
        "split join: default",
        "join ask",
        "ask x",
        "x who: ask.again == true",
        "x end: default",
    ]
    machine = prepare(draw(steps, flows), {})
    choices = ["a", "bc", "abc", "", "c", "ab"]
    case = Case(machine)
    for number, wanted in enumerate(choices, start=1):
        case.do("who", wanted=list(wanted))
        assert case.open == (list(wanted) or ["ask"])
        for name in reversed(wanted):
            case.do(name)
        case.do("ask", again=number < len(choices))
    assert case.at.done


def test_an_inclusive_gateway_does_not_wait_for_what_can_no_longer_come():
    """Sales may answer or decline; the join goes on either way, once."""
    steps = {"split": "and", "sales": "user", "x": "xor", "write": "user", "handle": "user", "join": "or", "close": "user"}
    flows = ["start split", "split sales", "split handle", "sales x", "x write: sales.answers == true", "x end: default"]
    flows += ["write join", "handle join", "join close", "close end"]
    declined = Case.of(steps, flows).do("handle").do("sales", answers=False)
    assert declined.open == ["close"]
    answered = Case.of(steps, flows).do("handle").do("sales", answers=True)
    assert answered.open == ["write"]
    assert answered.do("write").open == ["close"]
    assert answered.do("close").at.done


def test_a_token_that_can_reach_a_served_flow_does_not_hold_the_join_up():
    """BPMN 2.0: the join waits only for tokens whose way leads to an empty flow and to no flow that is served."""
    steps = {"split": "and", "a": "user", "b": "user", "x": "xor", "join": "or", "close": "user"}
    flows = [
        "start split",
        "split a",
        "split b",
        "b x",
        "a join",
        "x a: b.more == true",
        "x join: default",
        "join close",
        "close end",
    ]
    case = Case.of(steps, flows).do("a")
    assert case.open == ["b", "close"]


def test_surplus_tokens_stay_for_the_next_round():
    """Two tokens on one flow and one on the other make one firing, and the surplus waits for its partner."""
    steps = {"split": "and", "split2": "and", "m": "xor", "a": "user", "b": "user", "join": "and", "close": "user"}
    flows = [
        "start split",
        "split split2",
        "split2 m",
        "split2 m",
        "m a",
        "split b",
        "a join",
        "b join",
        "join close",
        "close end",
    ]
    model = draw(steps, flows)
    with pytest.raises(Refused, match="'join': it may wait for ever"):
        prepare(model, {})
    case = Case(Machine(model, build(model, {})))
    assert case.open == ["a", "a", "b"]
    assert case.do("a").do("a").do("b").open == ["close"]
    with pytest.raises(CannotGoOn, match="stuck: nothing is left that could reach 'join'"):
        case.do("close")


def test_a_parallel_gateway_with_a_way_back_into_it_is_refused_since_it_would_wait_for_ever():
    steps = {"split": "and", "both": "and", "legal": "user", "finance": "user", "good": "xor"}
    flows = ["start split", "split legal", "split finance", "legal both", "finance both", "both good"]
    with pytest.raises(Refused, match=r"'split': it may wait for ever.* before it"):
        prepare(draw(steps, [*flows, "good split: legal.no == true", "good end: default"]), {})


def test_data_of_both_branches_is_there_after_the_join():
    """What a branch wrote is never beaten by what the other branch had inherited."""
    steps = {"set": "user", "split": "and", "a": "user", "b": "user", "join": "and", "set2": "user"}
    flows = ["start set", "set split", "split a", "split b", "a join", "b join", "join set2", "set2 end"]
    for first, second in (("a", "b"), ("b", "a")):
        case = Case.of(steps, flows, data={"intake": {"k": 0}}).do("set", k=0).do(first, k=1).do(second, k=2)
        assert case.at.data == {"intake": {"k": 0}, "set": {"k": 0}, first: {"k": 1}, second: {"k": 2}}


def test_a_loop_of_1500_passes_keeps_its_step_in_sight_and_its_state_small():
    case = Case.of({"a": "user", "x": "xor"}, ["start a", "a x", "x a: a.n < 1500", "x end: default"])
    sizes = set()
    for n in range(1, 1501):
        assert case.open == ["a"]
        case.do("a", n=n)
        sizes.add(len(case.at.state))
    assert case.at.done
    assert max(sizes) < 500


def test_a_loop_with_parallel_work_and_timers_stays_small_for_300_passes():
    steps = {"m": "xor", "split": "and", "join": "and", "a": "user", "b": "user", "ask": "user", "x": "xor"}
    steps |= {"late": "on a PT72H", "n": "xor"}
    flows = ["start m", "m split", "split a", "split b", "a n", "late n", "n join", "b join", "join ask", "ask x"]
    flows += ["x m: ask.n < 300", "x end: default"]
    case = Case.of(steps, flows)
    for n in range(1, 301):
        if n % 7:
            case.do("a")
        else:
            case.later(hours=72)
        case.do("b").do("ask", n=n)
        assert len(case.at.state) < 900
    assert case.at.done
    assert case.passed.count("late") == 42
