"""Links: kept where each throwing link has one catching link of its name, made flows or plain events where it has not."""

from __future__ import annotations

from lxml import etree

from bpmn.draft.paper import Paper
from bpmn.draft.things import become, definitions, kinds, label
from bpmn.names import tag
from bpmn.safexml import local, text_of

_THROWING = frozenset({"intermediateThrowEvent", "endEvent"})


def settle_links(paper: Paper, scope: etree._Element) -> None:
    """A link whose two sides fit stays as it is drawn; of the others, flows say the same or a plain event is left."""
    linked = [node for node in paper.nodes(scope) if "link" in kinds(node)]
    kept = _fitting(paper, linked)
    catching = {link_name(node): node for node in linked if local(node) == "intermediateCatchEvent"}
    for node in linked:
        name = link_name(node)
        if name in kept:
            _keep(paper, node, name)
        else:
            _join(paper, node, catching.get(name))


def link_name(node: etree._Element) -> str:
    """The name by which the two sides of a link know each other."""
    for definition in definitions(node):
        if local(definition) == "linkEventDefinition":
            return definition.get("name") or node.get("name") or text_of(definition.find(tag("target"))) or ""
    return ""


def linked_to(paper: Paper, node: etree._Element) -> list[etree._Element]:
    """Where a throwing link goes on, or from where a catching one is come to; nothing for any other node."""
    scope = node.getparent()
    if "link" not in kinds(node) or scope is None:
        return []
    name, side = link_name(node), local(node) in _THROWING
    others = [other for other in paper.nodes(scope) if "link" in kinds(other) and (local(other) in _THROWING) is not side]
    return [other for other in others if link_name(other) == name]


def _fitting(paper: Paper, linked: list[etree._Element]) -> frozenset[str]:
    """The names of which there is one catching link, at least one throwing link, and no flow where none can be."""
    found: dict[str, list[list[etree._Element]]] = {}
    for node in linked:
        sides = found.setdefault(link_name(node), [[], [], []])
        loose = paper.leaving(node) if local(node) in _THROWING else paper.entering(node)
        odd = loose or len(definitions(node)) > 1 or local(node) not in _THROWING | {"intermediateCatchEvent"}
        sides[2 if odd else int(local(node) in _THROWING)].append(node)
    return frozenset(name for name, (caught, thrown, odd) in found.items() if name and len(caught) == 1 and thrown and not odd)


def _keep(paper: Paper, node: etree._Element, name: str) -> None:
    (definition,) = definitions(node)
    for child in definition.findall(tag("source")) + definition.findall(tag("target")):
        definition.remove(child)  # they name the other side by its id, which its name does as well
    definition.set("name", name)
    if local(node) == "endEvent":
        paper.say(
            "link-goes-on", node, f"{label(node)} ended in a link: it became an event on the way, which goes on at the link."
        )
        become(node, "intermediateThrowEvent")


def _join(paper: Paper, node: etree._Element, target: etree._Element | None) -> None:
    for definition in definitions(node):
        if local(definition) == "linkEventDefinition":
            node.remove(definition)
    if local(node) == "intermediateCatchEvent":
        paper.say("link-joined", node, f"{label(node)} became a plain event: flows lead to it from the links of its name.")
        become(node, "intermediateThrowEvent")
        return
    if local(node) == "endEvent":
        become(node, "intermediateThrowEvent")
    if target is None:
        paper.say("link-lost", node, f"{label(node)} leads to no link of the same name: it became a plain event.")
    else:
        paper.add_flow(node, target)
        paper.say("link-joined", node, f"{label(node)} became a plain event with a flow to {label(target)}.")
