"""Rules about single elements: what kind they are, how they are called, what their events wait for."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping

from bpmn import EventDefinition, Finding, Node
from engine.expressions import ExpressionError, compile_script
from engine.runnable.drawing import Drawing, at_node
from engine.spiff_clock import CycleTimer, TimerError, read_timer
from engine.spiff_parse import RUNNABLE

MAX_NODES = 400
_AUTOMATED = "automated steps need a connector, which comes in a later release: make it a user task or remove it"
_UNSUPPORTED: Mapping[str, str] = {
    "serviceTask": _AUTOMATED,
    "sendTask": _AUTOMATED,
    "receiveTask": _AUTOMATED,
    "callActivity": "calling another process is not supported in this release: draw its steps here or in a sub-process",
    "transaction": "a transaction is not supported: draw a plain sub-process",
    "adHocSubProcess": "an ad-hoc sub-process is not supported: draw the order of its steps",
    "complexGateway": "a complex gateway is not supported: use an inclusive gateway",
    "eventBasedGateway": "an event-based gateway is not supported: put a timer at the edge of a user task instead",
}
_DRAWN_ONLY = {"dataObject", "dataObjectReference", "dataState", "monitoring", "auditing", "rendering"}
_DATA_STORE = re.compile(rb"<(?:[\w.-]+:)?dataStore[\s/>]")
_NO_STORE = "a data store is not supported: remove it and describe it in the documentation of the step"
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,99}")
_RESERVED = re.compile(
    r"(Start|End|Root|StartEventSplit|StartEventJoin)|.*\.(EndJoin|BoundaryEventSplit|BoundaryEventJoin|Watch)"
)
_INSTANT = {"scriptTask", "businessRuleTask"}
_KEEPS_DATA = {"task", "userTask", "manualTask", "scriptTask", "businessRuleTask", "startEvent"}
INTAKE = "intake"


def supported_kind(drawing: Drawing) -> Iterator[Finding]:
    """Every element is of a kind the engine runs."""
    for node in drawing.model.nodes:
        if node.kind not in RUNNABLE:
            message = _UNSUPPORTED.get(node.kind, f"<{node.kind}> is not supported: use a user task, a gateway or a timer")
            yield at_node("unsupported", node, message)


def supported_marker(drawing: Drawing) -> Iterator[Finding]:
    """No loop, multi-instance, compensation or event sub-process marker: they would be ignored or misread."""
    for node in drawing.model.nodes:
        if node.multi_instance is not None:
            yield at_node("multi-instance", node, "a multi-instance step is not supported in this release: draw one step")
        if node.standard_loop:
            yield at_node("loop-marker", node, "a loop marker is not supported: draw the way back with a gateway")
        if node.for_compensation:
            yield at_node("compensation", node, "compensation is not supported: draw what has to be done as steps")
        if node.triggered_by_event:
            yield from _event_sub_process(drawing, node)


def _event_sub_process(drawing: Drawing, node: Node) -> Iterator[Finding]:
    starts = [start for start in drawing.within(node.id) if start.kind == "startEvent"]
    if node.kind != "subProcess":
        yield at_node("event-sub-process", node, "only a sub-process can be started by an event: remove triggeredByEvent")
    elif any([event.kind for event in start.events] != ["timer"] for start in starts):
        yield at_node(
            "event-sub-process", node, "only a timer can start an event sub-process: use an event at the edge of a step"
        )
    if drawing.entering[node.id] or drawing.leaving[node.id]:
        yield at_node("event-sub-process", node, "no flow leads to or from an event sub-process: its start event starts it")
    if drawing.events_at.get(node.id):
        yield at_node("event-sub-process", node, "events at the edge of an event sub-process are not supported: draw them inside")


def other_element(drawing: Drawing) -> Iterator[Finding]:
    """Elements beside the flow are documentation; those that would move data or bind resources are said to do nothing."""
    if _DATA_STORE.search(drawing.model.xml):  # declared beside the process, where a Model does not look
        model = drawing.model
        yield Finding("data-store", _NO_STORE, model.process_id, model.name, model.line)
    for other in drawing.model.others:
        place = other.id or other.parent
        if other.kind.startswith("dataStore"):
            yield Finding("data-store", _NO_STORE, place, None, other.line)
        elif other.kind not in _DRAWN_ONLY:
            message = f"<{other.kind}> has no effect when the process runs: answers are kept under the id of their step"
            yield Finding("other-element", message, place, None, other.line, "warning")


def usable_id(drawing: Drawing) -> Iterator[Finding]:
    """Ids are plain, unique, and none that the engine uses itself."""
    seen: dict[str, Node] = {}
    for node in drawing.model.nodes:
        if not _ID.fullmatch(node.id):
            yield at_node("id-syntax", node, "the id has to be latin letters, digits, _ . or -, at most 100, a letter first")
        if _RESERVED.fullmatch(node.id) or node.id == drawing.model.process_id:
            yield at_node("id-reserved", node, f"the id {node.id!r} is used by the engine itself: choose another one")
        if node.id in seen:
            yield at_node("id-twice", node, f"the id is already used on line {seen[node.id].line}: ids are unique")
        seen[node.id] = node


def usable_data_name(drawing: Drawing) -> Iterator[Finding]:
    """What a step produces is kept under its id, so conditions have to be able to say that id."""
    for node in drawing.model.nodes:
        if node.kind not in _KEEPS_DATA:
            continue
        if node.id == INTAKE and node.kind != "startEvent":
            yield at_node("id-reserved", node, f"the id {INTAKE!r} belongs to the start: the first form is kept under it")
        elif keyword.iskeyword(node.id) or node.id in {"true", "false", "null"}:
            yield at_node("id-reserved", node, f"the id {node.id!r} is a word of the expression language: choose another one")
        elif not node.id.isidentifier() and _ID.fullmatch(node.id) and node.kind != "startEvent":
            message = "conditions cannot name this step, because its id holds a dot or a hyphen: use _ instead"
            yield at_node("id-in-conditions", node, message, "warning")


def usable_size(drawing: Drawing) -> Iterator[Finding]:
    """The process is small enough for a person to oversee, and for the engine to check."""
    nodes = drawing.model.nodes
    if len(nodes) > MAX_NODES:
        message = f"the process has {len(nodes)} elements, more than {MAX_NODES}: split it into several processes"
        yield Finding("size", message, drawing.model.process_id, drawing.model.name, drawing.model.line)


def supported_event(drawing: Drawing) -> Iterator[Finding]:
    """Every event waits for, or reports, exactly one thing that the engine knows at that place."""
    for node in drawing.model.nodes:
        if not node.kind.endswith("Event"):
            continue
        if len(node.events) > 1:
            yield at_node("event", node, "an event with several definitions is not supported: keep one")
            continue
        yield from _event_findings(drawing, node, node.events[0] if node.events else None)


def _event_findings(drawing: Drawing, node: Node, event: EventDefinition | None) -> Iterator[Finding]:
    kind = event.kind if event else "none"
    allowed, instead = _EVENTS.get(node.kind, (frozenset(), "remove it"))
    if node.kind == "startEvent" and _in_event_sub_process(drawing, node):
        allowed, instead = frozenset({"timer"}), "use a timer"
    if kind not in allowed:
        yield at_node("event", node, f"{_event_name(kind)} is not supported here: {instead}", line=event.line if event else None)
    elif event is not None and event.kind == "timer":
        yield from _timer_findings(node, event)
    elif node.kind == "endEvent" and kind == "error":
        yield from _error_end(drawing, node)
    elif node.kind == "boundaryEvent" and kind == "error":
        yield from _error_boundary(drawing, node)


_EVENTS: Mapping[str, tuple[frozenset[str], str]] = {
    "startEvent": (frozenset({"none"}), "use a plain start event, cases begin with a form"),
    "endEvent": (frozenset({"none", "terminate", "error"}), "use a plain end, a terminate end, or an error end in a sub-process"),
    "intermediateThrowEvent": (frozenset({"none"}), "use a plain intermediate event as a milestone"),
    "intermediateCatchEvent": (frozenset({"timer"}), "use a timer"),
    "boundaryEvent": (frozenset({"timer", "error"}), "use a timer, or an error at the edge of a sub-process"),
}


def _in_event_sub_process(drawing: Drawing, node: Node) -> bool:
    around = drawing.model.by_id.get(node.scope)
    return around is not None and around.triggered_by_event


def _event_name(kind: str) -> str:
    return "an event without a definition" if kind == "none" else f"an event of the kind {kind!r}"


def _timer_findings(node: Node, event: EventDefinition) -> Iterator[Finding]:
    try:
        timer = read_timer(node.id, event)
    except TimerError as error:
        yield at_node("timer", node, str(error), line=event.line)
        return
    if isinstance(timer, CycleTimer) and (node.interrupting or node.kind == "intermediateCatchEvent"):
        message = "a repeated timer is supported at the edge of a step that it does not interrupt: use a duration or a date"
        yield at_node("timer-cycle", node, message, line=event.line)


def _error_end(drawing: Drawing, node: Node) -> Iterator[Finding]:
    scope, code = node.scope, node.events[0].code
    while scope in drawing.model.by_id:
        if any(_catches(event, code) for event in drawing.events_at.get(scope, ())):
            return
        scope = drawing.model.by_id[scope].scope
    yield at_node(
        "error-not-caught", node, "nothing catches this error: put an error event with its code at the edge of the sub-process"
    )


def _error_boundary(drawing: Drawing, node: Node) -> Iterator[Finding]:
    host = drawing.model.by_id.get(node.attached_to or "")
    if host is not None and host.kind != "subProcess":
        yield at_node("error-boundary", node, "an error can only come out of a sub-process: use a gateway after the step")
    if not node.interrupting:
        yield at_node("error-boundary", node, "an error always interrupts: make the event interrupting")


def _catches(event: Node, code: str | None) -> bool:
    return any(definition.kind == "error" and definition.code in (None, code) for definition in event.events)


def attached_event(drawing: Drawing) -> Iterator[Finding]:
    """A boundary event stands at the edge of a step that takes time, in the same process or sub-process."""
    for node in drawing.model.nodes:
        if node.kind != "boundaryEvent":
            continue
        host = drawing.model.by_id.get(node.attached_to or "")
        if host is None:
            yield at_node(
                "boundary-host", node, f"it is attached to {node.attached_to!r}, which does not exist: attach it to a step"
            )
        elif host.scope != node.scope:
            yield at_node("boundary-host", node, f"it is attached to {host.name!r}, which is in another sub-process")
        elif not (host.is_human or host.kind == "subProcess" or host.kind in _INSTANT):
            yield at_node("boundary-host", node, f"it is attached to {host.name!r}, which is not a step: attach it to one")
        elif host.kind in _INSTANT:
            yield at_node("boundary-host", node, f"{host.name!r} takes no time, so this event would never happen: remove it")


def runnable_script(drawing: Drawing) -> Iterator[Finding]:
    """A script is written in the expression language and not in one that would have to be executed."""
    for node in drawing.model.nodes:
        if node.kind != "scriptTask":
            continue
        try:
            compile_script(node.script or "")
        except ExpressionError as error:
            yield at_node("script", node, f"the script cannot be used: {error}")


def known_decision(drawing: Drawing) -> Iterator[Finding]:
    """A business rule task names a decision that came with the model."""
    for node in drawing.model.nodes:
        if node.kind == "businessRuleTask" and node.decision not in drawing.decisions:
            what = f"the decision {node.decision!r} is not among the files" if node.decision else "it names no decision"
            yield at_node("decision", node, f"{what}: add the DMN table and its id")
