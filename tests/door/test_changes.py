"""Every command says which activations it opened and closed, so that nobody has to ask the database what was open."""

from __future__ import annotations

import random

from engine.spiff import prepare
from tests.door import blocks
from tests.door.paper import Case, draw


def test_a_start_opens_and_closes_nothing():
    at = Case.of({"a": "user", "b": "user", "s": "and"}, ["start s", "s a", "s b", "a end", "b end"]).at
    assert at.opened == at.items
    assert at.closed == ()


def test_a_completion_closes_its_own_step_and_opens_the_next():
    case = Case.of({"a": "user", "b": "user"}, ["start a", "a b", "b end"])
    first = case.task("a")
    case.do("a")
    assert case.at.closed == (first,)
    assert [item.step for item in case.at.opened] == ["b"]
    second = case.task("b")
    assert (case.do("b").at.opened, case.at.closed) == ((), (second,))


def test_looking_opens_and_closes_nothing():
    case = Case.of({"a": "user"}, ["start a", "a end"])
    looked = case.machine.position(case.at.state, case.now)
    assert (looked.opened, looked.closed) == ((), ())


def test_a_step_that_a_timer_takes_away_is_closed_by_the_clock():
    case = Case.of({"a": "user", "late": "on a PT1H", "b": "user"}, ["start a", "a end", "late b", "b end"])
    task = case.task("a")
    assert case.later(hours=1).at.closed == (task,)
    assert [item.step for item in case.at.opened] == ["b"]
    assert case.later(hours=1).at.closed == case.at.opened == ()


def test_a_loop_closes_one_activation_and_opens_another_of_the_same_step():
    steps = {"m": "xor", "a": "user", "x": "xor"}
    case = Case.of(steps, ["start m", "m a", "a x", "x m: a.again == true", "x end: default"])
    task = case.task("a")
    case.do("a", again=True)
    assert case.at.closed == (task,)
    assert case.at.opened == case.at.items != ()


def test_what_was_open_minus_closed_plus_opened_is_what_is_open_in_any_process():
    for number in range(40):
        chance = random.Random(f"changes {number}")
        block = blocks.Maker(chance, left=10).block()
        steps, flows = blocks.drawing(block)
        case, rounds, known = Case(prepare(draw(steps, flows), {})), {}, set()
        for _ in range(60):
            known = (known - set(case.at.closed)) | {item.task for item in case.at.opened}
            assert known == {item.task for item in case.at.items}, flows
            if case.at.done:
                break
            step = chance.choice(case.open)
            case.do(step, **blocks.answer(step, chance, rounds)) if chance.random() < 0.8 else case.later(hours=1)
