"""Rules about events that only something inside the drawing can make happen: errors and escalations that nobody reports."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn import EventDefinition, Finding, Node
from engine.runnable.drawing import Drawing, at_node
from engine.spiff_awaited import name_of

_REPORTED = frozenset({"error", "escalation"})


def can_happen(drawing: Drawing) -> Iterator[Finding]:
    """What waits for an error or an escalation has something that reports it: drawn, called or asked."""
    for node in drawing.model.nodes:
        for event in node.events if node.kind in {"startEvent", "boundaryEvent"} else ():
            if event.kind in _REPORTED and not any(_reports(one, event) for one in _inside(drawing, node)):
                what = "error" if event.kind == "error" else "escalation"
                message = f"nothing here reports this {what}, so it never happens: remove it, or draw where it is reported"
                yield at_node("never-happens", node, message, "warning", line=event.line)


def _inside(drawing: Drawing, catcher: Node) -> Iterator[Node]:
    """Everything that the catcher listens to: what is in its host, or what stands beside its event sub-process."""
    if catcher.kind == "boundaryEvent":
        host = drawing.model.by_id.get(catcher.attached_to or "")
        todo = [host] if host is not None else []
    else:
        around = drawing.model.by_id.get(catcher.scope)
        scope = around.scope if around is not None else catcher.scope
        todo = [node for node in drawing.within(scope) if node.id != catcher.scope]
    while todo:
        node = todo.pop()
        yield node
        if node.kind == "subProcess":
            todo += drawing.within(node.id)


def _reports(node: Node, caught: EventDefinition) -> bool:
    """Whether this node may report it; what is called or asked may report anything."""
    if node.kind == "callActivity" or (node.kind == "serviceTask" and caught.kind == "error"):
        return True
    throws = node.kind in {"endEvent", "intermediateThrowEvent"}
    return throws and any(event.kind == caught.kind and name_of(caught) in (None, name_of(event)) for event in node.events)
