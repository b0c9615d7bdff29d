"""Rules about repeated activities: how often, over what, until when, and which names an instance reads."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping

from bpmn import Finding, Node, Repetition
from engine.expressions import ExpressionError, compile_expression
from engine.runnable.drawing import Drawing, at_node, takes_time
from engine.spiff_repeat import COUNTER, COUNTS, MOST_INSTANCES

MOST_AT_ONCE = 500  # open items of one case, as the machine bounds them
MOST_INSTANT = 1_000  # steps that a repetition takes in one go, without a person or a timer
_WHOLE = re.compile(r"\s*(-?\d{1,9})\s*")
_ACTIVITIES = frozenset({
    *("task", "userTask", "manualTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask", "serviceTask"),
    *("subProcess", "callActivity"),
})  # fmt: skip
_KEPT_ANYWAY = frozenset({"loopDataOutputRef", "outputDataItem"})
_NOBODY = frozenset({"true", "false", "null", "intake"})


def counted(drawing: Drawing) -> Iterator[Finding]:
    """A repetition says how often: a number or a list, or for a loop a condition or a maximum; all within bounds."""
    for node in drawing.model.nodes:
        if node.repeat is None:
            continue
        if node.kind not in _ACTIVITIES or node.triggered_by_event:
            yield at_node("repeat-place", node, "only a step or a plain sub-process can be repeated: remove the marker")
        elif node.repeat.kind == "loop":
            yield from _loop(node, node.repeat)
        else:
            yield from _several(drawing, node, node.repeat)


def _several(drawing: Drawing, node: Node, repeat: Repetition) -> Iterator[Finding]:
    if (repeat.cardinality is None) == (repeat.over is None):
        both = "says both how often and over which list" if repeat.over else "does not say how often"
        message = f"its marker {both}: give a loopCardinality, or a list in <pilot:repeat over=...> inside the marker"
        yield at_node("repeat-count", node, message, line=repeat.line)
        return
    count = _WHOLE.fullmatch(repeat.cardinality or "")
    if count is not None and not 0 <= int(count[1]) <= MOST_INSTANCES:
        message = f"{count[1]} instances are not possible: at most {MOST_INSTANCES:,} are"
        yield at_node("repeat-bounds", node, message, line=repeat.line)
    elif count is not None and repeat.kind == "parallel" and int(count[1]) > MOST_AT_ONCE and takes_time(drawing, node):
        message = f"{count[1]} instances at once would be more than {MOST_AT_ONCE} open steps: let them come one after the other"
        yield at_node("repeat-bounds", node, message, line=repeat.line)


def _loop(node: Node, repeat: Repetition) -> Iterator[Finding]:
    if repeat.maximum is None and repeat.condition is None:
        message = "a loop needs a loopCondition or a loopMaximum, or it would never end: give one of them"
        yield at_node("repeat-count", node, message, line=repeat.line)
    if repeat.maximum is not None:
        maximum = _WHOLE.fullmatch(repeat.maximum)
        if maximum is None or not 1 <= int(maximum[1]) <= MOST_INSTANCES:
            message = f"the loopMaximum {repeat.maximum[:40]!r} has to be a number from 1 to {MOST_INSTANCES:,}"
            yield at_node("repeat-bounds", node, message, line=repeat.line)


def readable(drawing: Drawing) -> Iterator[Finding]:
    """Number, list and conditions of a repetition are written in the expression language."""
    for node in drawing.model.nodes:
        if node.repeat is None:
            continue
        for what, source in expressions(node.repeat).items():
            try:
                compile_expression(source)
            except ExpressionError as error:
                message = f"the {what} {source[:60]!r} cannot be used: {error}"
                yield at_node("repeat-expression", node, message, line=node.repeat.line)


def expressions(repeat: Repetition) -> Mapping[str, str]:
    """What a repetition has worked out while it runs, by what it is called in a sentence."""
    found = {
        "number of instances": repeat.cardinality,
        "collection": repeat.over,
        "completion condition": repeat.until,
        "loop condition": repeat.condition,
    }
    return {what: source for what, source in found.items() if source is not None}


def nothing_beside(drawing: Drawing) -> Iterator[Finding]:
    """Events thrown as instances complete are refused; outputs are said to be kept under the id of the activity anyway."""
    for node in drawing.model.nodes:
        for name in node.repeat.beside if node.repeat else ():
            if name in _KEPT_ANYWAY:
                message = f"{name} has no effect: the results are kept as a list under the id {node.id!r}"
                yield at_node("repeat-output", node, message, "warning", line=node.repeat.line if node.repeat else None)
            else:
                message = f"{name} of a repetition is not supported: remove it, and use a completionCondition to end early"
                yield at_node("repeat-beside", node, message, line=node.repeat.line if node.repeat else None)


def clear_names(drawing: Drawing) -> Iterator[Finding]:
    """What an instance calls its entry hides nothing: no step, no entry of a repetition around it, no word of the language."""
    reserved = {COUNTER, *COUNTS}
    taken = {node.id for node in drawing.model.nodes}
    repeats = [node for node in drawing.model.nodes if node.repeat is not None]
    for node in repeats:
        yield from _clear_element(drawing, node, taken, reserved)
        if not node.id.isidentifier():
            message = f"the results are kept under its id {node.id!r}, which conditions cannot say: use letters, digits and _"
            yield at_node("repeat-name", node, message)
    for node in drawing.model.nodes:
        if repeats and node.id in reserved:
            yield at_node("repeat-name", node, f"the id {node.id!r} means something in repetitions: choose another one")


def _clear_element(drawing: Drawing, node: Node, taken: set[str], reserved: set[str]) -> Iterator[Finding]:
    assert node.repeat is not None
    if node.repeat.over is None:
        return
    name, line = node.repeat.element, node.repeat.line
    if not name.isidentifier() or keyword.iskeyword(name) or name in _NOBODY | reserved or name.startswith("__"):
        yield at_node("repeat-name", node, f"an entry cannot be called {name[:40]!r}: choose a plain name of its own", line=line)
    elif name in taken:
        yield at_node("repeat-name", node, f"an entry called {name!r} would hide the element with this id: rename it", line=line)
    elif any(outer.repeat and outer.repeat.over and outer.repeat.element == name for outer in around(drawing, node)):
        message = f"an entry called {name!r} would hide that of the repetition around it: give it another name"
        yield at_node("repeat-name", node, message, line=line)


def around(drawing: Drawing, node: Node) -> tuple[Node, ...]:
    """The repeated sub-processes that a node stands in, the innermost first, without itself."""
    found = []
    inner = drawing.model.by_id.get(node.scope)
    while inner is not None:
        if inner.repeat is not None:
            found.append(inner)
        inner = drawing.model.by_id.get(inner.scope)
    return tuple(found)


def entry_names(drawing: Drawing, node: Node) -> set[str]:
    """The names that only instances know, as a node reads them: those of its own repetition and of the repetitions around it."""
    hosts = [host.repeat for host in (node, *around(drawing, node)) if host.repeat is not None]
    return {host.element for host in hosts if host.over is not None} | ({COUNTER} if hosts else set())


def bounded_when_instant(drawing: Drawing) -> Iterator[Finding]:
    """A repetition in which nobody is asked and nothing waits says how often at most."""
    for node in drawing.model.nodes:
        repeat = node.repeat
        if repeat is None or takes_time(drawing, node):
            continue
        most = _WHOLE.fullmatch(repeat.maximum or repeat.cardinality or "")
        if repeat.kind == "loop" and most is None:
            message = "no person and no timer is in this loop: give it a loopMaximum, or it may go round for ever"
            yield at_node("busy-loop", node, message, line=repeat.line)
        elif most is not None and int(most[1]) * _steps(drawing, node) > MOST_INSTANT:
            message = f"it would take more than {MOST_INSTANT:,} automatic steps in one go: let it be repeated less often"
            yield at_node("busy-loop", node, message, line=repeat.line)


def _steps(drawing: Drawing, node: Node) -> int:
    """How many drawn elements one instance passes at most, without ways back."""
    return 1 if node.kind != "subProcess" else 1 + sum(_steps(drawing, inner) for inner in drawing.within(node.id))
