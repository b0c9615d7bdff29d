"""A model with the ways through it worked out, and how a rule says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from bpmn import Decision, Finding, Flow, Model, Node
from bpmn.errors import Severity
from engine.called import Called
from engine.links import joined

CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
GATEWAYS = CHOOSING | {"parallelGateway", "eventBasedGateway"}


@dataclass(frozen=True)
class Drawing:
    """One model and its decisions. Flows whose ends do not exist, or lie in another scope, lead nowhere here."""

    model: Model
    decisions: Mapping[str, Decision]
    called: Mapping[str, Called] | None = None
    """What its call activities call, by their words; None where that cannot be known."""

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """The flows that connect two nodes of one scope, and the links."""
        known = self.model.by_id
        return tuple(
            flow
            for flow in (*self.model.flows, *joined(self.model))
            if flow.source in known and flow.target in known and known[flow.source].scope == known[flow.target].scope
        )

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

    def decision_of(self, node: Node) -> Decision | None:
        """The decision a business rule task names, if it is there."""
        return self.decisions.get(node.decision or "") if node.kind == "businessRuleTask" else None

    def called_by(self, node: Node) -> Called | None:
        """The process that a call activity calls, if it is known."""
        return (self.called or {}).get(node.called or "") if node.kind == "callActivity" else None

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


def takes_time(drawing: Drawing, node: Node) -> bool:
    """Whether a person, a timer or the world outside is waited for in this node."""
    if node.kind == "subProcess":
        return any(takes_time(drawing, inner) for inner in drawing.within(node.id))
    if node.kind == "callActivity":  # a process that is not known is believed to
        return (one := drawing.called_by(node)) is None or _called_takes_time(one)
    waits = node.kind == "intermediateCatchEvent" and any(event.kind not in {"link", "conditional"} for event in node.events)
    return node.is_human or waits or node.kind in {"receiveTask", "serviceTask"}


def _called_takes_time(one: Called) -> bool:
    drawing = Drawing(one.bundle.model, one.bundle.decisions, one.called)
    return any(takes_time(drawing, node) for node in drawing.model.nodes)


def is_always(flow: Flow) -> bool:
    """A condition that says `true` and nothing else."""
    return (flow.condition or "").strip().lower() == "true"


Rule: TypeAlias = Callable[[Drawing], Iterator[Finding]]


def _by(nodes: Iterable[Node], flows: Iterable[Flow], key: Callable[[Flow], str]) -> Mapping[str, tuple[Flow, ...]]:
    found: dict[str, list[Flow]] = {node.id: [] for node in nodes}
    for flow in flows:
        found[key(flow)].append(flow)
    return {node_id: tuple(group) for node_id, group in found.items()}


def at_node(rule: str, node: Node, message: str, severity: Severity = "error", line: int | None = None) -> Finding:
    """A finding about a node."""
    return Finding(rule, message, node.id, node.name, line or node.line, severity)


def at_flow(rule: str, flow: Flow, message: str, severity: Severity = "error") -> Finding:
    """A finding about a flow."""
    return Finding(rule, message, flow.id, flow.name, flow.line, severity)
