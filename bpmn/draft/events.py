"""Events that would be passed over without a word: links joined, the others made plain or made into what has the same effect."""

from __future__ import annotations

from lxml import etree

from bpmn.draft.links import settle_links
from bpmn.draft.paper import Paper
from bpmn.draft.things import become, definitions, drop, is_true, kinds, label, set_condition
from bpmn.names import ACTIVITIES, HUMAN, tag
from bpmn.safexml import attribute, local

# What each kind of event can wait for or throw in BPMN; the engine's gate says which of them it runs.
_MEANT = {
    "startEvent": frozenset({"message", "timer", "signal", "conditional", "error", "escalation"}),
    "endEvent": frozenset({"message", "signal", "error", "escalation", "terminate"}),
    "intermediateThrowEvent": frozenset({"message", "signal", "escalation", "link"}),
    "intermediateCatchEvent": frozenset({"message", "timer", "signal", "conditional", "link"}),
    "boundaryEvent": frozenset({"message", "timer", "signal", "conditional", "error", "escalation"}),
}
_CATCHING = frozenset({"boundaryEvent", "startEvent"})
_CANCELLED = "cancelled"


def settle_events(paper: Paper) -> None:
    """Each event has at most one definition, of a kind that means something where it stands."""
    _compensation(paper)
    _cancel(paper)
    for scope in paper.scopes():
        settle_links(paper, scope)
    for node in paper.all_nodes():
        if local(node) in _MEANT and paper.is_there(node):
            _definitions(paper, node)
    for node in paper.all_nodes():
        if local(node) == "boundaryEvent" and paper.is_there(node):
            _attached(paper, node)
        elif local(node) == "endEvent" and "error" in kinds(node):
            _uncaught(paper, node)


def settle_boundaries(paper: Paper) -> None:
    """Boundary events that no engine could ever see happen become ways out that people choose; to be done after all splits."""
    for node in paper.all_nodes():
        host = paper.by_id(node.get("attachedToRef")) if local(node) == "boundaryEvent" else None
        if host is not None and (not definitions(node) or (kinds(node) & {"error", "escalation"} and local(host) in HUMAN)):
            _plain_boundary(paper, node, host)


def _compensation(paper: Paper) -> None:
    """Nothing is undone here: handlers and what would call them go, the way past a throwing event stays."""
    for node in paper.all_nodes():
        if not paper.is_there(node):
            continue
        if local(node) == "boundaryEvent" and "compensate" in kinds(node):
            paper.remove_node(node, "compensation", f"{label(node)} was taken out: nothing is compensated here.")
        elif is_true(node, "isForCompensation"):
            if paper.entering(node):  # drawn in the flow as well: then it is a step
                del node.attrib["isForCompensation"]
                paper.say("compensation", node, f"{label(node)} stands in the flow: it is an ordinary step and no compensation.")
            else:
                sentence = f"{label(node)} only compensates another step: it was taken out, as nothing is compensated here."
                paper.remove_node(node, "compensation", sentence)


def _cancel(paper: Paper) -> None:
    for node in paper.all_nodes():
        for definition in definitions(node):
            if local(definition) != "cancelEventDefinition" or local(node) not in {"endEvent", "boundaryEvent"}:
                continue
            _as_error(paper, node, definition)


def _as_error(paper: Paper, node: etree._Element, definition: etree._Element) -> None:
    scope = node.getparent()
    caught = local(node) == "boundaryEvent" or any(
        guest.get("attachedToRef") == (scope.get("id") if scope is not None else None) and kinds(guest) & {"cancel", "error"}
        for guest in paper.all_nodes()
    )
    if not caught:
        definition.tag = tag("terminateEventDefinition")
        paper.say("cancel", node, f"{label(node)} cancels what nothing catches: it ends everything in its sub-process instead.")
        return
    declared = next((error for error in paper.root.findall(tag("error")) if error.get("errorCode") == _CANCELLED), None)
    if declared is None:
        declared = etree.Element(tag("error"), {"id": paper.fresh(_CANCELLED), "name": _CANCELLED, "errorCode": _CANCELLED})
        paper.root.insert(0, declared)
        paper.take_id(declared.get("id", ""), declared)
    definition.tag = tag("errorEventDefinition")
    definition.set("errorRef", declared.get("id", ""))
    paper.say("cancel", node, f"{label(node)} cancels a transaction: it became an error {_CANCELLED!r}, which goes the same way.")


def _definitions(paper: Paper, node: etree._Element) -> None:
    kind, found = local(node), definitions(node)
    for definition in found:
        what = local(definition).removesuffix("EventDefinition")
        if what not in _meant_at(paper, node):
            node.remove(definition)
            paper.say(
                "event-made-plain", node, f"{label(node)} is a {what} event where that means nothing: it became a plain one."
            )
    left = definitions(node)
    for definition in left[1:]:
        node.remove(definition)
        one, other = (_what(paper, each) for each in (left[0], definition))
        paper.say(
            "event-several", node, f"{label(node)} waits for or throws several things: its {one} was kept, its {other} not."
        )
    if kind == "intermediateCatchEvent" and not definitions(node):
        paper.say("event-made-plain", node, f"{label(node)} waits for nothing: it became a plain event that is passed.")
        become(node, "intermediateThrowEvent")


def _what(paper: Paper, definition: etree._Element) -> str:
    """The kind of an event definition, with the name of what it refers to or its time: two may be of one kind."""
    kind = local(definition).removesuffix("EventDefinition")
    meant = paper.by_id(definition.get(f"{kind}Ref"))
    said = attribute(meant, "name") if meant is not None else " ".join("".join(map(str, definition.itertext())).split())
    return f"{kind} {said[:60]!r}" if said else kind


def _meant_at(paper: Paper, node: etree._Element) -> frozenset[str]:
    kind, scope = local(node), node.getparent()
    if kind != "startEvent" or scope is None:
        return _MEANT[kind]
    if scope is paper.process:
        return _MEANT[kind] - {"error", "escalation"}
    return _MEANT[kind] if is_true(scope, "triggeredByEvent") else frozenset()


def _attached(paper: Paper, node: etree._Element) -> None:
    host, scope = paper.by_id(node.get("attachedToRef")), node.getparent()
    for flow in paper.entering(node):
        paper.remove_flow(flow)
        paper.say("flow-removed", flow, f"{label(flow)} was taken out: no flow can lead into {label(node)}.")
    if host is None or local(host) not in ACTIVITIES or host.getparent() is not scope:
        what = "nothing" if host is None else f"{label(host)}, which is not a step beside it"
        paper.remove_node(node, "boundary-removed", f"{label(node)} is attached to {what}: it was taken out.")


def _uncaught(paper: Paper, node: etree._Element) -> None:
    """An error that nobody catches ends what it happens in, at once: that is what a terminate end says."""
    thrown = _error_code(paper, node)
    for scope in node.iterancestors():
        beside = [] if (parent := scope.getparent()) is None else paper.nodes(parent)
        edges = [guest for guest in beside if guest.get("attachedToRef") and guest.get("attachedToRef") == scope.get("id")]
        inside = [start for sub in paper.nodes(scope) if is_true(sub, "triggeredByEvent") for start in paper.nodes(sub)]
        catching = [event for event in (*edges, *inside) if "error" in kinds(event) and local(event) in _CATCHING]
        if any(_error_code(paper, event) in {None, thrown} for event in catching):
            return
        if scope is paper.process:
            break
    for definition in definitions(node):
        definition.tag = tag("terminateEventDefinition")
        drop(definition, "errorRef")
    paper.say(
        "error-not-caught", node, f"Nothing catches the error of {label(node)}: it ends everything around it at once instead."
    )


def _error_code(paper: Paper, event: etree._Element) -> str | None:
    references = [definition.get("errorRef") for definition in definitions(event)]
    declared = paper.by_id(references[0]) if references else None
    return None if declared is None else declared.get("errorCode") or declared.get("id")


def _plain_boundary(paper: Paper, node: etree._Element, host: etree._Element) -> None:
    """No engine can tell when this happens, but whoever does the step can."""
    what = "waits for nothing" if not definitions(node) else "waits for what only a machine throws"
    scope, leaving = host.getparent(), paper.leaving(host)
    assert scope is not None
    interrupting = node.get("cancelActivity") != "false"
    kind = "exclusiveGateway" if interrupting else "inclusiveGateway"
    gateway = paper.add_node(kind, scope, f"{host.get('id')}_went", host, node.get("name"))
    for flow in leaving:
        paper.lead(flow, source=gateway)
        set_condition(flow, None if interrupting else "true")
    paper.add_flow(host, gateway)
    paper.add_flow(gateway, node).set("name", attribute(node, "name") or attribute(node, "id"))
    for definition in definitions(node):
        node.remove(definition)
    drop(node, "attachedToRef", "cancelActivity")
    sentence = f"{label(node)} at the edge of {label(host)} {what}: it became a way out that people choose after the step."
    paper.say("plain-boundary", node, sentence)
    become(node, "intermediateThrowEvent")
    paper.moved.add(node)
