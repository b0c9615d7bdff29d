"""A file that points to something that is not there is refused, with the place and what to do."""

from __future__ import annotations

import pytest

from bpmn import BadModel, Finding, read_model
from tests.bpmn.papers import MODEL, process, spoiled


def findings_of(data: bytes) -> tuple[Finding, ...]:
    """What a refused file is refused for."""
    with pytest.raises(BadModel) as caught:
        read_model(data)
    return caught.value.findings


@pytest.mark.parametrize(
    ("edit", "rule", "element", "words"),
    [
        (('sourceRef="begin"', 'sourceRef="nobody"'), "dangling", "f1", "sourceRef 'nobody' does not exist"),
        (('targetRef="look"', 'targetRef="lane_hr"'), "dangling", "f1", "is not a step, event or gateway"),
        ((' targetRef="look"', ""), "dangling", "f1", "no targetRef"),
        (('attachedToRef="decide"', 'attachedToRef="gone"'), "dangling", "boss_away", "attached to 'gone'"),
        (('attachedToRef="decide"', 'attachedToRef="long"'), "dangling", "boss_away", "which is not a step beside it"),
        (('default="short"', 'default="f1"'), "dangling", "long", "default flow 'f1' does not leave"),
        (("<flowNodeRef>look<", "<flowNodeRef>gone<"), "dangling", "lane_hr", "names 'gone'"),
        (("<flowNodeRef>decide<", "<flowNodeRef>end</flowNodeRef><flowNodeRef>decide<"),
         "two-lanes", "lane_board", "'Personnel'"),
        (('<sequenceFlow id="f1" ', "<sequenceFlow "), "id", None, "<sequenceFlow> has no id"),
        (('<lane id="lane_hr" ', "<lane "), "id", None, "<lane> has no id"),
        (('<endEvent id="end"', '<endEvent id="终"'), "id", "终", "cannot be used"),
        (('<endEvent id="end"', f'<endEvent id="{"e" * 101}"'), "id", "e" * 101, "at most 100"),
        (('name="Answered"', f'name="{"n" * 301}"'), "name-length", "end", "longer than 300"),
        (("PT12H</timeDuration>", "PT12H</timeDuration><timeDate>2026-01-01T00:00:00Z</timeDate>"),
         "timer", "boss_away", "several of"),
        (("<timerEventDefinition>", '<timerEventDefinition/><messageEventDefinition messageRef="m"/><timerEventDefinition>'),
         "dangling", "boss_away", "messageRef 'm' does not exist"),
        (('<userTask id="look" name="Look at the request">', '<userTask id="look" name="L"><incoming>f5</incoming>'),
         "dangling", "look", "<incoming> names 'f5'"),
        (('<collaboration id="both">', '<import location="file:///etc/passwd" importType="x" namespace="y"/>'
          '<collaboration id="both">'),
         "import", None, "imports another file"),
        (('<startEvent id="begin"', '<intermediateThrowEvent id="begin"'), "start-event", "leave_process", "no start event"),
    ],
)  # fmt: skip
def test_one_broken_reference_is_one_finding_with_its_element(edit, rule, element, words):
    text = spoiled(MODEL, edit)
    if rule == "start-event":
        text = spoiled(
            text, ("</startEvent>", "</intermediateThrowEvent>"), ('<pilot:form ref="request"/><pilot:intake public="true"/>', "")
        )
    finding = next(finding for finding in findings_of(text.encode()) if finding.rule == rule)

    assert finding.element == element
    assert words in finding.message
    assert finding.line is not None
    assert finding.severity == "error"


def test_every_broken_reference_is_named_not_only_the_first_and_in_the_order_of_the_file():
    text = spoiled(
        MODEL,
        ('sourceRef="begin"', 'sourceRef="a"'),
        ('attachedToRef="decide"', 'attachedToRef="b"'),
        ('default="short"', 'default="c"'),
    )
    findings = findings_of(text.encode())
    assert [finding.element for finding in findings] == ["long", "boss_away", "f1"]
    assert [finding.line for finding in findings] == sorted(finding.line or 0 for finding in findings)


def test_an_id_used_twice_is_named_with_both_places():
    (finding,) = findings_of(process('<task id="t"/>\n<task id="t"/>'))
    assert finding.rule == "duplicate-id"
    assert "already used on line 1" in finding.message
    assert finding.line == 2


def test_an_id_used_in_the_diagram_and_in_the_model_is_used_twice():
    diagram = '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" id="s"/>'
    (finding,) = findings_of(process("", tail=diagram))
    assert finding.rule == "duplicate-id"


def test_a_flow_may_not_cross_the_border_of_a_sub_process():
    inner = '<subProcess id="sub"><task id="t"/></subProcess><sequenceFlow id="f" sourceRef="s" targetRef="t"/>'
    (finding,) = findings_of(process(inner))
    assert (finding.rule, finding.element) == ("flow-crosses", "f")


def test_another_pool_s_process_is_drawn_and_not_judged():
    other = '<process id="q" isExecutable="false"><sequenceFlow id="f" sourceRef="no" targetRef="where"/></process>'
    assert read_model(process("", tail=other)).process_id == "p"


def test_a_message_that_a_task_sends_must_be_declared():
    (finding,) = findings_of(process('<sendTask id="t" messageRef="gone"/>'))
    assert finding.element == "t"
    assert read_model(process('<sendTask id="t" messageRef="x:m"/>', tail='<message id="m"/>')).by_id["t"].kind == "sendTask"
