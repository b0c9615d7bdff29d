"""Rules about names: what conditions, scripts and decisions read has to be produced by a step, and before it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from bpmn import Finding, Node
from engine.called import Called
from engine.expressions import Expression, ExpressionError, Script, compile_expression, compile_script
from engine.runnable import repeats, tokens
from engine.runnable.drawing import CHOOSING, Drawing, at_flow, at_node
from engine.runnable.elements import INTAKE
from engine.spiff_awaited import OUTSIDE
from engine.spiff_repeat import COUNTER, COUNTS

Fields = Mapping[str, Set[str] | Mapping[str, Any] | None]
"""By the name of a step: the fields it produces, None where that is not known; of a call, the same for each step called."""


def known_names(drawing: Drawing, forms: Mapping[str, Mapping[str, Any]] | None) -> Iterator[Finding]:
    """Whatever is read is the id of a step, a decision, a script or the intake, and a field it has.

    With the forms at hand also: a field that may be left empty, or a step that may not have been done yet, is pointed out.
    """
    yield from _findings(drawing, produced(drawing, forms), forms)


def produced(drawing: Drawing, forms: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Set[str] | Mapping[str, Any] | None]:
    """What each step leaves in the data of a case."""
    fields: dict[str, Set[str] | Mapping[str, Any] | None] = {}
    for node in drawing.model.nodes:
        if node.kind == "startEvent" and node.scope == drawing.model.process_id:
            fields[INTAKE] = _of_form(node, forms)
        elif node.is_human:
            fields[node.id] = _of_form(node, forms)
        elif (decision := drawing.decision_of(node)) is not None:
            fields[node.id] = frozenset(decision.outputs)
        elif node.kind == "scriptTask":
            fields[node.id] = _of_script(node)
        elif node.kind == "serviceTask" or any(
            event.kind in OUTSIDE for event in node.events
        ):  # what comes with the message, as far as its form says
            fields[node.id] = _of_form(node, forms)
        elif node.kind == "callActivity":
            fields[node.id] = _of_call(drawing.called_by(node), known=forms is not None)
    return fields | _of_instances(drawing)


def _of_instances(drawing: Drawing) -> dict[str, Set[str] | None]:
    """The results of a repeated sub-process hold what the steps in it have produced."""
    found: dict[str, set[str]] = {node.id: set() for node in drawing.model.nodes if node.kind == "subProcess" and node.repeat}
    for node in drawing.model.nodes if found else ():
        for host in repeats.around(drawing, node)[:1]:
            found[host.id].add(node.id)
    return {name: frozenset(inner) for name, inner in found.items()}


def _of_form(node: Node, forms: Mapping[str, Mapping[str, Any]] | None) -> Set[str] | None:
    if forms is None or (node.form is not None and node.form not in forms):
        return None
    return frozenset(forms[node.form].get("properties", {})) if node.form is not None else frozenset()


def _of_call(one: Called | None, *, known: bool) -> Mapping[str, Any] | None:
    """What the called process leaves behind, step by step, as a process leaves it."""
    if one is None:
        return None
    return produced(Drawing(one.bundle.model, one.bundle.decisions, one.called), one.bundle.forms if known else None)


def _of_script(node: Node) -> Set[str] | None:
    try:
        return compile_script(node.script or "").assigned
    except ExpressionError:
        return None


def _findings(drawing: Drawing, fields: Fields, forms: Mapping[str, Mapping[str, Any]] | None) -> Iterator[Finding]:
    for flow in drawing.flows:
        source = drawing.model.by_id[flow.source]
        expression = _compiled(flow.condition) if source.kind in CHOOSING and flow.condition else None
        if expression is not None:
            read = _Read(expression, source, _entries(drawing, source))
            for message, severity in _about(drawing, read, fields, forms):
                yield at_flow("unknown-name", flow, message, severity)
    for node in drawing.model.nodes:
        for read in (*_read_by(drawing, node), *_read_by_marker(drawing, node), *_passed_by(drawing, node)):
            # a conditional event waits until what it reads is there
            known = None if any(event.kind == "conditional" for event in node.events) else forms
            for message, severity in _about(drawing, read, fields, known):
                yield at_node("unknown-name", node, f"{read.where}{message}", severity)


@dataclass(frozen=True)
class _Read:
    """An expression or script, the node at which it is read, the names that only this place knows, how a sentence begins."""

    text: Expression | Script
    place: Node
    own: frozenset[str]
    where: str = ""


def _entries(drawing: Drawing, node: Node) -> frozenset[str]:
    return frozenset(repeats.entry_names(drawing, node))


def _compiled(source: str) -> Expression | None:
    try:
        return compile_expression(source)
    except ExpressionError:
        return None  # another rule says so


def _read_by(drawing: Drawing, node: Node) -> Iterator[_Read]:
    own = _entries(drawing, node)
    if (decision := drawing.decision_of(node)) is not None:
        for column in decision.inputs:
            if (expression := _compiled(column.expression)) is not None:
                yield _Read(expression, node, own, f"the decision {node.decision!r}: ")
    elif node.kind == "scriptTask":
        yield from _script(node.script, node, own, "the script: ")
    else:
        yield from _read_by_event(node, own)


def _read_by_event(node: Node, own: frozenset[str]) -> Iterator[_Read]:
    for event in node.events:
        if event.kind == "conditional" and (expression := _compiled(event.text or "")) is not None:
            yield _Read(expression, node, own, "its condition: ")
    if node.message_key is not None and (expression := _compiled(node.message_key)) is not None:
        yield _Read(expression, node, own, "the key of its message: ")
    if node.payload is not None:
        yield from _script(node.payload, node, own, "what it hands over: " if node.connector else "the contents of its message: ")


def _script(source: str | None, node: Node, own: frozenset[str], where: str) -> Iterator[_Read]:
    try:
        script = compile_script(source or "")
    except ExpressionError:
        return  # another rule says so
    yield _Read(script, node, own | script.assigned, where)


def _read_by_marker(drawing: Drawing, node: Node) -> Iterator[_Read]:
    if node.repeat is None:
        return
    outside = frozenset(name for host in repeats.around(drawing, node) for name in repeats.entry_names(drawing, host))
    own = {"completion condition": outside | set(COUNTS), "loop condition": outside | {COUNTER}}
    for what, source in repeats.expressions(node.repeat).items():
        if (expression := _compiled(source)) is not None:
            yield _Read(expression, node, frozenset(own.get(what, outside)), f"the {what}: ")


def _passed_by(drawing: Drawing, node: Node) -> Iterator[_Read]:
    for field, value in node.passes:
        if (expression := _compiled(value)) is not None:
            yield _Read(expression, node, _entries(drawing, node), f"what is passed as {field!r}: ")


def _about(
    drawing: Drawing, read: _Read, fields: Fields, forms: Mapping[str, Mapping[str, Any]] | None
) -> Iterator[tuple[str, Any]]:
    for name in sorted(read.text.names - fields.keys() - read.own):
        yield f"{name!r} is no step of this process: write <id of the step>.<field>", "error"
    for path in sorted(read.text.paths):
        name, _, field = path.partition(".")
        if name in read.own or name not in fields:
            continue
        known, node = fields[name], _node_named(drawing, name)
        if (hidden := _hidden(drawing, node, read.place)) is not None:
            yield f"{name!r} is inside {hidden.name!r}, which is repeated: write {hidden.id}.{name}.<field>", "error"
        elif not field and not _is_list(node):
            yield f"{path!r} is a whole step and has no value: write {path}.<field>", "error"
        elif field and (wrong := tuple(_wrong(name, known, field))):
            yield from wrong
        elif forms is not None and field and node is not None and path in read.text.certain:
            yield from _perhaps_missing(drawing, read.place, node, path, forms)


def _wrong(whole: str, known: Any, rest: str) -> Iterator[tuple[str, Any]]:
    """What is wrong with reading `rest` of a step, or of a step of a called process: `goods_return.inspect.sound`."""
    field, _, deeper = rest.partition(".")
    if not field:
        yield f"{whole!r} is a whole step and has no value: write {whole}.<field>", "error"
    elif known is not None and field not in known:
        yield f"{whole!r} has no field {field!r}, it has {', '.join(sorted(known)) or 'no fields'}", "error"
    elif isinstance(known, Mapping):
        yield from _wrong(f"{whole}.{field}", known[field], deeper)


def _hidden(drawing: Drawing, node: Node | None, place: Node) -> Node | None:
    """The innermost repeated sub-process around the node that is not around the place too."""
    inside = (place, *repeats.around(drawing, place))
    return next((host for host in repeats.around(drawing, node) if host not in inside), None) if node is not None else None


def _is_list(node: Node | None) -> bool:
    return node is not None and node.repeat is not None and node.repeat.kind != "loop"


def _perhaps_missing(
    drawing: Drawing, place: Node, node: Node, path: str, forms: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Any]]:
    name, _, field = path.partition(".")
    form = forms.get(node.form or "")
    if form is not None and field not in form.get("required", ()) and not _is_list(node):
        yield f"the field {path} may be left empty: use exists({path}) or coalesce(...)", "warning"
    if node.id == place.id and node.repeat is not None and node.repeat.test_first:
        yield f"the first time {name!r} has no answers yet: use exists({path}) and ...", "error"
    elif not _done_before(drawing, node, place):
        yield f"the step {node.name!r} is not always done before this: use exists({path}) and ...", "warning"


def _node_named(drawing: Drawing, name: str) -> Node | None:
    if name == INTAKE:
        return next((drawing.model.by_id[node_id] for node_id in drawing.starts(drawing.model.process_id)), None)
    return drawing.model.by_id.get(name)


def _done_before(drawing: Drawing, node: Node, place: Node) -> bool:
    """Every way to `place` passes `node`; what stands in a sub-process is compared by the sub-processes around it."""
    for outer in _around(drawing, place):
        for step in _around(drawing, node):
            if step.scope == outer.scope:
                return step.kind == "startEvent" or step.id == outer.id or tokens.done_before(drawing, step.id, outer.id)
    return True


def _around(drawing: Drawing, node: Node) -> Iterator[Node]:
    yield node
    while (parent := drawing.model.by_id.get(node.scope)) is not None:
        yield parent
        node = parent
