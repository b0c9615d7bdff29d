"""Does everything in the file exist that the file points to? Ids, flows, lanes, boundary events, defaults, event definitions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lxml import etree

from bpmn.elements import flow_nodes, scopes, sequence_flows
from bpmn.names import ACTIVITIES, BPMN, tag, unprefixed
from bpmn.safexml import Report, line_of, local, space, text_of

LONGEST_NAME = 300
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,99}")
_EVENT_REFERENCES = ("messageRef", "signalRef", "errorRef", "escalationRef")
_TIMES = ("timeDate", "timeDuration", "timeCycle")

Ids = Mapping[str, etree._Element]


def check_references(root: etree._Element, process: etree._Element, report: Report) -> None:
    """Adds an error for every id that is missing, doubled or unusable and every reference that leads nowhere."""
    ids = _ids(root, report)
    nodes = list(flow_nodes(process))
    flows = list(sequence_flows(process))
    for element in [*scopes(process), *(node for node, _ in nodes), *(flow for flow, _ in flows), *process.iter(tag("lane"))]:
        _check_id(element, report)
    if process.find(tag("startEvent")) is None:
        report.add("start-event", "the process has no start event: draw where a case begins", process)
    _check_flows(nodes, flows, ids, report)
    for node, scope in nodes:
        _check_node(node, scope, ids, report)
    _check_lanes(process, ids, report)
    for element in root.iter(tag("import")):
        report.add("import", "the file imports another file: put everything into one file", element)


def _ids(root: etree._Element, report: Report) -> Ids:
    ids: dict[str, etree._Element] = {}
    for element in root.iter():
        identifier = element.get("id")
        if identifier is not None:
            if identifier in ids:
                first = line_of(ids[identifier])
                report.add(
                    "duplicate-id", f"the id {identifier!r} is already used on line {first}: ids are unique in a file", element
                )
            ids.setdefault(identifier, element)
        if len(element.get("name", "")) > LONGEST_NAME:
            report.add("name-length", f"the name is longer than {LONGEST_NAME} characters: shorten it", element)
    return {identifier: element for identifier, element in ids.items() if space(element) == BPMN}


def _check_id(element: etree._Element, report: Report) -> None:
    identifier = element.get("id")
    if identifier is None:
        report.add("id", f"this <{local(element)}> has no id: give it one", element)
    elif not _ID.fullmatch(identifier):
        report.add(
            "id", f"the id {identifier!r} cannot be used: at most 100 of a-z, A-Z, 0-9, _ . - and a letter or _ first", element
        )


def _check_flows(
    nodes: Iterable[tuple[etree._Element, etree._Element]],
    flows: Iterable[tuple[etree._Element, etree._Element]],
    ids: Ids,
    report: Report,
) -> None:
    scope_of = {node.get("id"): scope for node, scope in nodes}
    for flow, scope in flows:
        for attribute, end in (("sourceRef", "start"), ("targetRef", "end")):
            reference = flow.get(attribute)
            if not reference:
                report.add("dangling", f"the sequence flow has no {attribute}: connect its {end}", flow)
            elif reference not in scope_of:
                missing = "is not a step, event or gateway of this process" if reference in ids else "does not exist"
                report.add("dangling", f"the sequence flow's {attribute} {reference!r} {missing}: connect its {end}", flow)
            elif scope_of[reference] is not scope:
                message = (
                    f"the sequence flow's {attribute} {reference!r} is on the other side of a sub-process border: end it inside"
                )
                report.add("flow-crosses", message, flow)


def _check_node(node: etree._Element, scope: etree._Element, ids: Ids, report: Report) -> None:
    if local(node) == "boundaryEvent":
        _check_boundary(node, scope, ids, report)
    default = node.get("default")
    if default is not None:
        flow = ids.get(default)
        if flow is None or local(flow) != "sequenceFlow" or flow.get("sourceRef") != node.get("id"):
            report.add("dangling", f"the default flow {default!r} does not leave this element: choose one that does", node)
    _check_direction(node, ids, report)
    for definition in node.iterchildren(tag("*")):
        if local(definition).endswith("EventDefinition"):
            _check_event(definition, node, ids, report)
    for attribute in ("messageRef", "operationRef"):
        reference = node.get(attribute)
        if reference and unprefixed(reference) not in ids:
            report.add("dangling", f"its {attribute} {reference!r} does not exist: declare it or remove the reference", node)


def _check_boundary(node: etree._Element, scope: etree._Element, ids: Ids, report: Report) -> None:
    reference = node.get("attachedToRef")
    host = ids.get(reference) if reference else None
    if host is None:
        report.add(
            "dangling", f"the boundary event is attached to {reference!r}, which does not exist: attach it to a step", node
        )
    elif local(host) not in ACTIVITIES or host.getparent() is not scope:
        report.add("dangling", f"the boundary event is attached to {reference!r}, which is not a step beside it", node)


def _check_direction(node: etree._Element, ids: Ids, report: Report) -> None:
    """<incoming> and <outgoing> repeat what the flows say; where they disagree somebody has edited half of it."""
    for name, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
        for reference in node.iterchildren(tag(name)):
            flow = ids.get(unprefixed(text_of(reference)))
            if flow is None or flow.get(end) != node.get("id"):
                report.add(
                    "dangling", f"<{name}> names {text_of(reference)!r}, which is no flow of this element: remove it", node
                )


def _check_event(definition: etree._Element, node: etree._Element, ids: Ids, report: Report) -> None:
    for attribute in _EVENT_REFERENCES:
        reference = definition.get(attribute)
        if reference and unprefixed(reference) not in ids:
            report.add("dangling", f"its {attribute} {reference!r} does not exist: declare it or remove the reference", node)
    times = [child for child in definition.iterchildren(tag("*")) if local(child) in _TIMES]
    if local(definition) == "timerEventDefinition" and len(times) > 1:
        report.add("timer", "the timer gives several of date, duration and cycle: keep one", node)


def _check_lanes(process: etree._Element, ids: Ids, report: Report) -> None:
    lanes: dict[str, etree._Element] = {}
    for lane in process.iter(tag("lane")):
        for reference in lane.iterchildren(tag("flowNodeRef")):
            identifier = text_of(reference)
            first = lanes.setdefault(identifier, lane)
            if identifier not in ids:
                report.add("dangling", f"the lane names {identifier!r}, which does not exist: remove the reference", lane)
            elif first is not lane and first not in lane.iterancestors():
                report.add("two-lanes", f"{identifier!r} stands in this lane and in {first.get('name')!r}: leave it in one", lane)
