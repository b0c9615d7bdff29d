"""Rules about single elements: what kind they are, how they are called, what they need."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping

from bpmn import Finding, Node
from engine.expressions import ExpressionError, compile_script
from engine.runnable.drawing import Drawing, at_node
from engine.spiff_parse import RUNNABLE

MAX_NODES = 400
_UNSUPPORTED: Mapping[str, str] = {
    "transaction": "a transaction is not supported: draw a plain sub-process",
    "adHocSubProcess": "an ad-hoc sub-process is not supported: draw the order of its steps",
    "complexGateway": "a complex gateway is not supported: use an inclusive gateway",
}
_DRAWN_ONLY = {"dataObject", "dataObjectReference", "dataState", "monitoring", "auditing", "rendering"}
_DATA_STORE = re.compile(rb"<(?:[\w.-]+:)?dataStore[\s/>]")
_NO_STORE = "a data store is not supported: remove it and describe it in the documentation of the step"
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,99}")
_RESERVED = re.compile(
    r"(Start|End|Root|StartEventSplit|StartEventJoin)|.*\.(Each|EndJoin|BoundaryEventSplit|BoundaryEventJoin|Watch)"
)
_KEEPS_DATA = {"task", "userTask", "manualTask", "scriptTask", "businessRuleTask", "startEvent", "callActivity"}
INTAKE = "intake"


def supported_kind(drawing: Drawing) -> Iterator[Finding]:
    """Every element is of a kind the engine runs."""
    for node in drawing.model.nodes:
        if node.kind not in RUNNABLE:
            message = _UNSUPPORTED.get(node.kind, f"<{node.kind}> is not supported: use a user task, a gateway or a timer")
            yield at_node("unsupported", node, message)


def supported_marker(drawing: Drawing) -> Iterator[Finding]:
    """No compensation marker: it would be ignored or misread."""
    for node in drawing.model.nodes:
        if node.for_compensation:
            yield at_node("compensation", node, "compensation is not supported: draw what has to be done as steps")


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
        if node.kind not in _KEEPS_DATA and node.form is None and node.repeat is None:
            continue
        if node.id == INTAKE and node.kind != "startEvent":
            yield at_node("id-reserved", node, f"the id {INTAKE!r} belongs to the start: the first form is kept under it")
        elif keyword.iskeyword(node.id) or node.id in {"true", "false", "null"}:
            yield at_node("id-reserved", node, f"the id {node.id!r} is a word of the expression language: choose another one")
        elif node.id.startswith("__") and node.kind != "startEvent":
            yield at_node(
                "id-reserved", node, f"the id {node.id!r} begins with two underscores, which no expression may: rename it"
            )
        elif not node.id.isidentifier() and _ID.fullmatch(node.id) and node.kind != "startEvent":
            message = "conditions cannot name this step, because its id holds a dot or a hyphen: use _ instead"
            yield at_node("id-in-conditions", node, message, "warning")


def usable_size(drawing: Drawing) -> Iterator[Finding]:
    """The process is small enough for a person to oversee, and for the engine to check."""
    nodes = drawing.model.nodes
    if len(nodes) > MAX_NODES:
        message = f"the process has {len(nodes)} elements, more than {MAX_NODES}: split it into several processes"
        yield Finding("size", message, drawing.model.process_id, drawing.model.name, drawing.model.line)


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
