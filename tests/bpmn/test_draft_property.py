"""Any process that somebody could draw, however wrong: it becomes a draft, nothing is lost in silence, a draft stays as it is."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from bpmn import Draft, answer_by_default, leave_to_people, make_draft, read_model
from bpmn.names import FLOW_NODES

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
KINDS = (
    *("task", "userTask", "userTask", "serviceTask", "scriptTask", "receiveTask", "businessRuleTask", "callActivity"),
    *("exclusiveGateway", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"),
    *("startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent", "boundaryEvent"),
    *("subProcess", "transaction", "adHocSubProcess", "choreographyTask"),
)
EVENTS = ("", "", "message", "timer", "signal", "error", "escalation", "cancel", "compensate", "link", "terminate", "conditional")
IDS = (*(f"n{number}" for number in range(9)), "End", "Start", "class", "intake", "a-b", "__x", "ä", "", None, "n1.EndJoin")
CONDITIONS = (None, None, None, "", "${a > 3}", "${n1.way}", "= x", "true", "n1.way == 1", "import os", "${true}", "a and (b")


def attributes(**given: str | None) -> str:
    """Attributes of an element, those that are given."""
    return "".join(f' {name}="{value}"' for name, value in given.items() if value is not None)


@st.composite
def nodes(draw: st.DrawFn, depth: int = 0) -> str:
    """One node of any kind with any definition, perhaps with others inside."""
    kind = draw(st.sampled_from(KINDS))
    about = {
        "id": draw(st.sampled_from(IDS)),
        "name": draw(st.sampled_from([None, "Check", "Prüfen", "审批"])),
        "default": draw(st.sampled_from([None, None, None, "f1", "f2"])),
        "attachedToRef": draw(st.sampled_from(IDS)) if kind == "boundaryEvent" else None,
        "cancelActivity": draw(st.sampled_from([None, "false"])) if kind == "boundaryEvent" else None,
        "triggeredByEvent": draw(st.sampled_from([None, None, "true"])) if kind == "subProcess" else None,
        "isForCompensation": draw(st.sampled_from([None] * 6 + ["true"])),
    }
    inner = ""
    if kind.endswith("Event"):
        for event in draw(st.lists(st.sampled_from(EVENTS), max_size=2)):
            inner += f"<{event}EventDefinition{attributes(name=draw(st.sampled_from(['x', 'y'])))}/>" if event else ""
    if kind in {"subProcess", "transaction", "adHocSubProcess"} and depth < 2:
        inner += draw(scopes(depth + 1, 4))
    if draw(st.integers(0, 9)) == 0 and kind.endswith("Task"):
        inner += "<multiInstanceLoopCharacteristics/>"
    return f"<{kind}{attributes(**about)}>{inner}</{kind}>"


@st.composite
def flows(draw: st.DrawFn) -> str:
    """One flow from anywhere to anywhere, perhaps with a condition."""
    ends = {name: draw(st.sampled_from(IDS[:7])) for name in ("sourceRef", "targetRef")}
    identifier = draw(st.sampled_from(["f1", "f2", "f3", "f4", "f 5", None, None]))
    condition = draw(st.sampled_from(CONDITIONS))
    inner = "" if condition is None else f"<conditionExpression>{condition.replace('<', '&lt;')}</conditionExpression>"
    return f"<sequenceFlow{attributes(id=identifier, **ends)}>{inner}</sequenceFlow>"


@st.composite
def scopes(draw: st.DrawFn, depth: int, most: int) -> str:
    """What stands in a process or sub-process."""
    return "".join([*draw(st.lists(nodes(depth), max_size=most)), *draw(st.lists(flows(), max_size=most))])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A whole file; there is always one step, as a file without any is refused."""
    body = f'<userTask id="n0"/>{draw(scopes(0, 9))}'
    return f'<definitions xmlns="{BPMN}"><process id="p">{body}</process></definitions>'.encode()


def nodes_of(xml: bytes) -> Iterator[str | None]:
    """The ids of the flow nodes and flows in a file."""
    for element in etree.fromstring(xml).iter(f"{{{BPMN}}}*"):
        if etree.QName(element).localname in FLOW_NODES | {"sequenceFlow"}:
            yield element.get("id")


def lost_in_silence(before: bytes, draft: Draft) -> set[str]:
    """Nodes and flows of a file that are neither in its draft nor in the list of changes."""
    said = {change.element for change in draft.changes}
    return {identifier for identifier in nodes_of(before) if identifier} - set(nodes_of(draft.model_xml)) - said


@settings(max_examples=400, deadline=None)
@given(files())
def test_any_drawing_becomes_a_draft_that_loses_nothing_in_silence_and_stays_as_it_is(data):
    draft = make_draft(data)
    assert lost_in_silence(data, draft) == set()
    assert read_model(draft.model_xml).xml == draft.model_xml
    assert make_draft(draft.model_xml).changes == ()
    assert len({repair.key for repair in draft.repairs}) == len(draft.repairs)


@settings(max_examples=200, deadline=None)
@given(files())
def test_any_draft_can_be_answered_by_default_until_nothing_is_missing(data):
    draft = make_draft(data)
    people = leave_to_people(draft)
    assert not {repair.kind for repair in people.repairs} & {"decision", "task", "call"}
    ready = answer_by_default(draft)
    assert ready.repairs == ()
    assert lost_in_silence(data, ready) == set()
    assert make_draft(ready.model_xml).changes == ()
