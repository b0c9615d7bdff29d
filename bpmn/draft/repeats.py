"""Repeated activities as other tools write them: lists, numbers and completion conditions, in our words where they can be."""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import etree

from bpmn.draft.conditions import producers, variables
from bpmn.draft.language import is_foreign, is_ours, names_read
from bpmn.draft.paper import Paper
from bpmn.draft.things import drop, label, ours, set_ours
from bpmn.draft.translate import Known, Untranslatable, Variables, translate
from bpmn.draft.values import Hints
from bpmn.names import tag
from bpmn.safexml import local, text_of

COUNTS = ("numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances")
"""What a completion condition may read beside what steps produce; a test compares them with the engine's own list."""
_THEIRS = {"nrOfInstances": COUNTS[0], "nrOfActiveInstances": COUNTS[1], "nrOfCompletedInstances": COUNTS[2]}
_WRAPPED = re.compile(r"[$#]\{(.*)\}|=(.*)", re.DOTALL)
_SHARE = re.compile(r"([A-Za-z]\w*)\s*(?:/\s*([A-Za-z]\w*))?\s*(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+)?)")
_ITEM = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
MARKERS = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")


def note_lists(paper: Paper) -> None:
    """Keep what other tools say about the list of a repeated activity, before their words are left out."""
    for marker in paper.process.iter(tag(MARKERS[0])):
        node = marker.getparent()
        if node is None:
            continue
        over, entry = _vendor_list(marker)
        reference = marker.find(tag("loopDataInputRef"))
        over = over or text_of(reference) or None
        item = marker.find(tag("inputDataItem"))
        entry = entry or ((item.get("name") or item.get("id")) if item is not None else None)
        if over is not None:
            paper.hints[node] = replace(paper.hints.get(node, Hints()), over=over[:200], entry=entry)


def settle_repeats(paper: Paper) -> None:
    """Write number, list and completion condition in our language, where that needs no answer."""
    known, names = variables(paper), producers(paper)
    for marker in list(paper.process.iter(tag(MARKERS[0]))):
        node = marker.getparent()
        if node is not None and paper.is_there(node):
            _number(paper, node, marker, known, names)
            _list(paper, node, marker, known, names)
            _until(paper, node, marker, known, names)
    for marker in list(paper.process.iter(tag(MARKERS[1]))):
        node, condition = marker.getparent(), marker.find(tag("loopCondition"))
        if node is not None and condition is not None:
            _while(paper, node, condition, known, names)


def set_list(marker: etree._Element, over: str, entry: str | None) -> None:
    """Let the activity be carried out for each entry of a list, and for nothing else."""
    for child in [child for child in marker if local(child) in {"loopCardinality", "loopDataInputRef", "inputDataItem"}]:
        marker.remove(child)
    more = {"as": entry} if entry and _ITEM.fullmatch(entry) else {}
    set_ours(marker, "repeat", over=over, **more)


def says_how_often(marker: etree._Element, names: frozenset[str]) -> bool:
    """Is there a number or a list that the engine can work out, and a completion condition only if it can read it?"""
    often, repeat = text_of(marker.find(tag("loopCardinality"))), ours(marker, "repeat")
    counted = is_ours(repeat.get("over", "?"), names) if repeat is not None else often.isdigit() or is_ours(often or "?", names)
    until = text_of(marker.find(tag("completionCondition")))
    return counted and (not until or is_completion(until, names))


def is_completion(text: str, names: frozenset[str]) -> bool:
    """Can the engine read this completion condition?"""
    return not is_foreign(text) and names_read(text, "eval") is not None and is_ours(text, names | set(COUNTS))


def _vendor_list(marker: etree._Element) -> tuple[str | None, str | None]:
    """The list and the name of its entry: attributes of Camunda 7, Flowable and Activiti, or an element of Camunda 8."""
    found: dict[str, str] = {}
    for raw in map(str, list(marker.attrib)):
        name = etree.QName(raw)
        if name.namespace is not None and name.localname in {"collection", "elementVariable"}:
            found[name.localname] = marker.get(raw, "")
            drop(marker, raw)
    for element in marker.iterfind(f"{tag('extensionElements')}/*"):
        if local(element) == "loopCharacteristics":
            for said, plain in (("inputCollection", "collection"), ("inputElement", "elementVariable")):
                if said in element.attrib:
                    found[plain] = element.get(said, "")
                    drop(element, said)
    return found.get("collection"), found.get("elementVariable")


def _number(paper: Paper, node: etree._Element, marker: etree._Element, known: Variables, names: frozenset[str]) -> None:
    element = marker.find(tag("loopCardinality"))
    text = text_of(element)
    inner = _unwrapped(text)
    if element is None or inner is None:
        return
    value = inner if inner.isdigit() else known[inner].path if inner in known and known[inner].type == "integer" else None
    if value is not None and value != text:
        element.text = value
        paper.say("repeat-translated", node, f"How often {label(node)} is done, {text[:60]!r}, now reads {value!r}.")


def _list(paper: Paper, node: etree._Element, marker: etree._Element, known: Variables, names: frozenset[str]) -> None:
    hint = paper.hints.get(node, Hints())
    if hint.over is None or ours(marker, "repeat") is not None or marker.find(tag("loopCardinality")) is not None:
        return
    inner = _unwrapped(hint.over) or hint.over
    path = known[inner].path if inner in known and known[inner].type == "array" else inner
    if "." in path and is_ours(path, names):
        set_list(marker, path, hint.entry)
        paper.say("repeat-translated", node, f"The list {hint.over[:60]!r} of {label(node)} now reads {path!r}.")


def _until(paper: Paper, node: etree._Element, marker: etree._Element, known: Variables, names: frozenset[str]) -> None:
    element = marker.find(tag("completionCondition"))
    text = text_of(element)
    if element is None or not text or is_completion(text, names):
        return
    translated = _completion(text, known, names)
    if translated is not None and translated != text:
        element.text = translated
        paper.say("repeat-translated", node, f"{label(node)} is over early when {text[:80]!r}: it now reads {translated[:80]!r}.")


def _while(paper: Paper, node: etree._Element, condition: etree._Element, known: Variables, names: frozenset[str]) -> None:
    text = text_of(condition)
    if not text or is_ours(text, names):
        return
    try:
        condition.text = translate(text, known, names)
    except Untranslatable:
        return
    if condition.text != text:
        paper.say(
            "repeat-translated", node, f"{label(node)} is repeated while {text[:80]!r}: it now reads {condition.text[:80]!r}."
        )


def _completion(text: str, known: Variables, names: frozenset[str]) -> str | None:
    inner = _unwrapped(text) or text
    counted = {**{name: name for name in COUNTS}, **_THEIRS}
    if (match := _SHARE.fullmatch(inner.strip())) and match[1] in counted and (match[2] is None or match[2] in counted):
        over = f" / {counted[match[2]]}" if match[2] else ""
        return f"{counted[match[1]]}{over} {match[3]} {match[4]}"
    numbers = {name: Known(path, "number") for name, path in counted.items()}
    try:
        return translate(text, {**known, **numbers}, names)
    except Untranslatable:
        return None


def _unwrapped(text: str) -> str | None:
    """What stands inside `${...}` or behind `=`."""
    match = _WRAPPED.fullmatch(text.strip())
    return (match[1] or match[2] or "").strip() if match else None
