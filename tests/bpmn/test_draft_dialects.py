"""What Camunda, Zeebe, Flowable and Activiti say in words of their own: taken over where it maps, named where it does not."""

from __future__ import annotations

import json

import pytest

from bpmn import read_bundle
from bpmn.draft.dialects import code_of, literal
from bpmn.draft.timers import kind_of
from tests.bpmn.drafts import change, draft, flow, repair, rules


def edge(inner: str, attributes: str = "") -> str:
    """A timer at the edge of the step."""
    timer = f"<timerEventDefinition>{inner}</timerEventDefinition>"
    return f'<boundaryEvent id="b" attachedToRef="t" {attributes}>{timer}</boundaryEvent>'


def step(attributes: str = "", inner: str = "", kind: str = "userTask") -> str:
    """A start and one step with what another tool says about it."""
    extension = f"<extensionElements>{inner}</extensionElements>" if inner else ""
    return f'<startEvent id="s"/><{kind} id="t" name="Pay" {attributes}>{extension}</{kind}>' + flow("f", "s", "t")


POSTS = {
    'camunda:candidateGroups="accounting,sales"': "accounting",
    'activiti:candidateGroups="Dept Leader"': "dept-leader",
    'flowable:assignee="kermit"': "kermit",
    'camunda:assignee="${initiator}"': None,
    'camunda:candidateUsers="li"': "li",
    'acme:assignee="kermit"': None,
}


@pytest.mark.parametrize("attributes", POSTS)
def test_who_does_a_step_is_suggested_as_its_post(attributes):
    assert repair(draft(step(attributes)), "post:t").suggestion == POSTS[attributes]


def test_camunda_8_says_it_in_elements():
    who = '<zeebe:assignmentDefinition candidateGroups="= &quot;billing&quot;"/>'
    when = '<zeebe:taskSchedule dueDate="=duration(&quot;PT8H&quot;)"/>'
    found = draft(step("", who + when + '<zeebe:formDefinition formId="invoice"/>'))
    assert found.notices == ()
    assert repair(found, "post:t").suggestion == "billing"
    assert repair(found, "standard:t").suggestion == "PT8H"
    assert repair(found, "form:t").suggestion == "invoice"


def test_bpmn_itself_can_name_who_does_a_step():
    expression = "<formalExpression>user(kermit), group(management)</formalExpression>"
    owner = f"<potentialOwner><resourceAssignmentExpression>{expression}</resourceAssignmentExpression></potentialOwner>"
    found = draft(f'<startEvent id="s"/><userTask id="t">{owner}</userTask>' + flow("f", "s", "t"))
    assert repair(found, "post:t").suggestion == "kermit"


def test_a_due_date_that_is_a_duration_is_suggested_as_the_time_standard():
    assert repair(draft(step('camunda:dueDate="P2D"')), "standard:t").suggestion == "PT48H"
    assert repair(draft(step('camunda:dueDate="${later}"')), "standard:t").suggestion is None


def test_what_a_service_task_calls_is_told_where_its_connector_is_missing():
    found = draft(step('camunda:topic="charge-card"', kind="serviceTask"))
    assert "'Pay' calls a service (charge-card)" in repair(found, "task:t").sentence
    rule = draft(step('camunda:decisionRef="discount"', kind="businessRuleTask"))
    assert repair(rule, "task:t").suggestion == "discount"


FIELDS = """<camunda:formData>
  <camunda:formField id="amount" label="Amount" type="long">
    <camunda:validation><camunda:constraint name="required"/></camunda:validation></camunda:formField>
  <camunda:formField id="kind-of" label="Kind" type="enum"><camunda:value id="a" name="First"/><camunda:value id="b"/>
  </camunda:formField>
  <camunda:formField id="seen" type="boolean">
    <camunda:validation><camunda:constraint name="readonly"/></camunda:validation></camunda:formField>
  <camunda:formField id="day" type="date"/>
</camunda:formData>"""


def test_form_fields_become_a_form_that_the_bundle_takes():
    found = draft(step("", FIELDS))
    form = found.forms["t"]
    assert form["required"] == ["amount"]
    types = {name: field["type"] for name, field in form["properties"].items()}
    assert types == {
        "amount": "integer",
        "kind_of": "string",
        "day": "string",
    }
    assert form["properties"]["kind_of"]["x-labels"]["en"] == ["First", "b"]
    assert read_bundle(found.files()).forms["t"] == form
    assert json.loads(found.files()["forms/t.json"]) == form
    assert found.model().by_id["t"].form == "t"
    (only_shown,) = [notice.message for notice in found.notices]
    assert only_shown == 'not taken over from Camunda 7: formData of formField id="seen" type="boolean"'


def test_what_is_only_shown_is_no_field():
    shown = '<activiti:formProperty id="a" writable="false"/><activiti:formProperty id="b" type="double" required="true"/>'
    assert list(draft(step("", shown)).forms["t"]["properties"]) == ["b"]


def test_what_was_not_taken_over_is_named_element_by_element_with_its_tool_and_line():
    listener = '<camunda:executionListener event="start" class="x.Y"><camunda:field name="a"/></camunda:executionListener>'
    found = draft(step('camunda:asyncBefore="true" acme:colour="red"', listener + "<acme:thing/><acme:thing/>"))
    assert [(notice.element, notice.line, notice.message) for notice in found.notices] == [
        ("t", 4, 'not taken over from Camunda 7: asyncBefore="true", executionListener event="start" class="x.Y"'),
        ("t", 4, 'not taken over from urn:acme: colour="red", thing'),
    ]
    assert b"acme" not in found.model_xml.split(b"<process")[1]


NOT_TAKEN = {
    "an assignee that is computed": ('camunda:assignee="${starter}"', "assignee"),
    "one of whom no code can be made": ('camunda:assignee="张三"', "assignee"),
    "the second of several groups": ('camunda:candidateGroups="desk,boss"', "candidateGroups"),
    "a due date on the calendar": ('camunda:dueDate="2026-12-01T09:00:00Z"', "dueDate"),
    "a condition to skip the step": ('flowable:skipExpression="${late}"', "skipExpression"),
    "a priority": ('camunda:priority="50"', "priority"),
}


@pytest.mark.parametrize("what", NOT_TAKEN)
def test_what_can_be_used_only_in_part_or_not_at_all_is_never_passed_over(what):
    attribute, name = NOT_TAKEN[what]
    found = draft(step(attribute))
    assert [notice.element for notice in found.notices if name in notice.message] == ["t"]


def test_several_groups_suggest_the_first():
    assert repair(draft(step('camunda:candidateGroups="desk,boss"')), "post:t").suggestion == "desk"
    eight = step("", '<zeebe:assignmentDefinition candidateGroups="=[&quot;desk&quot;, &quot;boss&quot;]"/>')
    assert repair(draft(eight), "post:t").suggestion == "desk"


@pytest.mark.parametrize(
    ("attributes", "inside", "standard"),
    [
        ('camunda:dueDate="${dateTime().plusDays(3).toDate()}"', "", "PT72H"),
        ('camunda:dueDate="${dateTime().plusHours(4)}"', "", "PT4H"),
        ('activiti:dueDate="PT30M"', "", "PT30M"),
        ('camunda:followUpDate="P1D"', "", "PT24H"),
        ("", '<zeebe:taskSchedule dueDate="=now() + duration(&quot;P2D&quot;)"/>', "PT48H"),
    ],
)
def test_a_due_date_reckoned_from_now_suggests_a_standard(attributes, inside, standard):
    found = draft(step(attributes, inside))
    assert repair(found, "standard:t").suggestion == standard
    assert found.notices == ()


EMBEDDED = json.dumps({
    "components": [
        {"type": "text", "text": "Please look"},
        {"type": "checkbox", "key": "good", "label": "Good?"},
        {"type": "number", "key": "amount", "label": "Amount", "validate": {"required": True}},
        {"type": "select", "key": "size", "values": [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]},
        {"type": "textfield", "key": 3},
        "nothing",
    ]
})  # fmt: skip


def test_a_form_of_camunda_8_in_the_file_becomes_one_of_ours_and_conditions_on_it_are_translated():
    process = (
        f'<extensionElements><zeebe:userTaskForm id="look"><![CDATA[{EMBEDDED}]]></zeebe:userTaskForm></extensionElements>'
        '<startEvent id="s"/><userTask id="t"><extensionElements><zeebe:formDefinition formKey="camunda-forms:bpmn:look"/>'
        '</extensionElements></userTask><exclusiveGateway id="g" default="f4"/><endEvent id="a"/><endEvent id="b"/>'
        + flow("f1", "s", "t")
        + flow("f2", "t", "g")
        + flow("f3", "g", "a", '=good and size = "l"')
        + flow("f4", "g", "b")
    )
    found = draft(process)
    properties = found.forms["t"]["properties"]
    assert {name: field["type"] for name, field in properties.items()} == {
        "good": "boolean",
        "amount": "number",
        "size": "string",
    }
    assert properties["size"]["enum"] == ["s", "l"]
    assert set(found.forms["t"]["required"]) == {"amount", "good", "size"}, "what a condition reads may not be left empty"
    assert {flow.id: flow.condition for flow in found.model().flows}["f3"] == 't.good == true and t.size == "l"'
    assert found.notices == ()


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"components": 3}', '{"components": [[]]}', "[" * 5_000])
def test_a_form_of_camunda_8_that_cannot_be_read_is_named(text):
    form = f'<extensionElements><zeebe:userTaskForm id="look">{text}</zeebe:userTaskForm></extensionElements>'
    found = draft(form + step("", '<zeebe:formDefinition formKey="camunda-forms:bpmn:look"/>'))
    assert any("userTaskForm" in notice.message for notice in found.notices)
    assert repair(found, "form:t").suggestion == "camunda-forms-bpmn-look"


def test_mappings_of_a_call_are_named():
    call = '<extensionElements><camunda:in source="a" target="b"/><camunda:out variables="all"/></extensionElements>'
    found = draft(f'<startEvent id="s"/><callActivity id="t" calledElement="pay">{call}</callActivity>' + flow("f", "s", "t"))
    assert [(notice.element, notice.message) for notice in found.notices] == [
        ("t", 'not taken over from Camunda 7: in source="a" target="b", out variables="all"')
    ]


def test_a_wrapper_of_another_tool_does_not_take_what_is_in_it_away():
    found = draft(f"<acme:choice>{step()}</acme:choice>")
    assert "t" in found.model().by_id
    assert rules(found) == ["end-added"]


TEXTS = {
    '${"PT5M"}': "PT5M",
    "'PT5M'": "PT5M",
    "PT5M": "PT5M",
    '=duration("PT5M")': "PT5M",
    "${wait}": None,
    "= wait": None,
    "${5}": "5",
    "": None,
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_constant_is_told_from_what_has_to_be_computed(text):
    assert literal(text) == TEXTS[text]


TIMES = {
    "PT5M": "timeDuration", "P2D": "timeDuration", "P1M": None, "2 working days": None, "R3/PT1H": "timeCycle", "R/PT1H": None,
    "R3/PT1S": None, "R500/PT1H": None, "2026-12-01T09:00:00Z": "timeDate", "2026-13-01T09:00:00Z": None, "0 0 9 * * ?": None,
}  # fmt: skip


@pytest.mark.parametrize("text", TIMES)
def test_a_time_that_the_engine_can_use_is_told_from_one_that_it_cannot(text):
    assert kind_of(text) == TIMES[text]


@pytest.mark.parametrize(
    ("written", "attributes", "read"),
    [
        ('<timeDuration>${"PT5M"}</timeDuration>', "", "PT5M"),
        ("<timeDuration>'PT5M'</timeDuration>", "", "PT5M"),
        ("<timeDate>PT5M</timeDate>", "", "PT5M"),
        ("<timeCycle>R3/PT10H</timeCycle>", "", "PT10H"),
        ("<timeCycle>R3/PT10H</timeCycle>", 'cancelActivity="false"', "R3/PT10H"),
        ("<timeCycle>R/PT10H</timeCycle>", 'cancelActivity="false"', "R100/PT10H"),
    ],
)
def test_a_timer_is_written_as_the_engine_reads_it(written, attributes, read):
    found = draft(step() + edge(written, attributes))
    assert found.model().by_id["b"].events[0].text == read
    assert not [repair for repair in found.repairs if repair.kind == "timer"]


def test_a_timer_that_has_to_be_computed_is_asked_for():
    asked = repair(draft(step() + edge("<timeDuration>${wait}</timeDuration>")), "timer:b")
    assert "'${wait}' cannot be used" in asked.sentence
    assert asked.accepts == ("time",)


def test_a_called_process_is_taken_over_from_camunda_8():
    call = '<extensionElements><zeebe:calledElement processId="pay"/></extensionElements>'
    found = draft(f'<startEvent id="s"/><callActivity id="t">{call}</callActivity>' + flow("f", "s", "t"))
    assert change(found, "called-element").element == "t"
    assert repair(found, "call:t").suggestion == "pay"


def test_a_code_is_made_of_what_latin_letters_there_are():
    assert [code_of(text) for text in ("Key Accounts", "Ä1", "客服", "", None, "_x_", "a" * 80)] == [
        "key-accounts", "1", None, None, None, "x", "a" * 64,
    ]  # fmt: skip
