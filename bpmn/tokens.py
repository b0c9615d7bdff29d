"""A token game over the drawing of one scope: every combination of choices, played one node at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from bpmn.graph import Graph, is_always
from bpmn.model import Flow, Node

MAX_MARKINGS = 1_500
MAX_WAYS = 64
MAX_TOKENS = 3  # on one flow; beyond it the drawing is reported and not followed further

Marking = tuple[tuple[str, int], ...]
"""Flows with the number of tokens on each, sorted."""


def played(game: Game) -> tuple[set[str], set[str]]:
    """The nodes at which a token may wait for ever, and those to which two may come by one flow.

    Conditions are not looked at: any choice is possible. Beyond MAX_MARKINGS combinations the game stops.
    """
    seen: set[Marking] = set()
    stuck: set[str] = set()
    twice: set[str] = set()
    todo = [game.first()]
    while todo and len(seen) < MAX_MARKINGS:
        marking = todo.pop()
        if marking in seen:
            continue
        seen.add(marking)
        twice.update(game.by_flow[flow].target for flow, count in marking if count > 1)
        if any(count >= MAX_TOKENS for _, count in marking):
            continue
        node, moves = game.next(Counter(dict(marking)))
        if node is None:
            stuck.update(game.by_flow[flow].target for flow, _ in marking)
        todo += [game.frozen(after) for after, _ in moves]
    return stuck, twice


class Game:
    """The drawing of one scope as a game: tokens lie on flows, a move takes them through one node."""

    def __init__(self, graph: Graph, scope: str) -> None:
        self.graph = graph
        self.nodes = graph.within(scope)
        self.by_flow = {flow.id: flow for flow in graph.flows}
        self._order = {node.id: number for number, node in enumerate(self.nodes)}
        self._start = graph.starts(scope)[0]
        self._sources = {node.id: _sources(graph, node) for node in self.nodes if _joins_some(graph, node)}

    def first(self) -> Marking:
        """Where a case begins."""
        return self.frozen(Counter(flow.id for flow in self.graph.leaving[self._start]))

    def frozen(self, tokens: Mapping[str, int]) -> Marking:
        """A marking that can be remembered."""
        return tuple(sorted((flow, count) for flow, count in tokens.items() if count > 0))

    def next(self, tokens: Counter[str], last: str | None = None) -> tuple[Node | None, list[tuple[Counter[str], bool]]]:
        """The node that goes on next and what may come of it, each with whether the node was done (not interrupted).

        One node at a time is enough, as tokens elsewhere do not get in its way; inclusive joins come last, since what
        other tokens do decides whether they may go on, and after them the step `last`, which a slow person does.
        """
        here = sorted({self.by_flow[flow].target for flow in tokens}, key=self._order.__getitem__)
        nodes = [self.graph.model.by_id[node_id] for node_id in here]
        for node in sorted(nodes, key=lambda node: (node.id == last, node.id in self._sources)):
            taken = self._taken(node, tokens)
            if taken is not None:
                return node, self._fire(node, tokens - taken)
        return None, []

    def _taken(self, node: Node, tokens: Counter[str]) -> Counter[str] | None:
        entering = [flow.id for flow in self.graph.entering[node.id]]
        arrived = [flow for flow in entering if tokens[flow]]
        if node.kind == "parallelGateway":
            return Counter(entering) if len(arrived) == len(entering) else None
        if node.id in self._sources:
            return Counter(arrived) if self._nobody_else_comes(node, tokens, arrived) else None
        return Counter(arrived[:1])

    def _nobody_else_comes(self, node: Node, tokens: Counter[str], arrived: list[str]) -> bool:
        sources = self._sources[node.id]
        served: set[str] = set().union(*(sources[flow] for flow in arrived))
        missing: set[str] = set().union(*(found for flow, found in sources.items() if flow not in arrived))
        elsewhere = {self.by_flow[flow].target for flow in tokens if self.by_flow[flow].target != node.id}
        return not (elsewhere & missing - served)

    def _fire(self, node: Node, left: Counter[str]) -> list[tuple[Counter[str], bool]]:
        if node.kind == "endEvent" and any(event.kind == "terminate" for event in node.events):
            return [(Counter(), True)]
        return [(left + Counter(way), done) for way, done in self._ways(node)]

    def _ways(self, node: Node) -> list[tuple[list[str], bool]]:
        """The sets of flows that may get a token when this node goes on, and whether it was done then."""
        flows = self.graph.leaving[node.id]
        leaving = [flow.id for flow in flows]
        if node.kind in {"exclusiveGateway", "eventBasedGateway"}:
            return [([flow], True) for flow in leaving]
        if node.kind == "inclusiveGateway":
            return [(way, True) for way in _subsets(flows, node.default)]
        ways = [(leaving, True)]
        for event in self.graph.events_at.get(node.id, ()):
            out = [flow.id for flow in self.graph.leaving[event.id]]
            ways.append((out, False) if event.interrupting else ([*leaving, *out], True))
        return ways


def _joins_some(graph: Graph, node: Node) -> bool:
    return node.kind == "inclusiveGateway" and len(graph.entering[node.id]) > 1


def _subsets(flows: Sequence[Flow], default: str | None) -> list[list[str]]:
    """What an inclusive gateway may choose: what is always true, any of the conditions, else the default."""
    always = [flow.id for flow in flows if is_always(flow)] if len(flows) > 1 else [flow.id for flow in flows]
    perhaps = [flow.id for flow in flows if flow.id not in {*always, default}]
    chosen = [[*always, *way] for size in range(len(perhaps) + 1) for way in combinations(perhaps, size)]
    return [way for way in chosen if way][:MAX_WAYS] + ([[default]] if default is not None and not always else [])


def _sources(graph: Graph, gateway: Node) -> dict[str, set[str]]:
    """For each incoming flow: the nodes from which a token could still get to it without passing the gateway."""
    before: dict[str, list[str]] = {}
    for node in graph.within(gateway.scope):
        for target in graph.after(node.id):
            before.setdefault(target, []).append(node.id)
    found = {}
    for flow in graph.entering[gateway.id]:
        seen: set[str] = set()
        todo = [flow.source]
        while todo:
            node_id = todo.pop()
            if node_id != gateway.id and node_id not in seen:
                seen.add(node_id)
                todo += before.get(node_id, [])
        found[flow.id] = seen
    return found
