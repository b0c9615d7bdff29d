"""A model becomes SpiffWorkflow specs, built from our own values: no uploaded file ever reaches SpiffWorkflow's parser.

That parser loses flows without ids and nodes with reserved ids without a word, orders conditions by where shapes lie in the
diagram, and ends in a RecursionError beyond some 490 nodes (measured for 3.2.0). The order here is the order of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bpmn import Decision, Flow, Model, Node
from engine import spiff_specs as specs
from engine.called import BETWEEN, Called, calls_of
from engine.expressions import compile_expression, compile_script
from engine.links import joined
from engine.spiff_calls import CallActivity
from engine.spiff_event_makers import EVENT_MAKERS, Forms, Maker, give_form, join_links, watch
from engine.spiff_joins import InclusiveGateway, ParallelGateway, sources_of
from engine.spiff_repeat import Plan, Repeat

NOTHING: Mapping[str, Called] = MappingProxyType({})
_CHOOSING = {"exclusiveGateway", "inclusiveGateway"}


@dataclass(frozen=True)
class Specs:
    """What a case of one model runs on: the process, its sub-processes by id. Shared by all cases, changed by none."""

    top: Any
    subs: Mapping[str, Any]


def build(
    model: Model,
    decisions: Mapping[str, Decision],
    forms: Forms | None = None,
    called: Mapping[str, Called] = NOTHING,
    path: str = "",
    code: str | None = None,
) -> Specs:
    """The specs of a model that the gate has let through; anything else may raise KeyError, ValueError or ExpressionError.

    `called` has what its call activities call. A process that is itself called has the `path` of the calls that lead to it, and
    its `code`: specs live under path and id, so that two processes may use one id.
    """
    scopes = {model.process_id: _scope(path.removesuffix(BETWEEN) or model.process_id, path, code)}
    scopes |= {node.id: _scope(path + node.id, path, code) for node in model.nodes if node.kind == "subProcess"}
    made = {node.id: _made(scopes, node, decisions) for node in model.nodes}
    entries = _guarded(model, scopes, made)
    for flow in model.flows:
        _connect(model.by_id[flow.source], flow, made[flow.source], entries[flow.target])
    join_links(model, made, entries)
    for node in model.nodes:
        body = scopes.get(f"{node.id}.Each")
        give_form(made[node.id] if body is None else body.task_specs[node.id], node, forms or {})
        if node.triggered_by_event:
            start = next(inner for inner in model.nodes if inner.scope == node.id and inner.kind == "startEvent")
            give_form(watch(start, scopes[node.scope], made[node.id]), start, forms or {})
        elif node.kind == "startEvent":
            scopes[node.scope].start.connect(made[node.id])
        elif node.kind == "endEvent":
            made[node.id].connect(scopes[node.scope].end)
        elif node.kind == "inclusiveGateway":
            made[node.id].sources = sources_of(made[node.id])
    subs = {spec.name: spec for scope, spec in scopes.items() if scope != model.process_id}
    for node in calls_of(model):
        body = scopes.get(f"{node.id}.Each")
        call = made[node.id] if body is None else body.task_specs[node.id]
        subs |= _linked(call, node, called[node.called or ""], f"{path}{node.id}{BETWEEN}")
    return Specs(scopes[model.process_id], subs)


def _scope(name: str, path: str, code: str | None) -> Any:
    spec = specs.CaseSpec(name)
    spec.path, spec.process = path, code
    return spec


def _linked(call: Any, node: Node, one: Called, path: str) -> dict[str, Any]:
    """The specs of a called process and of all that it calls, by their names."""
    call.call(node, one)
    built = build(one.bundle.model, one.bundle.decisions, one.bundle.forms, one.called, path, one.code)
    built.top.isolated = True
    return {built.top.name: built.top} | dict(built.subs)


def _made(scopes: dict[str, Any], node: Node, decisions: Mapping[str, Decision]) -> Any:
    make, scope = _MAKERS[node.kind], scopes[node.scope]
    if node.repeat is None:
        return make(scope, node, decisions)
    host = Repeat(scope, node.id, **_named(node))
    host.plan = Plan.of(node.repeat)
    host.keeps_own = node.kind != "subProcess"
    host.body = scope.path + node.id
    if host.keeps_own:  # anything but a sub-process, which is a body already
        host.body += ".Each"
        body = scopes[f"{node.id}.Each"] = _scope(host.body, scope.path, scope.process)
        inner = make(body, node, decisions)
        body.start.connect(inner)
        inner.connect(body.end)
    return host


def _guarded(model: Model, scopes: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
    """By id what a flow to that node leads to: the node itself, or what stands before it when it has boundary events."""
    entries = dict(made)
    for event in model.nodes:
        host = event.attached_to
        if host is None or event.kind != "boundaryEvent":
            continue
        if entries[host] is made[host]:
            entries[host] = specs.Guards(scopes[event.scope], f"{host}.BoundaryEventSplit")
            entries[host].connect(made[host])
        entries[host].connect(made[event.id])
    return entries


def _connect(source: Node, flow: Flow, spec: Any, target: Any) -> None:
    if source.kind in _CHOOSING and flow.condition is not None and flow.id != source.default:
        spec.connect_if(specs.Condition(compile_expression(flow.condition), source.name or source.id), target)
    else:
        spec.connect(target)


def _named(node: Node) -> dict[str, str]:
    return {"bpmn_name": node.name}


def _plain(kind: Callable[..., Any]) -> Callable[[Any, Node, Mapping[str, Decision]], Any]:
    return lambda scope, node, _decisions: kind(scope, node.id, **_named(node))


def _script(scope: Any, node: Node, _decisions: Mapping[str, Decision]) -> Any:
    spec = specs.ScriptTask(scope, node.id, node.script or "", **_named(node))
    spec.compiled = compile_script(node.script or "")
    return spec


def _decision(scope: Any, node: Node, decisions: Mapping[str, Decision]) -> Any:
    spec = specs.DecisionTask(scope, node.id, **_named(node))
    spec.decision = decisions[node.decision or ""]
    return spec


_MAKERS: Mapping[str, Maker] = {
    **EVENT_MAKERS,
    "task": _plain(specs.PlainTask),
    "userTask": _plain(specs.UserTask),
    "manualTask": _plain(specs.ManualTask),
    "exclusiveGateway": _plain(specs.ExclusiveGateway),
    "parallelGateway": _plain(ParallelGateway),
    "inclusiveGateway": _plain(InclusiveGateway),
    "scriptTask": _script,
    "businessRuleTask": _decision,
    "subProcess": lambda scope, node, _d: specs.SubProcess(scope, node.id, scope.path + node.id, **_named(node)),
    "callActivity": lambda scope, node, _d: CallActivity(scope, node.id, scope.path + node.id, **_named(node)),
}

RUNNABLE = frozenset(_MAKERS)
"""The kinds of node that can be run at all."""


def differences(built: Specs, model: Model) -> Iterator[str]:
    """Ids of nodes and flows in which the specs and the model do not say the same; nothing if they agree."""
    scopes = {model.process_id: built.top} | dict(built.subs)
    flows: dict[str, list[str]] = {node.id: [] for node in model.nodes}
    for flow in (*model.flows, *joined(model)):
        flows[flow.source].append(flow.target)
    for node in model.nodes:
        spec = scopes[node.scope].task_specs.get(node.id) if node.scope in scopes else None
        if spec is None or getattr(spec, "bpmn_id", None) != node.id:
            yield node.id
            continue
        targets = [name.removesuffix(".BoundaryEventSplit") for name in spec._outputs if not name.endswith(".EndJoin")]
        if sorted(targets) != sorted(flows[node.id]):
            yield node.id


def unknown_specs(built: Specs, model: Model) -> Iterator[str]:
    """Ids that the specs claim to be of the drawing and that the model does not have; `<id>.<word>` stands beside a node."""
    known = {node.id for node in model.nodes}
    for scope in (built.top, *(sub for sub in built.subs.values() if not sub.path)):
        for spec in scope.task_specs.values():
            claimed = str(getattr(spec, "bpmn_id", None) or "")
            if claimed and claimed not in known and claimed.rpartition(".")[0] not in known:
                yield claimed
