"""Random processes, restarted from bytes after every step, always stand where an oracle without an engine says."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from SpiffWorkflow.bpmn.parser import BpmnParser

from engine.gate import inspect
from engine.spiff import prepare
from tests.door import blocks, blocks_calls, blocks_events, blocks_repeat, fuzz
from tests.door.paper import Case, bundle, draw


@pytest.mark.parametrize("seed", range(12))
def test_thirty_random_processes_stand_where_the_oracle_says_after_every_step(seed):
    assert sum(fuzz.walk(f"{seed}.{number}", more=()) for number in range(30)) > 100


@pytest.mark.parametrize("seed", range(12))
def test_thirty_random_processes_with_repeated_activities_stand_where_the_oracle_says(seed):
    assert sum(fuzz.walk(f"repeated {seed}.{number}", more=blocks_repeat.KINDS) for number in range(30)) > 100


@pytest.mark.parametrize("seed", range(12))
def test_thirty_random_processes_that_call_others_stand_where_the_oracle_says(seed):
    """Also with repetitions and events around and inside; the call is drawn twice as often as any other block."""
    assert sum(fuzz.walk(f"calling {seed}.{number}", more=(*fuzz.MORE[seed % 2], "other")) for number in range(30)) > 100


@pytest.mark.parametrize("seed", range(12))
def test_thirty_random_processes_with_events_stand_where_the_oracle_says(seed):
    assert sum(fuzz.walk(f"events {seed}.{number}", more=blocks_events.KINDS) for number in range(30)) > 100


def test_the_gate_finds_nothing_wrong_with_any_random_process():
    for number in range(300):
        more = ((), *fuzz.MORE)[number % 3]
        block = blocks.Maker(random.Random(number), left=15, more=more).block()
        called = blocks_calls.called_by(block)
        steps, flows = blocks.drawing(block)
        assert inspect(bundle(draw(steps, flows), ask=("ways", "again")), called) == (), flows


def test_random_processes_call_others_three_levels_deep():
    makers = (
        blocks.Maker(random.Random(number), left=15, more=(*blocks_repeat.KINDS, "other", "other")) for number in range(300)
    )
    drawn = Counter(blocks_calls.levels(maker.block()) for maker in makers)
    assert min(drawn[level] for level in range(4)) >= 5, drawn


def test_random_processes_are_repeated_in_every_way():
    """The generator is worth something only if it draws what it is meant to."""
    words = ("*parallel", "*sequential", "*loop while", "*loop most", "split(',')", "until number", "on each", "on again")
    drawn = Counter()
    for number in range(300):
        steps, _ = blocks.drawing(blocks.Maker(random.Random(number), left=15, more=blocks_repeat.KINDS).block())
        text = str(steps)
        for word in words:
            drawn[word] += word in text
        drawn["one in another"] += text.count("*parallel") + text.count("*sequential") > 1
    assert min(drawn.values()) >= 5, drawn


def test_random_processes_hold_every_kind_of_event():
    drawn = Counter()
    for number in range(300):
        steps, _ = blocks.drawing(blocks.Maker(random.Random(number), left=15, more=blocks_events.KINDS).block())
        for word in ("link", "escalation", "on error", "race", "aside message", "on message", "throw message", "throw signal"):
            drawn[word] += word in str(steps)
    assert min(drawn.values()) >= 20, drawn


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
