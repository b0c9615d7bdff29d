"""Steps that other tools repeat: how often, for which list, until when, in our words where they can be, asked for otherwise."""

from __future__ import annotations

import pytest

from bpmn import BadAnswer, apply_answers, make_draft
from bpmn.draft.repeats import COUNTS
from engine import spiff_repeat
from tests.bpmn.drafts import change, draft, flow, repair

ZEEBE = '<zeebe:loopCharacteristics inputCollection="=plan.people" {}/>'


def several(inside="", attributes="", zeebe=""):
    """A step done several times, after one that leaves a number and a list of people."""
    fields = '<camunda:formField id="many" type="long"/><camunda:formField id="fine" type="boolean"/>'
    asked = f"<camunda:formData>{fields}</camunda:formData>"
    more = f"<extensionElements>{zeebe}</extensionElements>" if zeebe else ""
    return (
        f'<startEvent id="s"/><userTask id="plan"><extensionElements>{asked}</extensionElements></userTask><userTask id="t">'
        f"<multiInstanceLoopCharacteristics {attributes}>{more}{inside}</multiInstanceLoopCharacteristics></userTask>"
        + flow("f1", "s", "plan")
        + flow("f2", "plan", "t")
    )


@pytest.mark.parametrize(
    ("process", "cardinality", "over", "until"),
    [
        (several("<loopCardinality>3</loopCardinality>"), "3", None, None),
        (several("<loopCardinality>${3}</loopCardinality>"), "3", None, None),
        (several("<loopCardinality>=many</loopCardinality>"), "plan.many", None, None),
        (
            several(
                "<loopCardinality>3</loopCardinality>"
                "<completionCondition>${nrOfCompletedInstances/nrOfInstances &gt;= 0.6}</completionCondition>"
            ),
            "3", None, "numberOfCompletedInstances / numberOfInstances >= 0.6",
        ),
        (
            several(
                "<loopCardinality>3</loopCardinality>"
                "<completionCondition>=numberOfCompletedInstances &gt; 1 or plan.fine</completionCondition>"
            ),
            "3", None, "numberOfCompletedInstances > 1 or plan.fine == true",
        ),
        (several("", 'camunda:collection="plan.people" camunda:elementVariable="one"'), None, "plan.people", None),
        (several("", "", ZEEBE.format('inputElement="one"')), None, "plan.people", None),
    ],
)  # fmt: skip
def test_how_often_and_until_when_is_taken_over(process, cardinality, over, until):
    found = draft(process)
    repeat = found.model().by_id["t"].repeat
    assert (repeat.cardinality, repeat.over, repeat.until) == (cardinality, over, until)
    assert repeat.element == ("one" if over else "item")
    assert not [each for each in found.repairs if each.kind == "instances"]
    assert make_draft(found.model_xml).changes == ()


@pytest.mark.parametrize("tool", ["camunda", "flowable", "activiti"])
def test_a_list_that_no_form_leaves_is_asked_for_by_its_name(tool):
    found = draft(several("", f'{tool}:collection="${{people}}" {tool}:elementVariable="one"'))
    asked = repair(found, "instances:t")
    assert "'${people}'" in asked.sentence
    answered = apply_answers(found, {"instances:t": {"list": "plan.people"}}).model().by_id["t"].repeat
    assert (answered.over, answered.element) == ("plan.people", "one")
    with pytest.raises(BadAnswer, match="cannot be used"):
        apply_answers(found, {"instances:t": {"list": "nobody.people"}})


def test_a_completion_condition_that_is_not_kept_is_said_so():
    inside = "<completionCondition>${enough.reached()}</completionCondition>"
    found = draft(several(inside, 'camunda:collection="x"'))
    answered = apply_answers(found, {"instances:t": 2})
    assert "'${enough.reached()}' was not kept" in change(answered, "done-so-often").sentence
    assert answered.model().by_id["t"].repeat.until is None


def test_results_of_camunda_8_that_are_kept_elsewhere_here_are_named():
    found = draft(several("", "", '<zeebe:loopCharacteristics inputCollection="=plan.people" outputCollection="all"/>'))
    assert [notice.message for notice in found.notices] == [
        'not taken over from Camunda 8: loopCharacteristics outputCollection="all"'
    ]


def test_the_counts_of_instances_are_those_of_the_engine():
    assert set(COUNTS) == set(spiff_repeat.COUNTS)
