"""Which parts of a scope cannot be reached from its start, and from which no end can be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from lxml import etree

from bpmn.draft.links import linked_to
from bpmn.draft.paper import Paper
from bpmn.draft.things import is_apart
from bpmn.names import ACTIVITIES
from bpmn.safexml import local

Nodes: TypeAlias = list[etree._Element]


def loose_heads(paper: Paper, scope: etree._Element) -> Nodes:
    """Where the pieces of a scope begin that cannot be reached from its start."""
    nodes = [node for node in paper.nodes(scope) if not is_apart(node)]
    starts = [node for node in nodes if local(node) == "startEvent"]
    if not starts:
        return []
    guests = _guests(nodes)
    apart = [node for node in paper.nodes(scope) if is_apart(node)]
    starts += [guest for node in apart for guest in guests.get(node.get("id", ""), [])]  # what is apart begins by itself

    def after(node: etree._Element) -> Nodes:
        targets = [paper.target(flow) for flow in paper.leaving(node)]
        further = linked_to(paper, node) if local(node) == "intermediateThrowEvent" else []
        return [target for target in targets if target is not None] + guests.get(node.get("id", ""), []) + further

    seen: set[etree._Element] = set()
    _reach(starts, after, seen)
    heads = []
    for node in sorted(nodes, key=lambda node: bool(paper.entering(node))):
        if node not in seen and local(node) != "boundaryEvent":
            heads.append(node)
            _reach([node], after, seen)
    return heads


def endless(paper: Paper, scope: etree._Element) -> etree._Element | None:
    """The best place for an exit from a part of the scope that never comes to an end; None when every part does."""
    nodes = [node for node in paper.nodes(scope) if not is_apart(node)]

    def before(node: etree._Element) -> Nodes:
        sources = [paper.source(flow) for flow in paper.entering(node)]
        links = linked_to(paper, node) if local(node) == "intermediateCatchEvent" else []
        return [source for source in (*sources, paper.by_id(node.get("attachedToRef")), *links) if source is not None]

    seen: set[etree._Element] = set()
    _reach([node for node in nodes if local(node) == "endEvent"], before, seen)
    left = [node for node in nodes if node not in seen and len(paper.leaving(node)) == 1 and local(node) != "startEvent"]
    steps = [node for node in left if local(node) in ACTIVITIES]
    return next(reversed(steps or left), None)


def _guests(nodes: Nodes) -> dict[str, Nodes]:
    """The boundary events by the id of their host."""
    guests: dict[str, Nodes] = {}
    for node in nodes:
        if host := node.get("attachedToRef"):
            guests.setdefault(host, []).append(node)
    return guests


def _reach(todo: Nodes, further: Callable[[etree._Element], Nodes], seen: set[etree._Element]) -> None:
    """Add to `seen` everything that can be got to from `todo`."""
    todo = list(todo)
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo += further(node)
