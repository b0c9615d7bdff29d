"""Decisions left to people: whoever completes the step before chooses the way; where there is no such step, one is drawn."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from bpmn.draft.dialects import code_of
from bpmn.draft.paper import Paper
from bpmn.draft.things import become, condition_of, definitions, drop, label, ours, set_condition, set_ours
from bpmn.draft.translate import quoted
from bpmn.names import HUMAN, tag
from bpmn.safexml import attribute, local

_OF_AUTOMATIC_STEPS = ("implementation", "scriptFormat", "messageRef", "operationRef", "instantiate", "calledElement")
_WAY = {"zh": "选择去向", "en": "Which way?"}


def make_human(paper: Paper, node: etree._Element) -> None:
    """An automatic step becomes a step that a person does; its name, flows and place stay."""
    was = local(node)
    drop(node, *_OF_AUTOMATIC_STEPS)
    for child in [child for child in node.iterchildren(tag("*")) if local(child) == "script"]:
        node.remove(child)
    paper.say("task-to-person", node, f"{label(node)} was a {was}: a person does it.")
    become(node, "userTask")


def ask_people(paper: Paper, gateway: etree._Element) -> None:
    """Let a person choose among all ways out of an exclusive or inclusive gateway."""
    step = _step_before(paper, gateway)
    if step is None:
        step = _add_step(paper, gateway)
    form = _form_of(paper, step)
    flows = paper.leaving(gateway)
    if local(gateway) == "exclusiveGateway":
        _ask_one(paper, gateway, step, form, flows)
    else:
        _ask_several(paper, gateway, step, form, flows)
    paper.say("left-to-people", gateway, f"Whoever completes {label(step)} chooses the way at {label(gateway)}.")


def _step_before(paper: Paper, gateway: etree._Element) -> etree._Element | None:
    """The human step from which every token comes straight to the gateway, if there is one."""
    node = gateway
    while len(flows := paper.entering(node)) == 1:
        source = paper.source(flows[0])
        if source is None or len(paper.leaving(source)) != 1:
            return None
        if local(source) in HUMAN:
            return source if _can_ask(paper, source) else None
        if local(source) != "intermediateThrowEvent" or definitions(source):
            return None
        node = source
    return None


def _can_ask(paper: Paper, step: etree._Element) -> bool:
    repeated = any(
        step.find(tag(name)) is not None for name in ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
    )
    form = ours(step, "form")
    return not repeated and attribute(step, "id").isidentifier() and (form is None or form.get("ref") in paper.forms)


def _add_step(paper: Paper, gateway: etree._Element) -> etree._Element:
    scope = gateway.getparent()
    assert scope is not None
    base = re.sub(r"\W", "_", f"decide_{gateway.get('id')}", flags=re.ASCII)
    step = paper.add_node("userTask", scope, base, gateway, f"Decide: {gateway.get('name') or _names(paper, gateway)}"[:200])
    first = step
    entering = paper.entering(gateway)
    if local(gateway) == "inclusiveGateway" and len(entering) > 1:  # it also waits for several ways, which the step must not
        first = paper.add_node("inclusiveGateway", scope, f"{gateway.get('id')}_join", gateway)
        paper.add_flow(first, step)
    for flow in entering:
        paper.lead(flow, target=first)
    paper.add_flow(step, gateway)
    paper.say(
        "decision-step-added",
        step,
        f"No step that a person does leads straight to {label(gateway)}: the step {label(step)} was put before it.",
    )
    return step


def _names(paper: Paper, gateway: etree._Element) -> str:
    return " / ".join(_label(paper, flow) for flow in paper.leaving(gateway)[:4])


def _label(paper: Paper, flow: etree._Element) -> str:
    target = paper.target(flow)
    name = flow.get("name") or (target.get("name") if target is not None else "") or attribute(flow, "id")
    return " ".join(name.split())[:200]


def _form_of(paper: Paper, step: etree._Element) -> dict[str, Any]:
    """The step's form as our own copy, made now when it has none."""
    own = ours(step, "form")
    ref = own.get("ref", "") if own is not None else ""
    if not ref:
        ref = base = (code_of(step.get("id")) or "form")[:56]
        number = 1
        while ref in paper.forms:
            number += 1
            ref = f"{base}-{number}"
        title = step.get("name") or step.get("id")
        paper.forms[ref] = {
            "type": "object",
            "title": {"zh": title, "en": title},
            "properties": {},
            "required": [],
            "additionalProperties": False,
        }
        set_ours(step, "form", ref=ref)
    return paper.forms[ref]


def _ask_one(
    paper: Paper, gateway: etree._Element, step: etree._Element, form: dict[str, Any], flows: list[etree._Element]
) -> None:
    name = _field(form, "way")
    ids = [attribute(flow, "id") for flow in flows]
    labels = [_label(paper, flow) for flow in flows]
    title = {language: gateway.get("name") or text for language, text in _WAY.items()}
    about = {"type": "string", "title": title, "enum": ids, "x-ui": "radio", "x-labels": {"zh": labels, "en": labels}}
    _add_field(form, name, about)
    default = gateway.get("default") or ids[-1]
    gateway.set("default", default)
    for flow, identifier in zip(flows, ids, strict=True):
        condition = None if identifier == default else f"{step.get('id')}.{name} == {quoted(identifier)}"
        _replace(paper, flow, condition)


def _ask_several(
    paper: Paper, gateway: etree._Element, step: etree._Element, form: dict[str, Any], flows: list[etree._Element]
) -> None:
    """A yes or no for each way; without any yes the default is taken."""
    if gateway.get("default") is None and not any(condition_of(flow) == "true" for flow in flows):
        gateway.set("default", attribute(flows[-1], "id"))
    for flow in flows:
        if flow.get("id") == gateway.get("default"):
            _replace(paper, flow, None)
        elif condition_of(flow) != "true":
            name, text = _field(form, "way_1"), _label(paper, flow)
            _add_field(form, name, {"type": "boolean", "title": {"zh": text, "en": text}})
            _replace(paper, flow, f"{step.get('id')}.{name} == true")


def _replace(paper: Paper, flow: etree._Element, condition: str | None) -> None:
    before = condition_of(flow)
    set_condition(flow, condition)
    if before is not None and before != condition:
        text = " ".join(before.split())[:80]
        paper.say("condition-replaced", flow, f"The condition {text!r} of {label(flow)} gave way to the choice that people make.")


def _field(form: dict[str, Any], wanted: str) -> str:
    base, number = wanted.rstrip("_1"), 1
    while wanted in form["properties"]:
        number += 1
        wanted = f"{base}_{number}"
    return wanted


def _add_field(form: dict[str, Any], name: str, about: dict[str, Any]) -> None:
    form["properties"] = {**form["properties"], name: about}
    form["required"] = [*form["required"], name]
