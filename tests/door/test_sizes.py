"""Big repetitions, long loops, deep nesting: nothing grows, nothing is lost, and what would be too big is refused."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import timedelta

import pytest

from engine.errors import CannotGoOn
from engine.spiff_open import resting
from engine.spiff_steps import SubCase
from engine.state import load
from tests.door.paper import HOUR, MORNING, Case, rules

TIMED = {"a": "user", "t": "aside a PT900H", "e": "end"}


def complete_all(case, step, order):
    """Somebody completes these instances one by one; returns the milliseconds of each completion."""
    activations = {item.instance: item.task for item in case.at.items if item.step == step}
    took = []
    for number in order:
        began = time.perf_counter()
        case.at = case.machine.complete(case.at.state, activations[number], {"n": number}, case.now)
        took.append(1_000 * (time.perf_counter() - began))
    return took


def test_five_hundred_people_are_asked_at_once_and_answer_in_any_order(capsys):
    case = Case.of({"a": "user *parallel times 500", "z": "user"}, ["start a", "a z", "z end"])
    assert len(case.at.items) == 500
    took = complete_all(case, "a", random.Random("any order").sample(range(1, 501), 500))
    assert case.open == ["z"]
    assert case.at.data["a"] == [{"n": number} for number in range(1, 501)]
    with capsys.disabled():
        print(f"\n500 open: {sum(took[:50]) / 50:.1f} ms a completion, the last of them {sum(took[-50:]) / 50:.1f} ms")


def test_of_five_hundred_instances_only_the_one_that_is_worked_on_is_unpacked():
    """Also where each has a timer: it is woken when the timer is due, and the others are not."""
    inner = ({"a": "user", "late": "on a PT1H", "b": "user"}, ["sub_start a", "a sub_end", "late b", "b sub_end"])
    case = Case.of({"sub": (*inner, "*parallel times 250")}, ["start sub", "sub end"])
    assert case.at.timer_at == MORNING + HOUR
    stored = load(case.at.state, case.machine._specs)
    assert len(list(resting(stored))) == 250
    assert not any(isinstance(child, SubCase) for child in stored.subprocesses.values())
    case.do_instance("a", 7).later(minutes=59)
    assert Counter(case.open) == {"a": 249}
    case.later(minutes=1)
    assert Counter(case.open) == {"b": 249}
    assert case.at.timer_at is None
    complete_all(case, "b", [number for number in range(1, 251) if number != 7])
    assert case.at.done
    assert [sorted(one) for one in case.at.data["sub"]] == [["b"] if number != 7 else ["a"] for number in range(1, 251)]


def test_a_repetition_of_five_hundred_ends_early_and_leaves_nothing_behind():
    steps = {"a": "user *parallel times 500 until numberOfCompletedInstances >= 3", "z": "user"}
    case = Case.of(steps, ["start a", "a z", "z end"])
    complete_all(case, "a", [500, 1, 250])
    assert case.open == ["z"]
    assert len(case.at.closed) == 498
    assert case.at.data["a"] == [{"n": 1}, {"n": 250}, {"n": 500}]
    assert len(case.at.state) < 400


def test_four_hundred_instances_in_twenty_repetitions():
    inner = ({"a": "user *parallel times 20"}, ["sub_start a", "a sub_end"], "*parallel times 20")
    case = Case.of({"sub": inner}, ["start sub", "sub end"])
    chance = random.Random("nested")
    while not case.at.done:
        case.at = case.machine.complete(case.at.state, chance.choice(case.at.items).task, {}, case.now)
    assert case.at.data["sub"] == [{"a": [{}] * 20}] * 20


@pytest.mark.parametrize("marker", ["parallel times 1000", "sequential times 1000", "loop most 1000"])
def test_a_script_is_worked_out_a_thousand_times_in_one_go(marker):
    case = Case.of({"a": "user", "s": f"script n = loopCounter * 2 *{marker}"}, ["start a", "a s", "s end"]).do("a")
    assert case.at.done
    assert case.passed.count("s") == 1_001
    assert case.at.data["s"] == ({"n": 1_998} if "loop" in marker else [{"n": 2 * number} for number in range(1_000)])


def test_five_thousand_instances_are_refused_at_deploy_and_when_the_number_is_worked_out():
    assert rules({"a": "user *sequential times 5000"}, ["start a", "a end"]) == {"repeat-bounds"}
    case = Case.of({"n": "script n = 5000", "b": "user", "a": "user *sequential times n.n"}, ["start b", "b n", "n a", "a end"])
    with pytest.raises(CannotGoOn, match=r"At 'a' there would be 5000 instances: at most 1,000 are possible"):
        case.do("b")


@pytest.mark.parametrize(
    ("steps", "flows"),
    [
        ({"a": "user *loop while a.again == true"}, ["start a", "a end"]),
        ({"m": "xor", "a": "user", "x": "xor"}, ["start m", "m a", "a x", "x m: a.again == true", "x end: default"]),
        ({"s": (TIMED, ["s_start a", "a s_end", "t e"], "*loop while s.a.again == true")}, ["start s", "s end"]),
    ],
)
def test_two_thousand_rounds_of_rework_leave_the_state_as_small_as_one(steps, flows):
    case = Case.of(steps, flows)
    sizes = set()
    for number in range(2_000):
        assert case.open == ["a"]
        case.do("a", again=number < 1_999)
        if not case.at.done:
            sizes.add(len(case.at.state))
    assert case.at.done
    assert max(sizes) - min(sizes) < 60


def test_five_levels_of_sub_processes_each_with_a_timer_of_its_own():
    """The innermost is late first, then the one around it, and so on: each takes away what is inside and asks its own chaser."""

    def level(number):
        name, inside = f"l{number}", f"l{number + 1}"
        steps = {inside: level(number + 1) if number < 5 else "user"}
        steps |= {f"late{inside}": f"on {inside} PT{8 - number}H", f"chase{inside}": "user", f"m{inside}": "xor"}
        ways = [f"{name}_start {inside}", f"{inside} m{inside}", f"late{inside} chase{inside}", f"chase{inside} m{inside}"]
        return (steps, [*ways, f"m{inside} {name}_end"])

    case = Case.of({"l1": level(1)}, ["start l1", "l1 end"])
    assert case.open == ["l6"]
    for hours, chaser in [(3, "chasel6"), (4, "chasel5"), (5, "chasel4"), (6, "chasel3"), (7, "chasel2")]:
        assert case.at.timer_at == MORNING + hours * HOUR
        case.now = MORNING + timedelta(hours=hours)
        case.later()
        assert case.open == [chaser]
    assert case.do("chasel2").at.done
    deep = Case.of({"l1": level(1)}, ["start l1", "l1 end"]).later(hours=3)
    assert deep.do("chasel6").at.done
