"""Rules about the ways through a process: where they begin, split, lead and end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bpmn import Finding, Flow
from bpmn.graph import is_always
from engine.expressions import ExpressionError, compile_expression
from engine.runnable.drawing import CHOOSING, GATEWAYS, Drawing, at_flow, at_node, takes_time


def known_place(drawing: Drawing) -> Iterator[Finding]:
    """Every element stands in the process or in a sub-process of it."""
    within = {drawing.model.process_id}
    todo = [node for node in drawing.model.nodes if node.scope in within]
    while todo:
        node = todo.pop()
        if node.kind == "subProcess" and node.id not in within:
            within.add(node.id)
            todo += drawing.within(node.id)
    for node in drawing.model.nodes:
        if node.scope not in within:
            yield at_node("lost-element", node, "it stands in no process or sub-process that runs: move or remove it")


def one_start(drawing: Drawing) -> Iterator[Finding]:
    """A process, and each sub-process, has exactly one start event, and at least one end."""
    model = drawing.model
    for scope in drawing.scopes():
        place = model.by_id.get(scope)
        name, line = (place.name, place.line) if place else (model.name, model.line)
        starts = drawing.starts(scope)
        if len(starts) != 1:
            message = f"there are {len(starts) or 'no'} start events: draw exactly one"
            yield Finding("one-start", message, scope, name, line)
        if not any(node.kind == "endEvent" for node in drawing.within(scope)):
            yield Finding("no-end", "there is no end event: draw where the work is over", scope, name, line)


def flow_ends(drawing: Drawing) -> Iterator[Finding]:
    """A flow connects two elements of one process or sub-process; none leads into a start or a boundary event."""
    known = drawing.model.by_id
    for flow in drawing.model.flows:
        missing = [node_id for node_id in (flow.source, flow.target) if node_id not in known]
        if missing:
            yield at_flow("dangling", flow, f"the flow leads from or to {missing[0]!r}, which does not exist: connect it")
        elif known[flow.source].scope != known[flow.target].scope:
            yield at_flow("dangling", flow, "the flow crosses the edge of a sub-process: end it there and start again behind")
        elif known[flow.target].kind in {"startEvent", "boundaryEvent"}:
            yield at_flow("flow-into-event", flow, f"a flow cannot lead into {known[flow.target].name!r}: connect it to a step")
        elif known[flow.source].kind == "endEvent":
            yield at_flow("flow-after-end", flow, "nothing follows an end event: remove the flow or use an intermediate event")


def ways_out(drawing: Drawing) -> Iterator[Finding]:
    """Everything but an end leads on, and only gateways lead on in several ways."""
    for node in drawing.model.nodes:
        count = len(drawing.leaving[node.id])
        if count == 0 and node.kind != "endEvent" and not node.triggered_by_event:
            yield at_node("dead-end", node, "nothing follows: connect it to the next step or to an end event")
        if count > 1 and node.kind not in GATEWAYS:
            yield at_node("split", node, f"{count} flows leave it: put a gateway behind it that says which is taken")


def ways_in(drawing: Drawing) -> Iterator[Finding]:
    """Everything can be reached from the start, and an end can be reached from everything."""
    for scope in drawing.scopes():
        starts = drawing.starts(scope)
        if len(starts) != 1:
            continue
        reached = drawing.reached(starts)
        ending = _can_end(drawing, scope)
        for node in drawing.within(scope):
            if node.triggered_by_event:
                continue
            if node.id not in reached:
                yield at_node("unreachable", node, "no way leads here from the start: connect it or remove it")
            elif node.id not in ending:
                yield at_node("never-ends", node, "no way leads from here to an end: draw one")


def _can_end(drawing: Drawing, scope: str) -> set[str]:
    before: dict[str, list[str]] = {}
    for node in drawing.within(scope):
        for target in drawing.after(node.id):
            before.setdefault(target, []).append(node.id)
    seen: set[str] = set()
    todo = [node.id for node in drawing.within(scope) if node.kind == "endEvent"]
    while todo:
        node_id = todo.pop()
        if node_id not in seen:
            seen.add(node_id)
            todo += before.get(node_id, [])
    return seen


def conditions(drawing: Drawing) -> Iterator[Finding]:
    """Conditions stand on the ways out of choosing gateways, all but the default, and can be read."""
    for flow in drawing.flows:
        source = drawing.model.by_id[flow.source]
        if flow.condition is None:
            continue
        if source.kind not in CHOOSING:
            yield at_flow(
                "condition-ignored", flow, f"a condition on a way out of {source.name!r} has no effect: put a gateway there"
            )
        elif len(drawing.leaving[source.id]) == 1:
            yield at_flow("condition-ignored", flow, "a condition on the only way out can only stop the case: remove it")
        elif flow.id == source.default:
            yield at_flow("default-condition", flow, "the default is taken when nothing else fits: remove its condition")
        else:
            yield from _readable(flow)


def _readable(flow: Flow) -> Iterator[Finding]:
    try:
        compile_expression(flow.condition or "")
    except ExpressionError as error:
        yield at_flow("condition", flow, f"the condition {(flow.condition or '')[:60]!r} cannot be used: {error}")


def every_choice_decided(drawing: Drawing) -> Iterator[Finding]:
    """A choosing gateway knows a way out whatever the data says."""
    for node in drawing.model.nodes:
        flows = drawing.leaving[node.id]
        if node.default is not None and node.default not in {flow.id for flow in flows}:
            yield at_node("default", node, f"its default {node.default!r} is no way out of it: choose one of them")
        if node.default is not None and node.kind not in CHOOSING:
            yield at_node("default", node, "a default has an effect at gateways that choose only: put a gateway behind it")
        if node.kind not in CHOOSING or len(flows) < 2:
            continue
        for flow in flows:
            if flow.condition is None and flow.id != node.default:
                yield at_flow("no-condition", flow, f"this way out of {node.name!r} needs a condition, or make it the default")
        if node.default is None and not any(is_always(flow) for flow in flows):
            yield at_node("no-default", node, "when no condition is met the case would stop here: make one way out the default")


def no_busy_loop(drawing: Drawing) -> Iterator[Finding]:
    """Every way round passes a person or a timer."""
    instant = {node.id for node in drawing.model.nodes if not takes_time(drawing, node)}
    edges = {node_id: [t for t in drawing.after(node_id) if t in instant] for node_id in instant}
    for node in drawing.model.nodes:
        if node.id in instant and node.kind in GATEWAYS and _round(node.id, edges):
            yield at_node("busy-loop", node, "a way leads back here past no person and no timer: put a step or a timer into it")


def _round(start: str, edges: Mapping[str, list[str]]) -> bool:
    seen: set[str] = set()
    todo = list(edges[start])
    while todo:
        node_id = todo.pop()
        if node_id == start:
            return True
        if node_id not in seen:
            seen.add(node_id)
            todo += edges[node_id]
    return False
