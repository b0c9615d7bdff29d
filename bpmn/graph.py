"""A model with the ways through it worked out: what leaves and enters each node, where scopes begin, what can be got to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bpmn.model import Flow, Model, Node


@dataclass(frozen=True)
class Graph:
    """One model. Flows whose ends do not exist, or lie in another scope, lead nowhere here."""

    model: Model

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """The flows that connect two nodes of one scope, and what goes on like them."""
        known = self.model.by_id
        return tuple(
            flow
            for flow in (*self.model.flows, *self.more_flows())
            if flow.source in known and flow.target in known and known[flow.source].scope == known[flow.target].scope
        )

    def more_flows(self) -> tuple[Flow, ...]:
        """Ways that are not drawn as flows."""
        return ()

    @cached_property
    def leaving(self) -> Mapping[str, tuple[Flow, ...]]:
        """The flows out of each node, in the order of the file."""
        return _by(self.model.nodes, self.flows, lambda flow: flow.source)

    @cached_property
    def entering(self) -> Mapping[str, tuple[Flow, ...]]:
        """The flows into each node."""
        return _by(self.model.nodes, self.flows, lambda flow: flow.target)

    @cached_property
    def events_at(self) -> Mapping[str, tuple[Node, ...]]:
        """The boundary events of each node that has some."""
        found: dict[str, tuple[Node, ...]] = {}
        for node in self.model.nodes:
            if node.kind == "boundaryEvent" and node.attached_to is not None:
                found[node.attached_to] = (*found.get(node.attached_to, ()), node)
        return found

    def after(self, node_id: str) -> list[str]:
        """Where a token at this node can go in one step; from a step also to its boundary events."""
        nodes = [flow.target for flow in self.leaving[node_id]]
        return nodes + [event.id for event in self.events_at.get(node_id, ())]

    def within(self, scope: str) -> tuple[Node, ...]:
        """The nodes that stand directly in a process or sub-process."""
        return tuple(node for node in self.model.nodes if node.scope == scope)

    def scopes(self) -> tuple[str, ...]:
        """The ids of the process and of its sub-processes."""
        return (self.model.process_id, *(node.id for node in self.model.nodes if node.kind == "subProcess"))

    def reached(self, starts: Iterable[str], without: str | None = None) -> set[str]:
        """Everything a token at one of `starts` can get to, itself included, never completing the step `without`.

        The boundary events of that step are reached where it is: they fire while it is not done.
        """
        seen: set[str] = set()
        todo = list(starts)
        while todo:
            node_id = todo.pop()
            if node_id not in seen:
                seen.add(node_id)
                todo += [event.id for event in self.events_at.get(node_id, ())] if node_id == without else self.after(node_id)
        return seen

    def starts(self, scope: str) -> list[str]:
        """The ids of the start events of a scope."""
        return [node.id for node in self.within(scope) if node.kind == "startEvent"]


def is_always(flow: Flow) -> bool:
    """A condition that says `true` and nothing else."""
    return (flow.condition or "").strip().lower() == "true"


def _by(nodes: Iterable[Node], flows: Iterable[Flow], key: Callable[[Flow], str]) -> Mapping[str, tuple[Flow, ...]]:
    found: dict[str, list[Flow]] = {node.id: [] for node in nodes}
    for flow in flows:
        found[key(flow)].append(flow)
    return {node_id: tuple(group) for node_id, group in found.items()}
