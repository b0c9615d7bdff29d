"""What other tools wrote and nothing here acts on: listed element by element, then left out."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from bpmn.draft.paper import Paper
from bpmn.draft.things import drop
from bpmn.errors import Finding
from bpmn.names import BPMN, KEPT, tag
from bpmn.safexml import local, space

TOOLS = {
    "http://camunda.org/schema/1.0/bpmn": "Camunda 7",
    "http://activiti.org/bpmn": "Activiti",
    "http://flowable.org/bpmn": "Flowable",
    "http://camunda.org/schema/zeebe/1.0": "Camunda 8",
    "http://camunda.org/schema/modeler/1.0": "Camunda Modeler",
    "http://www.jboss.org/drools": "jBPM",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "SpiffWorkflow",
    "http://www.signavio.com": "Signavio",
}
MOST_NOTICES = 400
_MOST_ITEMS = 12
_LONGEST_VALUE = 60


def leave_out(paper: Paper) -> tuple[Finding, ...]:
    """Take everything foreign out of the tree; one notice for each element of the process that carried some of a tool."""
    found: dict[tuple[etree._Element, str], list[str]] = {}
    for element in list(paper.root.iter()):
        for namespace, item in _taken_off(paper, element):
            found.setdefault((_owner(paper, element), namespace), []).append(item)
    for element in [element for element in paper.root.iter() if space(element) not in KEPT]:
        remove(element)
    for holder in list(paper.root.iter(tag("extensionElements"))):
        if len(holder) == 0:
            remove(holder)
    notices = [_notice(paper, owner, namespace, items) for (owner, namespace), items in found.items()]
    if len(notices) > MOST_NOTICES:
        more = f"not taken over at {len(notices) - MOST_NOTICES:,} more elements: they are not listed"
        notices = [*notices[:MOST_NOTICES], Finding("foreign", more, severity="warning", file=paper.file)]
    return tuple(notices)


def _taken_off(paper: Paper, element: etree._Element) -> Iterator[tuple[str, str]]:
    """The namespace and what was there: the outermost foreign element as a whole, else the foreign attributes one by one."""
    if any(space(around) not in KEPT for around in element.iterancestors()):
        return  # it goes with what it stands in
    if space(element) not in KEPT:
        yield space(element) or "", _shown(element)
        return
    for raw in [str(raw) for raw in element.attrib]:
        name = etree.QName(raw)
        if name.namespace and name.namespace not in KEPT:
            yield name.namespace, _pair(name.localname, element.get(raw, ""))
            drop(element, raw)


def remove(element: etree._Element) -> None:
    """Take an element out of the tree."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _owner(paper: Paper, element: etree._Element) -> etree._Element:
    """The element of the process that it is said of; what is said of shapes is said of the file as a whole."""
    around: etree._Element | None = element
    while around is not None:
        if space(around) == BPMN and around.get("id") and local(around) != "extensionElements":
            return around
        around = around.getparent()
    return paper.root


def _shown(element: etree._Element) -> str:
    """An element with what it says first: `executionListener class="x.Y"`."""
    said = [_pair(str(etree.QName(raw).localname), str(value)) for raw, value in list(element.attrib.items())[:2]]
    text = " ".join((element.text or "").split())
    if not said and text:
        said = [repr(text[:_LONGEST_VALUE])]
    inner = [] if said else [_shown(child) for child in list(element.iterchildren(tag="{*}*"))[:3]]
    return " ".join([local(element), *said, *(["of " + ", ".join(inner)] if inner else [])])


def _pair(name: str, value: str) -> str:
    value = " ".join(value.split())
    return f'{name}="{value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"}"'


def _notice(paper: Paper, owner: etree._Element, namespace: str, items: list[str]) -> Finding:
    tool = TOOLS.get(namespace) or namespace or "no namespace"
    shown = list(dict.fromkeys(items))
    more = f" and {len(shown) - _MOST_ITEMS} others" if len(shown) > _MOST_ITEMS else ""
    message = f"not taken over from {tool}: {', '.join(shown[:_MOST_ITEMS])}{more}"
    whole = owner is paper.root
    return Finding(
        "foreign",
        message,
        None if whole else owner.get("id"),
        None if whole else owner.get("name"),
        paper.line(owner),
        severity="warning",
        file=paper.file,
    )
