"""Drawn events become specs: one maker for each kind of node, and what connects them beside the drawn flows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition, TerminateEventDefinition

from bpmn import Decision, Model, Node
from engine import spiff_awaited as awaited
from engine import spiff_events as events
from engine.expressions import compile_script
from engine.links import joined, link_of
from engine.spiff_clock import read_timer
from engine.spiff_specs import StartEvent

Maker = Callable[[Any, Node, Mapping[str, Decision]], Any]
Forms = Mapping[str, Mapping[str, Any]]


def definition_of(node: Node) -> Any:
    """What an event that waits waits for."""
    event = node.events[0]
    return read_timer(node.id, event) if event.kind == "timer" else awaited.awaited(node, event)


def _start(scope: Any, node: Node, _decisions: Mapping[str, Decision]) -> Any:
    return StartEvent(scope, node.id, NoneEventDefinition(), bpmn_name=node.name)


def _end(scope: Any, node: Node, _decisions: Mapping[str, Decision]) -> Any:
    terminates = any(event.kind == "terminate" for event in node.events)
    end = events.EndEvent(
        scope, node.id, TerminateEventDefinition() if terminates else NoneEventDefinition(), bpmn_name=node.name
    )
    end.throws = awaited.thrown_by(node)
    return end


def _throw(kind: Callable[..., Any]) -> Maker:
    def make(scope: Any, node: Node, _decisions: Mapping[str, Decision]) -> Any:
        spec = kind(scope, node.id, NoneEventDefinition(), bpmn_name=node.name)
        spec.throws = awaited.thrown_by(node)
        return spec

    return make


def _catch(scope: Any, node: Node, _decisions: Mapping[str, Decision]) -> Any:
    if link_of(node) is not None:  # passed: the throwing links lead to it
        return events.ThrowEvent(scope, node.id, NoneEventDefinition(), bpmn_name=node.name)
    return events.CatchEvent(scope, node.id, definition_of(node), bpmn_name=node.name)


def _receive(scope: Any, node: Node, _decisions: Mapping[str, Decision]) -> Any:
    return events.ReceiveTask(scope, node.id, definition_of(node), bpmn_name=node.name)


def _service(scope: Any, node: Node, _decisions: Mapping[str, Decision]) -> Any:
    payload = compile_script(node.payload) if node.payload else None
    return events.ServiceTask(scope, node.id, awaited.Answer(node.connector or "", node.id, payload), bpmn_name=node.name)


def _boundary(scope: Any, node: Node, _decisions: Mapping[str, Decision]) -> Any:
    return events.BoundaryEvent(scope, node.id, definition_of(node), node.interrupting, bpmn_name=node.name)


def _gateway(scope: Any, node: Node, _decisions: Mapping[str, Decision]) -> Any:
    return events.EventGateway(scope, node.id, bpmn_name=node.name)


EVENT_MAKERS: Mapping[str, Maker] = {
    "startEvent": _start,
    "endEvent": _end,
    "intermediateThrowEvent": _throw(events.ThrowEvent),
    "sendTask": _throw(events.SendTask),
    "intermediateCatchEvent": _catch,
    "receiveTask": _receive,
    "serviceTask": _service,
    "boundaryEvent": _boundary,
    "eventBasedGateway": _gateway,
}


def watch(start: Node, scope: Any, spec: Any) -> Any:
    """An event sub-process begins when its start event fires, and its end is one of the ends of the scope around it."""
    watch = events.Watch(scope, f"{start.scope}.Watch", definition_of(start))
    watch.interrupting = start.interrupting
    scope.start.connect(watch)
    watch.connect(spec)
    spec.connect(scope.end)
    return watch


def join_links(model: Model, made: Mapping[str, Any], entries: Mapping[str, Any]) -> None:
    """Connect each throwing link with its catching link."""
    for flow in joined(model):
        made[flow.source].connect(entries[flow.target])


def give_form(spec: Any, node: Node, forms: Forms) -> None:
    """Tell what waits for a message or signal which fields it may take in."""
    definition = getattr(spec, "event_definition", None)
    if isinstance(definition, awaited.Awaited) and node.form is not None:
        definition.schema = forms.get(node.form)
