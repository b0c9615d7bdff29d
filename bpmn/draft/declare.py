"""What the file refers to and does not hold: declared where a name is enough, taken out where it leads nowhere."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from bpmn.draft.paper import Paper
from bpmn.draft.things import definitions, drop, label
from bpmn.names import tag, unprefixed
from bpmn.references import LONGEST_NAME
from bpmn.safexml import local, text_of

# Reference of an event definition -> the root element it names, and the attribute by which the two sides know each other.
_DECLARED = {
    "messageRef": ("message", None),
    "signalRef": ("signal", None),
    "errorRef": ("error", "errorCode"),
    "escalationRef": ("escalation", "escalationCode"),
}
# Events that do nothing without a name; a catching error or escalation without one takes any.
_NEEDS_NAME = {"messageEventDefinition": "messageRef", "signalEventDefinition": "signalRef"}
_TIMES = ("timeDate", "timeDuration", "timeCycle")


def settle_references(paper: Paper) -> None:
    """Everything outside the flow that a reader behind us would stumble over."""
    _imports(paper)
    for element in list(paper.root.iter(tag("*"))):
        if len(name := element.get("name", "")) > LONGEST_NAME:
            element.set("name", name[: LONGEST_NAME - 1].rstrip() + "…")
            paper.say("name-shortened", element, f"The name was longer than {LONGEST_NAME} characters: it was shortened.")
    for node in paper.all_nodes():
        _inline_definitions(paper, node)
        for owner in (node, *definitions(node)):
            _declare(paper, node, owner)
        _one_time(paper, node)
    _data_stores(paper)


def settle_loose_ends(paper: Paper) -> None:
    """What referred to something that is not there, or not there any more."""
    _lanes(paper)
    _collaboration(paper)
    _associations(paper)


def _collaboration(paper: Paper) -> None:
    """Pools and message flows stay in the drawing as far as they lead somewhere."""
    for pool in list(paper.root.iter(tag("participant"))):
        reference = pool.get("processRef")
        if reference is not None and paper.by_id(reference) is None:
            del pool.attrib["processRef"]
            paper.say(
                "pool-emptied",
                pool,
                f"{label(pool)} names a process that is not in the file: it stays as an empty pool.",
            )
    for flow in list(paper.root.iter(tag("messageFlow"))):
        missing = [name for name in ("sourceRef", "targetRef") if paper.by_id(flow.get(name)) is None]
        if missing:
            _remove(flow)
            paper.say("message-flow-removed", flow, f"{label(flow)} leads from or to nothing: it was taken out.")


def _lanes(paper: Paper) -> None:
    """Each element stands in one lane, or in lanes of which one is inside the other."""
    lanes: dict[str, etree._Element] = {}
    for lane in paper.process.iter(tag("lane")):
        for reference in lane.findall(tag("flowNodeRef")):
            node = paper.by_id(text_of(reference))
            first = lanes.setdefault(text_of(reference), lane)
            if node is None:
                lane.remove(reference)
                paper.say("lane-reference-removed", lane, f"{label(lane)} names {text_of(reference)!r}, which does not exist.")
            elif first is not lane and first not in lane.iterancestors():
                lane.remove(reference)
                paper.say("two-lanes", node, f"{label(node)} stands in two lanes: it was left in {label(first)}.")


def _imports(paper: Paper) -> None:
    for element in list(paper.root.iter(tag("import"))):
        where = element.get("location") or element.get("namespace") or "another file"
        _remove(element)
        paper.say("import-removed", element, f"The import of {where[:100]!r} was taken out: a file stands for itself.")


def _inline_definitions(paper: Paper, node: etree._Element) -> None:
    for reference in node.findall(tag("eventDefinitionRef")):
        shared = paper.by_id(unprefixed(text_of(reference)))
        node.remove(reference)
        if shared is None or not local(shared).endswith("EventDefinition"):
            paper.say("event-reference-removed", node, f"{label(node)} refers to an event definition that does not exist.")
            continue
        own = deepcopy(shared)
        own.set("id", paper.fresh(f"{node.get('id')}_definition"))
        own.tail = None
        paper.take_id(own.get("id", ""), own)
        node.append(own)
        paper.say("event-inlined", node, f"The event definition that {label(node)} shares with others was copied into it.")


def _declare(paper: Paper, node: etree._Element, owner: etree._Element) -> None:
    for attribute, (kind, code) in _DECLARED.items():
        reference = owner.get(attribute)
        if reference is not None and _is_there(paper, reference, kind):
            continue
        if reference is None and _NEEDS_NAME.get(local(owner)) != attribute:
            continue
        if reference is None and owner.find(tag("operationRef")) is not None:
            continue
        wanted = unprefixed(reference or "") or node.get("name") or node.get("id") or kind
        declared = _root_element(paper, kind, wanted, code, node)
        owner.set(attribute, declared.get("id", ""))
        sentence = f"{label(node)} names {_article(kind)} that the file does not declare: {wanted[:80]!r} was declared."
        paper.say(f"{kind}-declared", node, sentence)
    reference = owner.get("operationRef")
    if reference is not None and paper.by_id(unprefixed(reference)) is None:
        del owner.attrib["operationRef"]
        paper.say(
            "operation-removed", node, f"{label(node)} names an operation that the file does not declare: it was taken out."
        )


def _is_there(paper: Paper, reference: str, kind: str) -> bool:
    found = paper.by_id(unprefixed(reference))
    return found is not None and local(found) == kind


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "e" else f"a {kind}"


def declare_message(paper: Paper, task: etree._Element, name: str) -> None:
    """Let a send or receive task name a message, declared now when there is none of that name."""
    task.set("messageRef", _root_element(paper, "message", name, None, task).get("id", ""))


def _root_element(paper: Paper, kind: str, wanted: str, code: str | None, near: etree._Element) -> etree._Element:
    """The declaration with that name, made now when there is none."""
    for element in paper.root.findall(tag(kind)):
        if element.get("name") == wanted:
            return element
    declared = etree.Element(tag(kind), {"id": paper.fresh(wanted), "name": wanted})
    if code is not None:
        declared.set(code, wanted)
    paper.root.insert(0, declared)
    paper.take_id(declared.get("id", ""), declared)
    return declared


def _one_time(paper: Paper, node: etree._Element) -> None:
    for definition in definitions(node):
        times = [child for child in definition.iterchildren(tag("*")) if local(child) in _TIMES]
        for child in times[1:]:
            definition.remove(child)
            kept, lost = text_of(times[0])[:60], text_of(child)[:60]
            sentence = f"The timer of {label(node)} gives several times: {kept!r} was kept, {lost!r} not."
            paper.say("timer-several", node, sentence)


def _data_stores(paper: Paper) -> None:
    """A data store does nothing here; drawn as a data object it stays visible and promises nothing."""
    for reference in list(paper.process.iter(tag("dataStoreReference"))):
        scope = reference.getparent()
        assert scope is not None
        data = etree.SubElement(scope, tag("dataObject"), {"id": paper.fresh(f"{reference.get('id') or 'store'}_data")})
        paper.take_id(data.get("id", ""), data)
        reference.tag = tag("dataObjectReference")
        drop(reference, "dataStoreRef")
        reference.set("dataObjectRef", data.get("id", ""))
        paper.say(
            "data-store",
            reference,
            f"{label(reference)} stays in the drawing as a data object: the engine has no stores.",
        )
    for store in list(paper.root.iter(tag("dataStore"))):
        _remove(store)
        paper.say("data-store", store, f"The declaration of {label(store)} was taken out.")


def _associations(paper: Paper) -> None:
    for kind in ("association", "dataInputAssociation", "dataOutputAssociation"):
        for element in list(paper.process.iter(tag(kind))):
            ends = [element.get(name) for name in ("sourceRef", "targetRef") if element.get(name)]
            ends += [text_of(child) for name in ("sourceRef", "targetRef") for child in element.iterchildren(tag(name))]
            if any(paper.by_id(end) is None for end in ends if end):
                around = element.getparent()
                _remove(element)
                paper.say(
                    "association-removed",
                    around if around is not None else element,
                    "An association with something that does not exist was taken out.",
                )


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
