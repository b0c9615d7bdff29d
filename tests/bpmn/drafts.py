"""Small foreign processes for the stories about drafts: what somebody drew, what its draft says, what became of it."""

from __future__ import annotations

from bpmn import Change, Draft, Repair, make_draft

NAMESPACES = """xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:activiti="http://activiti.org/bpmn"
  xmlns:flowable="http://flowable.org/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:acme="urn:acme" """
WHOLE = '<startEvent id="s"/><userTask id="t"/><endEvent id="e"/>'
FLOWS = '<sequenceFlow id="f1" sourceRef="s" targetRef="t"/><sequenceFlow id="f2" sourceRef="t" targetRef="e"/>'
LINE = WHOLE + FLOWS


def flow(identifier: str, source: str, target: str, condition: str | None = None, name: str = "") -> str:
    """A sequence flow, perhaps with a condition."""
    inner = "" if condition is None else f"<conditionExpression><![CDATA[{condition}]]></conditionExpression>"
    return f'<sequenceFlow id="{identifier}" name="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def file(process: str, beside: str = "", executable: str = "true") -> bytes:
    """A file with one process, whose first line is line 4, and anything beside it."""
    start = f'<definitions {NAMESPACES} id="d">\n<process id="p" isExecutable="{executable}">'
    return f"{start}{process}</process>{beside}</definitions>".encode()


def draft(process: str, beside: str = "") -> Draft:
    """The draft of such a file."""
    return make_draft(file(process, beside))


def rules(found: Draft) -> list[str]:
    """What kinds of change were made, in the order of the file."""
    return [change.rule for change in found.changes]


def change(found: Draft, rule: str) -> Change:
    """The first change of a kind."""
    return next(change for change in found.changes if change.rule == rule)


def repair(found: Draft, key: str) -> Repair:
    """What is missing under a key."""
    return next(repair for repair in found.repairs if repair.key == key)


def kinds(found: Draft) -> dict[str, str]:
    """Ids of the nodes of a draft with their kinds and the kind of their event."""
    return {node.id: ":".join([node.kind, *(event.kind for event in node.events)]) for node in found.model().nodes}


def ways(found: Draft) -> set[str]:
    """The flows of a draft as `a>b`."""
    return {f"{flow.source}>{flow.target}" for flow in found.model().flows}


def conditions(found: Draft) -> dict[str, str | None]:
    """The conditions of a draft by flow id."""
    return {flow.id: flow.condition for flow in found.model().flows}
