"""Rules about call activities: the called process is there, its intake is filled, and its errors come back to somebody."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn import Bundle, EventDefinition, Finding, Node
from engine.called import Called
from engine.expressions import ExpressionError, compile_expression
from engine.runnable.drawing import Drawing, at_node
from engine.runnable.events import is_caught
from engine.spiff_awaited import name_of


def known_process(drawing: Drawing) -> Iterator[Finding]:
    """A call activity names a process that is deployed."""
    for node in _calls(drawing):
        if node.called is None:
            yield at_node("call", node, "it does not say which process it calls: set calledElement to the code of that process")
        elif drawing.called is None:
            message = f"whether the process {node.called!r} that it calls is there, and fits, is seen at deploy"
            yield at_node("call", node, message, "warning")
        elif node.called not in drawing.called:
            yield at_node("call", node, f"there is no process {node.called!r} here: deploy the called process first")


def readable_passes(drawing: Drawing) -> Iterator[Finding]:
    """What a call passes can be read, and each field is passed once."""
    for node in _calls(drawing):
        seen: set[str] = set()
        for name, value in node.passes:
            if name in seen:
                yield at_node("call-pass", node, f"the field {name!r} is passed twice: keep one")
            seen.add(name)
            try:
                compile_expression(value)
            except ExpressionError as error:
                yield at_node("call-pass", node, f"what is passed as {name!r} cannot be used: {error}")


def intake_filled(drawing: Drawing) -> Iterator[Finding]:
    """What a call passes are fields of the called process's intake, and none that it needs is left out."""
    for node in _calls(drawing):
        if (one := drawing.called_by(node)) is not None:
            for sentence in unfit(node, one.code, one.bundle):
                yield at_node("call-pass", node, sentence)


def unfit(node: Node, code: str, bundle: Bundle) -> Iterator[str]:
    """In what way the passes of a call do not fit the intake of the process it calls."""
    form = bundle.forms.get(bundle.model.start().form or "", {})
    passed = {name for name, _ in node.passes}
    known = form.get("properties", {})
    for name in sorted(passed - known.keys()):
        yield f"the intake of {code} has no field {name!r}: it has {', '.join(known) or 'no fields'}"
    for name in form.get("required", ()):
        if name not in passed:
            yield f"the intake of {code} needs the field {name!r}: pass it"


def error_comes_back(drawing: Drawing) -> Iterator[Finding]:
    """An error that a called process reports and does not catch itself is caught here."""
    for node in _calls(drawing):
        if (one := drawing.called_by(node)) is None:
            continue
        for code in sorted(_uncaught_of(drawing, node, one)):
            named = f"the error {code!r}" if code else "an error without a code"
            message = f"{one.code} may report {named}, which nothing here catches: put an error event at the edge of the call"
            yield at_node("error-not-caught", node, message, "warning")


def uncaught(drawing: Drawing) -> frozenset[str]:
    """The codes of errors (empty: none) that leave a process, because neither it nor what it calls catches them."""
    found: set[str] = set()
    for node in drawing.model.nodes:
        if node.kind == "endEvent" and node.events and node.events[0].kind == "error":
            if not is_caught(drawing, node.scope, node.events[0]):
                found.add(name_of(node.events[0]) or "")
        elif (one := drawing.called_by(node)) is not None:
            found |= _uncaught_of(drawing, node, one)
    return frozenset(found)


def _uncaught_of(drawing: Drawing, call: Node, one: Called) -> set[str]:
    inner = uncaught(Drawing(one.bundle.model, one.bundle.decisions, one.called))
    return {code for code in inner if not is_caught(drawing, call.id, EventDefinition("error", call.line, code=code or None))}


def _calls(drawing: Drawing) -> Iterator[Node]:
    return (node for node in drawing.model.nodes if node.kind == "callActivity")
