"""Rules about events: what each may wait for or throw where it stands, and that the two sides of it fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from bpmn import EventDefinition, Finding, Node
from engine.expressions import ExpressionError, compile_expression, compile_script
from engine.links import link_of
from engine.runnable.drawing import Drawing, at_node
from engine.spiff_awaited import OUTSIDE, name_of
from engine.spiff_clock import CycleTimer, TimerError, read_timer

INSTANT = frozenset({"scriptTask", "businessRuleTask", "sendTask"})
_THROWS_OUT = frozenset({"subProcess", "callActivity"})
_MESSAGE_FLOW = re.compile(rb"<(?:[\w.-]+:)?messageFlow[\s/>]")
_EVENTS: Mapping[str, tuple[frozenset[str], str]] = {
    "startEvent": (frozenset({"none"}), "use a plain start event, the sub-process begins when a flow leads to it"),
    "endEvent": (
        frozenset({"none", "terminate", "error", "escalation", "message", "signal"}),
        "use a plain end, or one that terminates, reports an error or sends",
    ),
    "intermediateThrowEvent": (
        frozenset({"none", "message", "signal", "escalation", "link"}),
        "use a plain intermediate event as a milestone, or one that sends",
    ),
    "intermediateCatchEvent": (
        frozenset({"timer", "message", "signal", "conditional", "link"}),
        "use a timer, a message, a signal or a condition",
    ),
    "boundaryEvent": (
        frozenset({"timer", "message", "signal", "conditional", "error", "escalation"}),
        "use a timer, a message, a signal or a condition",
    ),
}
_TOP_START = (
    frozenset({"none", "message", "signal"}),
    "use a plain start event, or one that a message or a signal starts",
)
_SUB_START = (
    frozenset({"timer", "message", "signal", "conditional", "error", "escalation"}),
    "use a timer, a message, a signal, an error, an escalation or a condition",
)
_ERROR = "an error"
_WAITING = frozenset({"receiveTask", "serviceTask"})
_TASKS = {"sendTask": "sends", "receiveTask": "waits for"}


def supported_event(drawing: Drawing) -> Iterator[Finding]:
    """Every event waits for, or throws, exactly one thing that the engine knows at that place."""
    for node in drawing.model.nodes:
        if len(node.events) > 1:
            yield at_node("event", node, "an event with several definitions is not supported: keep one")
        elif node.kind in _TASKS and not node.events:
            message = f"it does not say which message it {_TASKS[node.kind]}: name one, or make it a user task"
            yield at_node("message", node, message)
        elif node.kind.endswith("Event") or node.events:
            yield from _event_findings(drawing, node, node.events[0] if node.events else None)


def _event_findings(drawing: Drawing, node: Node, event: EventDefinition | None) -> Iterator[Finding]:
    kind = event.kind if event else "none"
    allowed, instead = _allowed(drawing, node)
    if kind not in allowed:
        yield at_node("event", node, f"{_event_name(kind)} is not supported here: {instead}", line=event.line if event else None)
    elif event is not None and kind in _FINDINGS:
        yield from _FINDINGS[kind](drawing, node, event)


def _allowed(drawing: Drawing, node: Node) -> tuple[frozenset[str], str]:
    if node.kind in _TASKS:
        return frozenset({"message"}), "name a message"
    if node.kind == "startEvent":
        around = drawing.model.by_id.get(node.scope)
        if around is None:
            return _TOP_START
        if around.triggered_by_event:
            return _SUB_START
    return _EVENTS.get(node.kind, (frozenset(), "remove it"))


def _event_name(kind: str) -> str:
    return "an event without a definition" if kind == "none" else f"an event of the kind {kind!r}"


def _timer(_drawing: Drawing, node: Node, event: EventDefinition) -> Iterator[Finding]:
    try:
        timer = read_timer(node.id, event)
    except TimerError as error:
        yield at_node("timer", node, str(error), line=event.line)
        return
    if isinstance(timer, CycleTimer) and (node.interrupting or node.kind == "intermediateCatchEvent"):
        message = "a repeated timer is supported at the edge of a step that it does not interrupt: use a duration or a date"
        yield at_node("timer-cycle", node, message, line=event.line)


def _named(_drawing: Drawing, node: Node, event: EventDefinition) -> Iterator[Finding]:
    if not name_of(event):
        yield at_node("message", node, f"it does not say which {event.kind} it is: name one", line=event.line)


def _condition(_drawing: Drawing, node: Node, event: EventDefinition) -> Iterator[Finding]:
    try:
        compile_expression(event.text or "")
    except ExpressionError as error:
        message = f"the condition {(event.text or '')[:60]!r} cannot be used: {error}"
        yield at_node("condition", node, message, line=event.line)


def _error(drawing: Drawing, node: Node, event: EventDefinition) -> Iterator[Finding]:
    if node.kind == "endEvent":
        if not is_caught(drawing, node.scope, event):
            message = (
                "nothing here catches this error: put an error event with its code at the edge of the sub-process, "
                "or this process can only be called by one that catches it"
            )
            yield at_node("error-not-caught", node, message, "warning")
        return
    yield from _edge(drawing, node, _ERROR)
    if not node.interrupting:
        yield at_node("error-boundary", node, "an error always interrupts: make the event interrupting")


def _escalation(drawing: Drawing, node: Node, event: EventDefinition) -> Iterator[Finding]:
    if node.kind in {"endEvent", "intermediateThrowEvent"}:
        if not is_caught(drawing, node.scope, event):
            message = "nothing catches this escalation, so it has no effect: put an escalation event around it"
            yield at_node("escalation-not-caught", node, message, "warning")
        return
    yield from _edge(drawing, node, "an escalation")


def _edge(drawing: Drawing, node: Node, what: str) -> Iterator[Finding]:
    host = drawing.model.by_id.get(node.attached_to or "")
    reports = _THROWS_OUT | ({"serviceTask"} if what == _ERROR else frozenset())
    if host is not None and host.kind not in reports:
        yield at_node(
            "error-boundary", node, f"{what} can only come out of a sub-process or a called process: use a gateway after the step"
        )


def is_caught(drawing: Drawing, scope: str, event: EventDefinition) -> bool:
    """Whether an error or escalation that leaves this sub-process or call is caught at its edge or further out."""
    inside = ""
    while True:
        beside = [sub for sub in drawing.within(scope) if sub.triggered_by_event and sub.id != inside]
        catching = [start for sub in beside for start in drawing.within(sub.id) if start.kind == "startEvent"]
        if any(_catches(catcher, event) for catcher in (*catching, *drawing.events_at.get(scope, ()))):
            return True
        if scope not in drawing.model.by_id:
            return False
        inside, scope = scope, drawing.model.by_id[scope].scope


def _catches(catcher: Node, event: EventDefinition) -> bool:
    return any(found.kind == event.kind and name_of(found) in (None, name_of(event)) for found in catcher.events)


_Findings = Callable[[Drawing, Node, EventDefinition], Iterator[Finding]]
_FINDINGS: Mapping[str, _Findings] = {
    "timer": _timer,
    "message": _named,
    "signal": _named,
    "conditional": _condition,
    "error": _error,
    "escalation": _escalation,
}


def event_sub_process(drawing: Drawing) -> Iterator[Finding]:
    """An event sub-process begins by its start event alone."""
    for node in drawing.model.nodes:
        if not node.triggered_by_event:
            continue
        if node.kind != "subProcess":
            yield at_node("event-sub-process", node, "only a sub-process can be started by an event: remove triggeredByEvent")
        if drawing.entering[node.id] or drawing.leaving[node.id]:
            message = "no flow leads to or from an event sub-process: its start event starts it"
            yield at_node("event-sub-process", node, message)
        if drawing.events_at.get(node.id):
            message = "events at the edge of an event sub-process are not supported: draw them inside"
            yield at_node("event-sub-process", node, message)


def joined_links(drawing: Drawing) -> Iterator[Finding]:
    """A throwing link has exactly one catching link of its name in its scope, and the other way round."""
    links = [node for node in drawing.model.nodes if link_of(node) is not None]
    for node in links:
        name = link_of(node)
        same = [other for other in links if other.scope == node.scope and link_of(other) == name]
        catching = [other for other in same if other.kind == "intermediateCatchEvent"]
        if not name:
            yield at_node("link", node, "the link has no name: give both its ends the same one")
        elif node.kind == "intermediateThrowEvent" and not catching:
            yield at_node("link", node, f"no link {name!r} catches it in this process or sub-process: draw one")
        elif node.kind == "intermediateCatchEvent" and node is not catching[0]:
            yield at_node("link", node, f"the link {name!r} is caught on line {catching[0].line} already: keep one of the two")
        elif node.kind == "intermediateCatchEvent" and len(same) == len(catching):
            yield at_node("link", node, f"no link {name!r} leads to it: draw one, or remove it")


def event_gateway(drawing: Drawing) -> Iterator[Finding]:
    """Behind an event-based gateway stand events that can happen, each for this gateway alone."""
    for gateway in drawing.model.nodes:
        if gateway.kind != "eventBasedGateway":
            continue
        for flow in drawing.leaving[gateway.id]:
            node = drawing.model.by_id[flow.target]
            if not (node.kind == "receiveTask" or (node.kind == "intermediateCatchEvent" and link_of(node) is None)):
                message = f"{node.name!r} cannot stand behind it: draw an event there that is waited for, or a receive task"
                yield at_node("event-gateway", gateway, message)
            elif len(drawing.entering[node.id]) > 1 or drawing.events_at.get(node.id):
                message = f"{node.name!r} is waited for by this gateway alone: no other flow leads there, nothing is at its edge"
                yield at_node("event-gateway", gateway, message)


def usable_message(drawing: Drawing) -> Iterator[Finding]:
    """Keys and contents of messages are written in the expression language, where something is sent or received."""
    for node in drawing.model.nodes:
        if node.kind == "serviceTask":
            yield from _connected(node)
            continue
        if node.message_key is None and node.payload is None:
            continue
        if not any(event.kind in OUTSIDE for event in node.events):
            yield at_node("message", node, "only a message or a signal has a key or contents: remove <pilot:message>")
        elif node.payload is not None and node.kind not in {"sendTask", "intermediateThrowEvent", "endEvent"}:
            yield at_node(
                "message", node, "what is received is said by a form: give it <pilot:form ref=.../> instead of contents"
            )
        else:
            yield from _readable(node)


def _connected(node: Node) -> Iterator[Finding]:
    """An automated step names its connector, and what it hands over can be read."""
    if node.connector is None:
        message = 'it names no connector: give it <pilot:connector ref="..."/>, or make it a user task'
        yield at_node("connector", node, message)
    try:
        if node.payload is not None:
            compile_script(node.payload)
    except ExpressionError as error:
        yield at_node("connector", node, f"what it hands to its connector cannot be used: {error}")


def _readable(node: Node) -> Iterator[Finding]:
    try:
        if node.message_key is not None:
            compile_expression(node.message_key)
        if node.payload is not None:
            compile_script(node.payload)
    except ExpressionError as error:
        yield at_node("message", node, f"the key or the contents of its message cannot be used: {error}")


def attached_event(drawing: Drawing) -> Iterator[Finding]:
    """A boundary event stands at the edge of a step that takes time, in the same process or sub-process."""
    for node in drawing.model.nodes:
        if node.kind != "boundaryEvent":
            continue
        host = drawing.model.by_id.get(node.attached_to or "")
        if host is None:
            message = f"it is attached to {node.attached_to!r}, which does not exist: attach it to a step"
            yield at_node("boundary-host", node, message)
        elif host.scope != node.scope:
            yield at_node("boundary-host", node, f"it is attached to {host.name!r}, which is in another sub-process")
        elif host.kind in INSTANT:
            yield at_node("boundary-host", node, f"{host.name!r} takes no time, so this event would never happen: remove it")
        elif not (host.is_human or host.kind in _THROWS_OUT or host.kind in _WAITING):
            yield at_node("boundary-host", node, f"it is attached to {host.name!r}, which is not a step: attach it to one")


def message_flows(drawing: Drawing) -> Iterator[Finding]:
    """Message flows between pools are drawn for people: what is sent and waited for is said by events."""
    count = len(_MESSAGE_FLOW.findall(drawing.model.xml))  # drawn beside the process, where a Model does not look
    if count:
        model = drawing.model
        message = f"{count} message flows between pools are documentation: message events say what is sent and waited for"
        yield Finding("message-flow", message, model.process_id, model.name, model.line, "warning")
