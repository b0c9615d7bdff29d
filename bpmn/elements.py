"""BPMN elements to frozen nodes, flows and lanes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lxml import etree

from bpmn.extension import Extension, read_extension
from bpmn.model import EventDefinition, Flow, Lane, Node, Other
from bpmn.names import BPMN, FLOW_NODES, SUB_PROCESSES, tag, unprefixed
from bpmn.repetition import read_repetition
from bpmn.safexml import Report, attribute, line_of, local, space, text_of

_EVENT = "EventDefinition"
_TIMER = ("timeDate", "timeDuration", "timeCycle")
# Attribute of an event definition -> attribute of what it refers to that the two sides compare.
_REFERENCES = {
    "messageRef": "name",
    "signalRef": "name",
    "errorRef": "errorCode",
    "escalationRef": "escalationCode",
    "activityRef": "id",
}
_UNDERSTOOD = FLOW_NODES | {
    *("process", "sequenceFlow", "laneSet", "childLaneSet", "lane", "flowNodeRef", "partitionElement", "incoming", "outgoing"),
    *("documentation", "extensionElements", "conditionExpression", "script", "text", *_TIMER),
    *("textAnnotation", "association", "group", "category", "categoryValue"),
    *("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"),
}


def scopes(process: etree._Element) -> Iterator[etree._Element]:
    """The process and every sub-process in it."""
    yield process
    yield from process.iter(*(tag(name) for name in SUB_PROCESSES))


def flow_nodes(process: etree._Element) -> Iterator[tuple[etree._Element, etree._Element]]:
    """Each flow node with its scope."""
    for scope in scopes(process):
        for element in scope.iterchildren(tag("*")):
            if local(element) in FLOW_NODES:
                yield element, scope


def sequence_flows(process: etree._Element) -> Iterator[tuple[etree._Element, etree._Element]]:
    """Each sequence flow with its scope."""
    for scope in scopes(process):
        for element in scope.iterchildren(tag("sequenceFlow")):
            yield element, scope


def read_flows(process: etree._Element) -> tuple[Flow, ...]:
    """The sequence flows in the order of the file."""
    return tuple(
        Flow(
            id=attribute(element, "id"),
            source=attribute(element, "sourceRef"),
            target=attribute(element, "targetRef"),
            line=line_of(element),
            scope=attribute(scope, "id"),
            name=attribute(element, "name"),
            condition=text_of(element.find(tag("conditionExpression"))) or None,
        )
        for element, scope in sorted(sequence_flows(process), key=lambda pair: line_of(pair[0]))
    )


def read_nodes(root: etree._Element, process: etree._Element, flows: tuple[Flow, ...], report: Report) -> tuple[Node, ...]:
    """The flow nodes in the order of the file, each with its lane."""
    by_id = {identifier: element for element in root.iter(tag("*")) if (identifier := element.get("id"))}
    incoming: dict[str, list[str]] = {}
    outgoing: dict[str, list[str]] = {}
    for flow in flows:
        outgoing.setdefault(flow.source, []).append(flow.id)
        incoming.setdefault(flow.target, []).append(flow.id)
    lanes = lane_of_each(process)
    order = {element: number for number, element in enumerate(process.iter())}
    nodes = []
    for element, scope in sorted(flow_nodes(process), key=lambda pair: order[pair[0]]):
        node = _node(element, scope, by_id, read_extension(element, report))
        nodes.append(
            replace(
                node,
                incoming=tuple(incoming.get(node.id, ())),
                outgoing=tuple(outgoing.get(node.id, ())),
                lane=_lane(node, scope, lanes),
            )
        )
    return tuple(nodes)


def lane_of_each(process: etree._Element) -> Mapping[str, str]:
    """Node id -> id of the innermost lane that names it."""
    found: dict[str, str] = {}
    for lane in process.iter(tag("lane")):  # outer lanes come before the lanes inside them
        for reference in lane.iterchildren(tag("flowNodeRef")):
            found[text_of(reference)] = attribute(lane, "id")
    return found


def read_lanes(process: etree._Element, nodes: tuple[Node, ...], report: Report) -> tuple[Lane, ...]:
    """The lanes that hold nodes or have no lanes inside them; a lane without a department takes that of the lane around it."""
    lanes = []
    for element in process.iter(tag("lane")):
        identifier = attribute(element, "id")
        held = tuple(node.id for node in nodes if node.lane == identifier)
        if held or element.find(tag("childLaneSet")) is None:
            lanes.append(
                Lane(identifier, attribute(element, "name") or identifier, _department(element, report), held, line_of(element))
            )
    return tuple(lanes)


def others_of(process: etree._Element) -> tuple[Other, ...]:
    """What BPMN gives a meaning and this room does not read; for the room that runs the model to judge."""
    return tuple(
        Other(element.get("id"), local(element), _named_around(element), line_of(element))
        for element in process.iter(tag("*"))
        if local(element) not in _UNDERSTOOD and not local(element).endswith(_EVENT) and not _inside_loop_or_event(element)
    )


def _inside_loop_or_event(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and (local(parent).endswith(_EVENT) or local(parent).endswith("LoopCharacteristics"))


def _named_around(element: etree._Element) -> str | None:
    return next((around.get("id") for around in element.iterancestors() if around.get("id")), None)


def _department(lane: etree._Element | None, report: Report) -> str | None:
    while lane is not None and space(lane) == BPMN:
        if local(lane) == "lane" and (department := read_extension(lane, report).department):
            return department
        lane = lane.getparent()
    return None


def _lane(node: Node, scope: etree._Element, lanes: Mapping[str, str]) -> str | None:
    """Its own lane, or its host's, or that of the sub-process around it."""
    for identifier in (node.id, node.attached_to or ""):
        if identifier in lanes:
            return lanes[identifier]
    around: etree._Element | None = scope
    while around is not None:
        if attribute(around, "id") in lanes:
            return lanes[attribute(around, "id")]
        around = around.getparent()
    return None


def _node(element: etree._Element, scope: etree._Element, by_id: Mapping[str, etree._Element], extension: Extension) -> Node:
    identifier = attribute(element, "id")
    script = element.find(tag("script"))
    return Node(
        id=identifier,
        kind=local(element),
        name=attribute(element, "name") or identifier,
        line=line_of(element),
        scope=attribute(scope, "id"),
        events=tuple(_events(element, by_id)) or _task_message(element, by_id),
        attached_to=element.get("attachedToRef"),
        interrupting=_interrupting(element),
        default=element.get("default"),
        called=unprefixed(element.get("calledElement", "")) or None,
        triggered_by_event=_is_true(element.get("triggeredByEvent")),
        for_compensation=_is_true(element.get("isForCompensation")),
        script=text_of(script) if script is not None else None,
        repeat=read_repetition(element),
        documentation=text_of(element.find(tag("documentation"))),
        raci=extension.raci,
        standard=extension.standard,
        form=extension.form,
        decision=extension.decision,
        public_intake=extension.public_intake,
        inputs=extension.inputs,
        outputs=extension.outputs,
        message_key=extension.message_key,
        payload=extension.payload,
        passes=extension.passes,
        connector=extension.connector,
    )


def _is_true(value: str | None) -> bool:
    return value in {"true", "1"}


def _interrupting(element: etree._Element) -> bool:
    return element.get("cancelActivity", "true") != "false" and element.get("isInterrupting", "true") != "false"


def _events(element: etree._Element, by_id: Mapping[str, etree._Element]) -> Iterator[EventDefinition]:
    for child in element.iterchildren(tag("*")):
        name = local(child)
        if name == "eventDefinitionRef":
            yield EventDefinition("eventDefinitionRef", line_of(child), ref=text_of(child))
        elif name.endswith(_EVENT):
            yield _event(child, by_id)


def _event(definition: etree._Element, by_id: Mapping[str, etree._Element], kind: str = "") -> EventDefinition:
    kind, line = kind or local(definition).removesuffix(_EVENT), line_of(definition)
    for timer in (child for child in definition.iterchildren(tag("*")) if local(child) in _TIMER):
        return EventDefinition(kind, line, timer=local(timer), text=text_of(timer))
    if kind == "conditional":
        return EventDefinition(kind, line, text=text_of(definition.find(tag("condition"))))
    if kind == "link":
        return EventDefinition(kind, line, code=definition.get("name"))
    for name, code in _REFERENCES.items():
        if reference := definition.get(name):
            target = by_id.get(unprefixed(reference))
            return EventDefinition(kind, line, ref=unprefixed(reference), code=target.get(code) if target is not None else None)
    return EventDefinition(kind, line)


def _task_message(task: etree._Element, by_id: Mapping[str, etree._Element]) -> tuple[EventDefinition, ...]:
    """A send or receive task names its message itself: it says the same as an event with a message definition."""
    return (_event(task, by_id, "message"),) if local(task) in {"sendTask", "receiveTask"} and task.get("messageRef") else ()
