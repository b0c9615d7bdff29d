"""A model with the ways through it worked out, and how a rule says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bpmn import Decision, Finding, Flow, Node
from bpmn.errors import Severity
from bpmn.graph import Graph
from engine.called import Called
from engine.links import joined

CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
GATEWAYS = CHOOSING | {"parallelGateway", "eventBasedGateway"}


@dataclass(frozen=True)
class Drawing(Graph):
    """One model and its decisions, with the ways through it."""

    decisions: Mapping[str, Decision]
    called: Mapping[str, Called] | None = None
    """What its call activities call, by their words; None where that cannot be known."""

    def more_flows(self) -> tuple[Flow, ...]:
        """A throwing link goes on at the catching one of its name."""
        return tuple(joined(self.model))

    def decision_of(self, node: Node) -> Decision | None:
        """The decision a business rule task names, if it is there."""
        return self.decisions.get(node.decision or "") if node.kind == "businessRuleTask" else None

    def called_by(self, node: Node) -> Called | None:
        """The process that a call activity calls, if it is known."""
        return (self.called or {}).get(node.called or "") if node.kind == "callActivity" else None


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


Rule: TypeAlias = Callable[[Drawing], Iterator[Finding]]


def at_node(rule: str, node: Node, message: str, severity: Severity = "error", line: int | None = None) -> Finding:
    """A finding about a node."""
    return Finding(rule, message, node.id, node.name, line or node.line, severity)


def at_flow(rule: str, flow: Flow, message: str, severity: Severity = "error") -> Finding:
    """A finding about a flow."""
    return Finding(rule, message, flow.id, flow.name, flow.line, severity)
