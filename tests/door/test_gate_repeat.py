"""What the gate says of repetitions that could not be carried out, or not as they are drawn."""

from __future__ import annotations

import pytest

from bpmn import BadModel, read_model
from engine.gate import inspect
from tests.door.paper import bundle, draw, paper, rules, table

LINE = ["start a", "a end"]
LIST = "over split(intake.who)"


def sub(marker, inner="user", name="b", ways=("a_start b", "b a_end")):
    """The repeated sub-process `a` with one step in it."""
    return ({name: inner}, list(ways), f"*{marker}")


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        ("user *parallel", "repeat-count"),
        ("user *sequential", "repeat-count"),
        (f"user *parallel times 3 {LIST}", "repeat-count"),
        ("user *loop", "repeat-count"),
        ("user *parallel times 1001", "repeat-bounds"),
        ("user *sequential times 5000", "repeat-bounds"),
        ("user *parallel times -1", "repeat-bounds"),
        ("user *parallel times 501", "repeat-bounds"),
        ("user *loop most 0", "repeat-bounds"),
        ("user *loop most 1001", "repeat-bounds"),
        ("user *loop most many", "repeat-bounds"),
        ("user *parallel times ${n}", "repeat-expression"),
        ("user *parallel times 3 until __import__('os')", "repeat-expression"),
        ("user *parallel over [x for x in intake.who]", "repeat-expression"),
        ("user *loop while a.b(", "repeat-expression"),
        (f"user *parallel {LIST} as loopCounter", "repeat-name"),
        (f"user *parallel {LIST} as numberOfInstances", "repeat-name"),
        (f"user *parallel {LIST} as intake", "repeat-name"),
        (f"user *parallel {LIST} as true", "repeat-name"),
        (f"user *parallel {LIST} as class", "repeat-name"),
        (f"user *parallel {LIST} as a", "repeat-name"),
        (f"user *parallel {LIST} as end", "repeat-name"),
        ("script n = 1 *loop while loopCounter < 3", "busy-loop"),
        ("script n = 1 *loop most 1000", None),
        ("script n = 1 *parallel times 1000", None),
        (sub("loop most 600", "script n = 1"), "busy-loop"),
        (sub("sequential times 400", "script n = 1"), "busy-loop"),
        (sub("loop while a.b.ok == true"), None),
        (sub("loop while b.ok == true"), "unknown-name"),
        (sub(f"parallel {LIST}", f"user *parallel {LIST}"), "repeat-name"),
        (sub(f"parallel {LIST}", f"user *parallel {LIST} as other"), None),
        (sub(f"parallel {LIST}", "user", "loopCounter", ("a_start loopCounter", "loopCounter a_end")), "repeat-name"),
        ("user *parallel times a.n", "unknown-name"),
        ("user *parallel times item", "unknown-name"),
        ("user *parallel times 3 until numberOfTerminatedInstances > 1", "unknown-name"),
        ("user *parallel times 3 until numberOfCompletedInstances > 1", None),
        ("user *parallel times numberOfInstances", "unknown-name"),
        ("user *loop while loopCounter < 3", None),
        (f"script n = item *parallel {LIST}", None),
        ("script n = loopCounter *parallel times 3", None),
        ("script n = item *parallel times 3", "unknown-name"),
        ("user *loop while true and len(a) > 1", "unknown-name"),
        ("user *parallel times 3 until len(a) > 1", None),
        ("user ask *loop while a.ok == true first", "unknown-name"),
        ("user ask *loop while coalesce(a.ok, true) first", None),
        ("user ask *loop while a.wrong == true", "unknown-name"),
        ("user ask *parallel times 2 until true in a.ok", None),
        ("user ask *parallel times 2 until true in a.wrong", "unknown-name"),
    ],
)
def test_a_repetition_runs_or_is_refused_by_its_rule(step, rule):
    start = "start begin"
    found = inspect(bundle(draw({"start": start, "a": step}, LINE), begin=("who",), ask=("ok",)))
    errors = {finding.rule for finding in found if finding.severity == "error"}
    assert errors - {"trial-start"} == ({rule} if rule else set()), found  # the made-up `who` of the trial is no text
    for finding in found:
        assert finding.line
        assert finding.element


@pytest.mark.parametrize("name", ["behavior", "noneBehaviorEventRef", "oneBehaviorEventRef"])
def test_events_thrown_as_instances_complete_are_refused(name):
    xml = (
        f'<multiInstanceLoopCharacteristics {name}="One"><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>'
    )
    assert rules({"a": f"manual {xml}"}, LINE) == {"repeat-beside"}
    plain = xml.replace(f'{name}="One"', 'behavior="All"')
    assert rules({"a": f"manual {plain}"}, LINE) == set()


def test_the_norms_own_names_for_a_collection_are_read_and_outputs_said_to_do_nothing():
    xml = (
        "<multiInstanceLoopCharacteristics><loopDataInputRef>plan.who</loopDataInputRef><loopDataOutputRef>o</loopDataOutputRef>"
        '<inputDataItem id="i" name="person"/><outputDataItem id="r"/></multiInstanceLoopCharacteristics>'
    )
    found = inspect(bundle(draw({"plan": "script who = [1]", "a": f"manual {xml}"}, ["start plan", "plan a", "a end"])))
    assert [(finding.rule, finding.severity, finding.element) for finding in found] == [("repeat-output", "warning", "a")] * 2


def test_a_gateway_or_an_event_sub_process_cannot_be_repeated():
    xml = '<standardLoopCharacteristics loopMaximum="2"/>'
    assert "repeat-place" in rules({"x": f"parallelGateway {xml}", "a": "user"}, ["start x", "x a", "a end"])


def test_a_marker_of_ours_stands_inside_the_marker_of_the_norm_and_nowhere_else():
    text = paper({"a": "user *parallel over intake.l as who"}, LINE)
    assert read_model(text.encode()).by_id["a"].repeat.over == "intake.l"
    marker = "multiInstanceLoopCharacteristics"
    for wrong in (
        text.replace(' as="who"', ' as="1st"'),
        text.replace('over="intake.l"', 'over=""'),
        text.replace(f'<{marker} isSequential="false">', "").replace(f"</{marker}>", ""),
    ):
        with pytest.raises(BadModel):
            read_model(wrong.encode())


def test_conditions_after_a_repeated_sub_process_read_its_steps_through_it():
    inner = ({"b": "user ask", "d": "rule table"}, ["a_start b", "b d", "d a_end"], "*parallel times 2")
    fees = table("UNIQUE", ["b.ok"], ["fee"], ["true", "1"], ["false", "0"])
    steps = {"a": inner, "x": "xor", "z": "user"}
    flows = ["start a", "a x", "x z: CONDITION", "x end: default", "z end"]
    for condition, rule in [
        ("true in a.b.ok", None),
        ("sum(a.d.fee) > 1", None),
        ("len(a) > 1", None),
        ("b.ok == true", "unknown-name"),
        ("d.fee > 1", "unknown-name"),
        ("true in a.c.ok", "unknown-name"),
        ("loopCounter > 1", "unknown-name"),
    ]:
        found = rules(steps, [flow.replace("CONDITION", condition) for flow in flows], fees, ask=("ok",))
        assert found == ({rule} if rule else set()), condition
