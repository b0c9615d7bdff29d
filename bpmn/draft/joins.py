"""Joins that wait for ways of which not all are taken: asked about, as only who drew them can say what was meant."""

from __future__ import annotations

from typing import Any

from lxml import etree

from bpmn.draft.paper import Paper
from bpmn.draft.things import become, condition_of, label, set_condition
from bpmn.draft.unfit import Unfit
from bpmn.graph import Graph
from bpmn.model import Model
from bpmn.tokens import Game, played


def waiting_joins(model: Model) -> list[str]:
    """The parallel gateways at which a case may wait for ever, in the order of the file: any choice before them is possible."""
    graph = Graph(model)
    stuck: set[str] = set()
    joins = [node for node in model.nodes if node.kind == "parallelGateway" and len(graph.entering[node.id]) > 1]
    linked = {node.scope for node in model.nodes if any(event.kind == "link" for event in node.events)}  # left to the gate
    for scope in dict.fromkeys(node.scope for node in joins):
        if scope not in linked and len(graph.starts(scope)) == 1:
            stuck |= played(Game(graph, scope))[0]
    return [node.id for node in joins if node.id in stuck]


def write_join(paper: Paper, gateway: etree._Element, answer: Any) -> None:
    """Let it wait for those ways alone that are taken; what it splits into is all taken, as before."""
    if answer != "inclusive":
        raise Unfit("write 'inclusive', or draw the join anew and hand the file in again")
    flows = paper.leaving(gateway)
    for flow in flows if len(flows) > 1 else ():
        if condition_of(flow) is None:
            set_condition(flow, "true")
    paper.say("join-made-inclusive", gateway, f"{label(gateway)} could wait for ever: it waits only for the ways that are taken.")
    become(gateway, "inclusiveGateway")
