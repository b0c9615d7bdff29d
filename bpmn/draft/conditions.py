"""Conditions: translated where they can be, taken off where they mean nothing, completed where only one way is left over."""

from __future__ import annotations

import re

from lxml import etree

from bpmn.draft.language import is_foreign, is_ours
from bpmn.draft.paper import Paper
from bpmn.draft.things import condition_of, definitions, label, ours, set_condition
from bpmn.draft.translate import Known, Untranslatable, Variables, are_opposites, covers, translate
from bpmn.names import HUMAN, tag
from bpmn.safexml import local, text_of

CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
INTAKE = "intake"
_PATH = re.compile(r"[\w.]+")


def producers(paper: Paper) -> frozenset[str]:
    """The names under which steps leave something that a condition can read."""
    names = {INTAKE}
    for node in paper.all_nodes():
        kind = local(node)
        if kind in HUMAN or kind == "scriptTask" or (kind == "businessRuleTask" and ours(node, "decision") is not None):
            names.add(node.get("id", ""))
    return frozenset(names)


def variables(paper: Paper) -> Variables:
    """The variables of the file that exactly one form asks for, by the name they have there."""
    found: dict[str, list[Known]] = {}
    for node in paper.all_nodes():
        form = ours(node, "form")
        schema = paper.forms.get(form.get("ref", "")) if form is not None else None
        if schema is None or (local(node) == "startEvent" and node.getparent() is not paper.process):
            continue
        step = INTAKE if local(node) == "startEvent" else node.get("id", "")
        for name, about in schema["properties"].items():
            choices = tuple(map(str, about.get("enum", ())))
            path, ref = f"{step}.{name}", form.get("ref", "") if form is not None else ""
            found.setdefault(name, []).append(Known(path, about.get("type", "string"), choices, ref))
    return {name: known[0] for name, known in found.items() if len(known) == 1}


def settle_conditions(paper: Paper) -> None:
    """Translate every condition, then see to it that those left mean something where they stand."""
    known, names = variables(paper), producers(paper)
    for flow in list(paper.flows()):
        _translate_flow(paper, flow, known, names)
    for node in paper.all_nodes():
        for definition in definitions(node):
            _translate_event(paper, node, definition, known, names)
    for node in paper.all_nodes():
        leaving = paper.leaving(node)
        _settle_default(paper, node, leaving)
        if local(node) in CHOOSING and len(leaving) > 1:
            _complete(paper, node, leaving, known, names)
        else:
            for flow in leaving:
                _take_off(paper, flow, f"The condition of {label(flow)} was taken off: it is no choice of {label(node)}.")


def _translate_flow(paper: Paper, flow: etree._Element, known: Variables, names: frozenset[str]) -> None:
    text = condition_of(flow)
    if text is None:
        if flow.find(tag("conditionExpression")) is not None:
            set_condition(flow, None)
            paper.say("condition-empty", flow, f"The empty condition of {label(flow)} was taken off.")
        return
    if is_ours(text, names):
        return
    try:
        translated = translate(text, known, names)
    except Untranslatable:
        return  # it becomes a repair, and stays readable until then
    set_condition(flow, translated)
    _require(paper, translated, known)
    if translated != text:
        paper.say("condition-translated", flow, f"The condition {_short(text)} of {label(flow)} now reads {_short(translated)}.")


def _translate_event(
    paper: Paper, node: etree._Element, definition: etree._Element, known: Variables, names: frozenset[str]
) -> None:
    condition = definition.find(tag("condition"))
    text = text_of(condition)
    if condition is None or not text or is_ours(text, names):
        return
    try:
        condition.text = translate(text, known, names)
    except Untranslatable:
        return
    if condition.text != text:
        paper.say(
            "condition-translated", node, f"The condition {_short(text)} of {label(node)} now reads {_short(condition.text)}."
        )


def _settle_default(paper: Paper, node: etree._Element, leaving: list[etree._Element]) -> None:
    default = node.get("default")
    if default is None:
        return
    flow = next((flow for flow in leaving if flow.get("id") == default), None)
    if flow is None or local(node) not in CHOOSING or len(leaving) < 2:
        del node.attrib["default"]
        if flow is None:
            paper.say("default-removed", node, f"The default of {label(node)} was no way out of it: it was taken off.")
        else:
            paper.say("default-removed", node, f"{label(node)} has only one way out, which needs no default.")
    else:
        _take_off(paper, flow, f"{label(flow)} is the default of {label(node)}: its condition was taken off.")


def _complete(
    paper: Paper, gateway: etree._Element, leaving: list[etree._Element], known: Variables, names: frozenset[str]
) -> None:
    """One way without a condition is what is left over; so is the last of ways that leave nothing out."""
    if gateway.get("default") is not None:
        return
    bare = [flow for flow in leaving if condition_of(flow) is None]
    if len(bare) == 1 and local(gateway) == "exclusiveGateway":
        gateway.set("default", bare[0].get("id", ""))
        paper.say(
            "default-chosen",
            gateway,
            f"{label(bare[0])} is taken when no condition of {label(gateway)} holds: it has none itself.",
        )
    elif len(bare) < len(leaving) and bare and local(gateway) == "inclusiveGateway":
        for flow in bare:
            set_condition(flow, "true")
            paper.say("always-taken", flow, f"{label(flow)} of {label(gateway)} has no condition: it is always taken.")
    elif not bare and _leave_nothing_out([condition_of(flow) or "" for flow in leaving], known, names):
        last = leaving[-1]
        _take_off(paper, last, f"The ways out of {label(gateway)} leave nothing out: {label(last)} became the default.")
        gateway.set("default", last.get("id", ""))
        if local(gateway) == "inclusiveGateway" and len(paper.entering(gateway)) < 2:  # exactly one of them holds
            gateway.tag = tag("exclusiveGateway")


def _leave_nothing_out(conditions: list[str], known: Variables, names: frozenset[str]) -> bool:
    if not all(is_ours(condition, names) for condition in conditions):
        return False
    return (len(conditions) == 2 and are_opposites(*conditions)) or covers(conditions, known)


def _take_off(paper: Paper, flow: etree._Element, sentence: str) -> None:
    text = condition_of(flow)
    if flow.find(tag("conditionExpression")) is not None:
        set_condition(flow, None)
        paper.say("condition-removed", flow, f"{sentence} It was {_short(text)}." if text else sentence)


def _require(paper: Paper, condition: str, known: Variables) -> None:
    """What a translated condition reads may not be left empty on its form."""
    read = set(_PATH.findall(condition))
    for name, field in known.items():
        form = paper.forms.get(field.form)
        if field.path in read and form is not None and name not in form["required"]:
            form["required"] = [*form["required"], name]


def usable(text: str | None, names: frozenset[str]) -> bool:
    """Can the engine read this condition?"""
    return text is not None and not is_foreign(text) and is_ours(text, names)


def _short(text: str | None) -> str:
    text = " ".join((text or "").split())
    return repr(text if len(text) <= 80 else f"{text[:79]}…")
