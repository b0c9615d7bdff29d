"""The incoming and outgoing lists that repeat in each node what its flows say: written anew where they differ."""

from __future__ import annotations

from lxml import etree

from bpmn.draft.paper import Paper
from bpmn.draft.things import insert_early
from bpmn.names import tag
from bpmn.safexml import text_of


def say_contradictions(paper: Paper) -> None:
    """Record, before anything is changed, where a list names what is no flow of that node."""
    for node in paper.all_nodes():
        for name, flows in (("incoming", paper.entering(node)), ("outgoing", paper.leaving(node))):
            known = {flow.get("id") for flow in flows}
            strange = [text_of(child) for child in node.findall(tag(name)) if text_of(child) not in known]
            if strange:
                sentence = f"<{name}> named {', '.join(map(repr, strange[:5]))}, no flow of this element: it was taken out."
                paper.say("direction-removed", node, sentence)


def settle_directions(paper: Paper) -> None:
    """Let the lists say what the flows say; nothing is recorded, since they hold nothing of their own."""
    for node in paper.all_nodes():
        for name, flows in (("incoming", paper.entering(node)), ("outgoing", paper.leaving(node))):
            wanted = [flow.get("id", "") for flow in flows]
            if sorted(text_of(child) for child in node.findall(tag(name))) != sorted(wanted):
                _write(node, name, wanted)


def _write(node: etree._Element, name: str, wanted: list[str]) -> None:
    for child in node.findall(tag(name)):
        node.remove(child)
    before = len(node.findall(tag("incoming"))) if name == "outgoing" else 0
    for place, identifier in enumerate(wanted):
        child = etree.Element(tag(name))
        child.text = identifier
        insert_early(node, child)
        node.insert(node.index(child) + before + place, child)
