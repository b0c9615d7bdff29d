"""The ways through a process: every flow connects two things that it can, and every split, start and end is drawn."""

from __future__ import annotations

from lxml import etree

from bpmn.draft.links import linked_to
from bpmn.draft.paper import Paper
from bpmn.draft.things import become, condition_of, definitions, drop, is_apart, is_true, kinds, label
from bpmn.names import FLOW_NODES, GATEWAYS, tag
from bpmn.safexml import attribute, local

_AFTER_RACE = frozenset({"message", "timer", "signal", "conditional"})


def settle_flows(paper: Paper) -> None:
    """Flows that lead from or to nothing, over a border, into a beginning or out of an end."""
    for scope in paper.scopes():
        for node in paper.nodes(scope):
            _passed_end(paper, node)
            if not is_true(scope, "triggeredByEvent"):
                _entered_start(paper, node)
    for flow in list(paper.flows()):
        if (reason := _reason_against(paper, flow)) is not None:
            paper.remove_flow(flow)
            paper.say("flow-removed", flow, f"{label(flow)} {reason}: it was taken out.")
        elif (scope := _ends_parent(paper, flow)) is not flow.getparent():
            scope.append(flow)
            paper.say(
                "flow-moved",
                flow,
                f"{label(flow)} was written outside the sub-process that holds its ends: it was moved in.",
            )


def settle_starts(paper: Paper) -> None:
    """The process and each sub-process begin in exactly one place."""
    for scope in paper.scopes():
        nodes = paper.nodes(scope)
        starts = [node for node in nodes if local(node) == "startEvent"]
        if is_true(scope, "triggeredByEvent") or not nodes:
            continue
        if not starts:
            _add_start(paper, scope, nodes)
        elif len(starts) > 1:
            _one_start(paper, scope, starts)


def settle_ends(paper: Paper) -> None:
    """Where nothing follows, an end event says so."""
    for scope in paper.scopes():
        for node in paper.nodes(scope):
            if not paper.leaving(node) and local(node) != "endEvent" and not is_apart(node) and not linked_to(paper, node):
                end = paper.add_node("endEvent", scope, f"{node.get('id')}_end", node)
                paper.add_flow(node, end)
                paper.say("end-added", end, f"Nothing followed {label(node)}: an end event was added behind it.")


def settle_splits(paper: Paper) -> None:
    """Where several flows leave a step or an event, a gateway says which of them are taken."""
    for scope in paper.scopes():
        for node in paper.nodes(scope):
            if local(node) not in GATEWAYS and len(paper.leaving(node)) > 1:
                _split(paper, scope, node)
    for node in paper.all_nodes():
        if local(node) == "eventBasedGateway":
            _race(paper, node)


def _reason_against(paper: Paper, flow: etree._Element) -> str | None:
    source, target = paper.source(flow), paper.target(flow)
    if source is None or target is None:
        return "leads from or to nothing"
    if not (_is_node(paper, source) and _is_node(paper, target)):
        return "leads from or to something that is no step, event or gateway of this process"
    if source.getparent() is not target.getparent():
        return f"crosses the border of a sub-process, from {label(source)} to {label(target)}"
    if local(target) in {"startEvent", "boundaryEvent"}:
        return f"leads into {label(target)}, where nothing can lead"
    if local(source) == "endEvent":
        return f"leaves {label(source)}, where everything ends"
    apart = [node for node in (source, target) if is_apart(node)]
    return f"leads to or from {label(apart[0])}, which stands outside the flow" if apart else None


def _is_node(paper: Paper, element: etree._Element) -> bool:
    return local(element) in FLOW_NODES and paper.process in element.iterancestors()


def _ends_parent(paper: Paper, flow: etree._Element) -> etree._Element:
    source = paper.source(flow)
    assert source is not None
    scope = source.getparent()
    assert scope is not None
    return scope


def _passed_end(paper: Paper, node: etree._Element) -> None:
    """An end from which a flow leads on is an event that is passed."""
    if local(node) == "endEvent" and paper.leaving(node) and not kinds(node) & {"terminate", "error"}:
        paper.say("end-passed", node, f"A flow leads on from {label(node)}: it became an event that is passed.")
        become(node, "intermediateThrowEvent")


def _entered_start(paper: Paper, node: etree._Element) -> None:
    """A start into which a flow leads is an event that is passed, or waited for."""
    if local(node) != "startEvent" or not paper.entering(node):
        return
    drop(node, "isInterrupting", "parallelMultiple")
    paper.say("start-entered", node, f"A flow leads into {label(node)}: it became an event on the way.")
    become(node, "intermediateCatchEvent" if definitions(node) else "intermediateThrowEvent")


def _add_start(paper: Paper, scope: etree._Element, nodes: list[etree._Element]) -> None:
    """What nothing leads to begins with the case; if something leads to everything, the first that is drawn."""
    inside = [node for node in nodes if not is_apart(node) and local(node) != "boundaryEvent"]
    heads = [node for node in inside if not paper.entering(node) and not _is_linked_to(paper, node)] or inside[:1]
    if not heads:
        return
    start = paper.add_node("startEvent", scope, f"{scope.get('id')}_start", heads[0])
    target = heads[0]
    if len(heads) > 1:
        target = paper.add_node("parallelGateway", scope, f"{scope.get('id')}_begin", heads[0])
        for head in heads:
            paper.add_flow(target, head)
    paper.add_flow(start, target)
    names = ", ".join(label(head) for head in heads[:5])
    paper.say("start-added", start, f"There was no start event in {label(scope)}: one was added before {names}.")


def _is_linked_to(paper: Paper, node: etree._Element) -> bool:
    return local(node) == "intermediateCatchEvent" and bool(linked_to(paper, node))


def _one_start(paper: Paper, scope: etree._Element, starts: list[etree._Element]) -> None:
    """Several starts of a process are several ways to begin, of which people choose one; in a sub-process all begin."""
    begins = scope is paper.process
    start = paper.add_node("startEvent", scope, f"{scope.get('id')}_start", starts[0])
    gateway = paper.add_node("exclusiveGateway" if begins else "parallelGateway", scope, f"{scope.get('id')}_begin", starts[0])
    paper.add_flow(start, gateway)
    for one in starts:
        what = "".join(f", a {kind} event," for kind in sorted(kinds(one)))
        for definition in definitions(one):
            one.remove(definition)
        _hand_over(paper, one, start)
        drop(one, "isInterrupting", "parallelMultiple")
        flow = paper.add_flow(gateway, one)
        flow.set("name", attribute(one, "name") or attribute(one, "id"))
        way = "is one of the ways to begin, of which people choose one" if begins else "begins together with the other starts"
        paper.say(
            "several-starts", one, f"{label(one)}{what} was one of {len(starts)} starts: it became an event on the way and {way}."
        )
        become(one, "intermediateThrowEvent")


def _hand_over(paper: Paper, old: etree._Element, start: etree._Element) -> None:
    """The form of the first start that has one is asked for by the start that is left."""
    for holder in old.findall(tag("extensionElements")):
        if start.find(tag("extensionElements")) is None:
            start.append(holder)
        else:
            old.remove(holder)


def _split(paper: Paper, scope: etree._Element, node: etree._Element) -> None:
    flows = paper.leaving(node)
    chosen = node.get("default") is not None or any(condition_of(flow) for flow in flows)
    bare = [flow for flow in flows if condition_of(flow) is None]
    kind = "parallelGateway"
    if chosen:
        one_is_left = len(flows) == 2 and len(bare) == 1 and node.get("default") == bare[0].get("id")
        kind = "exclusiveGateway" if one_is_left else "inclusiveGateway"
    gateway = paper.add_node(kind, scope, f"{node.get('id')}_split", node)
    if (default := node.get("default")) is not None:
        gateway.set("default", default)
        del node.attrib["default"]
    for flow in flows:
        paper.lead(flow, source=gateway)
    paper.add_flow(node, gateway)
    what = {
        "parallelGateway": "a parallel gateway, as all are taken",
        "inclusiveGateway": "an inclusive gateway, as they have conditions",
    }
    said = what.get(kind, "an exclusive gateway, as one is the default")
    paper.say("split-added", gateway, f"{len(flows)} flows leave {label(node)}: {said}, was put behind it.")


def _race(paper: Paper, gateway: etree._Element) -> None:
    """An event-based gateway waits for the first of several events; where steps follow instead, people choose."""
    flows = paper.leaving(gateway)
    targets = [target for flow in flows if (target := paper.target(flow)) is not None]
    events = [
        node
        for node in targets
        if local(node) == "receiveTask" or (kinds(node) & _AFTER_RACE and local(node) == "intermediateCatchEvent")
    ]
    if len(events) == len(flows) > 1:
        return
    drop(gateway, "instantiate", "eventGatewayType")
    paper.say(
        "event-gateway",
        gateway,
        f"Not only events follow {label(gateway)}: it became a choice that people make.",
    )
    become(gateway, "exclusiveGateway")
