"""What single elements say and how they are changed: names for sentences, event definitions, conditions, our own marks."""

from __future__ import annotations

import re

from lxml import etree

from bpmn.names import PILOT, XSI, tag
from bpmn.safexml import local

EVENT = "EventDefinition"
_FIRST = frozenset({"documentation", "extensionElements", "auditing", "monitoring", "categoryValueRef"})
_CAPITAL = re.compile(r"[A-Z]")


def label(element: etree._Element) -> str:
    """What to call it in a sentence: its name in quotes, else its kind in words and its id."""
    name = " ".join((element.get("name") or "").split())
    kind = _CAPITAL.sub(lambda match: f" {match[0].lower()}", local(element))
    return f"{name[:80]!r}" if name else f"the {kind} {element.get('id') or ''}".rstrip()


def definitions(event: etree._Element) -> list[etree._Element]:
    """The event definitions of an event."""
    return [child for child in event.iterchildren(tag("*")) if local(child).endswith(EVENT)]


def kinds(event: etree._Element) -> set[str]:
    """The kinds of its definitions: timer, message, error ...; empty for a plain event."""
    return {local(definition).removesuffix(EVENT) for definition in definitions(event)}


def is_true(element: etree._Element, attribute: str) -> bool:
    """An attribute that says true."""
    return (element.get(attribute) or "").strip() in {"true", "1"}


def is_apart(node: etree._Element) -> bool:
    """Stands outside the flow by its nature: an event sub-process or a compensation handler."""
    return is_true(node, "triggeredByEvent") or is_true(node, "isForCompensation")


def drop(element: etree._Element, *attributes: str) -> None:
    """Take attributes off, those that are there."""
    for name in attributes:
        if name in element.attrib:
            del element.attrib[name]


def insert_early(owner: etree._Element, child: etree._Element) -> None:
    """Put a child where BPMN's schema wants documentation, extensions and directions: before all else."""
    place = sum(1 for other in owner.iterchildren(tag("*")) if local(other) in _FIRST)
    owner.insert(place, child)


def become(node: etree._Element, kind: str) -> None:
    """Change what kind of node it is; id, name, flows and documentation stay."""
    node.tag = tag(kind)


def ours(owner: etree._Element, name: str) -> etree._Element | None:
    """Our own extension element of that name on `owner`."""
    return owner.find(f"{tag('extensionElements')}/{tag(name, PILOT)}")


def set_ours(on: etree._Element, tag_name: str, /, **attributes: str) -> None:
    """Write one of our extension elements on `on`; what it says already stays unless said anew."""
    holder = on.find(tag("extensionElements"))
    if holder is None:
        holder = etree.Element(tag("extensionElements"))
        place = sum(1 for _ in on.iterchildren(tag("documentation")))
        on.insert(place, holder)
    element = holder.find(tag(tag_name, PILOT))
    if element is None:
        element = etree.SubElement(holder, tag(tag_name, PILOT), nsmap={"pilot": PILOT})
    for attribute, value in attributes.items():
        element.set(attribute, value)


def condition_of(flow: etree._Element) -> str | None:
    """The text of a flow's condition; None when it has none, or an empty one."""
    element = flow.find(tag("conditionExpression"))
    text = (element.text or "").strip() if element is not None else ""
    return text or None


def set_condition(flow: etree._Element, text: str | None) -> None:
    """Give a flow a condition in our language, or none."""
    for element in flow.findall(tag("conditionExpression")):
        flow.remove(element)
    if text is not None:
        element = etree.SubElement(flow, tag("conditionExpression"), {f"{{{XSI}}}type": f"{_prefix(flow)}tFormalExpression"})
        element.text = text


def _prefix(element: etree._Element) -> str:
    return f"{element.prefix}:" if element.prefix else ""
