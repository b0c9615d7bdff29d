"""Link events: a way that is not drawn, from each throwing link to the catching link of its name in the same scope."""

from __future__ import annotations

from bpmn import Flow, Model, Node


def link_of(node: Node) -> str | None:
    """The name of a link event; None for any other node."""
    return next((event.code or "" for event in node.events if event.kind == "link"), None)


def joined(model: Model) -> tuple[Flow, ...]:
    """A flow for each throwing link that has a catching link of its name; where several catch, to the first."""
    catching: dict[tuple[str, str], Node] = {}
    for node in model.nodes:
        if node.kind == "intermediateCatchEvent" and (name := link_of(node)):
            catching.setdefault((node.scope, name), node)
    return tuple(
        Flow(f"{node.id}.link", node.id, target.id, node.line, node.scope, name)
        for node in model.nodes
        if node.kind == "intermediateThrowEvent"
        and (name := link_of(node))
        and (target := catching.get((node.scope, name))) is not None
    )
