"""Random processes, restarted from bytes after every step, always stand where an oracle without an engine says."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from SpiffWorkflow.bpmn.parser import BpmnParser

from engine.gate import inspect
from engine.spiff import prepare
from tests.door import blocks
from tests.door.paper import Case, bundle, draw


@pytest.mark.parametrize("seed", range(12))
def test_thirty_random_processes_stand_where_the_oracle_says_after_every_step(seed):
    for number in range(30):
        chance = random.Random(f"{seed}.{number}")
        block = blocks.Maker(chance, left=12).block()
        steps, flows = blocks.drawing(block)
        model = draw(steps, flows)
        case, expected, rounds = Case(prepare(model, {})), blocks.begin(block), {}
        for _ in range(200):
            where = f"seed {seed}.{number}: {flows}"
            assert case.open == sorted(blocks.open_steps(expected)), where
            assert case.at.done is (expected is None), where
            if expected is None:
                break
            if chance.random() < 0.2:
                case.later(hours=1)
                expected = blocks.an_hour_later(expected)
                continue
            step = chance.choice(case.open)
            answers = blocks.answer(step, chance, rounds)
            case.do(step, **answers)
            assert case.at.data[step] == answers
            expected = blocks.after(expected, step, answers)


def test_the_gate_finds_nothing_wrong_with_any_random_process():
    for number in range(150):
        steps, flows = blocks.drawing(blocks.Maker(random.Random(number), left=15).block())
        assert inspect(bundle(draw(steps, flows), ask=("ways", "again"))) == (), flows


ARTIFICIAL = ".BoundaryEventJoin"  # theirs; here a step ends the events at its edge itself


def test_our_specs_say_the_same_as_spiffworkflows_own_reading_of_the_file():
    """Two independent readers of one file: ours through values, SpiffWorkflow's from the XML."""
    for number in range(60):
        steps, flows = blocks.drawing(blocks.Maker(random.Random(f"twins {number}"), left=12).block())
        model = draw(steps, flows)
        parser = BpmnParser()
        parser.add_bpmn_str(model.xml)
        theirs = {"P": parser.get_spec("P"), **parser.get_subprocess_specs("P")}
        specs = prepare(model, {})._specs
        ours = {"P": specs.top, **specs.subs}
        assert ours.keys() == theirs.keys()
        for name, spec in ours.items():
            assert spec.task_specs.keys() == {task for task in theirs[name].task_specs if not task.endswith(ARTIFICIAL)}
            for task, mine in spec.task_specs.items():
                outputs = theirs[name].task_specs[task]._outputs
                assert Counter(mine._outputs) == Counter(o for o in outputs if not o.endswith(ARTIFICIAL)), task


def test_the_order_of_conditions_is_the_order_of_the_file():
    steps = {"a": "user", "x": "xor", "b": "user", "c": "user", "m": "xor"}
    flows = ["start a", "a x", "x c: a.n > 1", "x b: a.n > 0", "x m: default", "b m", "c m", "m end"]
    assert Case.of(steps, flows).do("a", n=5).open == ["c"]
    assert Case.of(steps, flows).do("a", n=1).open == ["b"]
    assert Case.of(steps, flows).do("a", n=0).at.done
