"""Every element gets an id of its own that the engine can work with, and whatever referred to it by the old one follows."""

from __future__ import annotations

import keyword
import re

from lxml import etree

from bpmn.draft.paper import Paper
from bpmn.draft.things import label
from bpmn.names import ACTIVITIES, BPMN, FLOW_NODES, SUB_PROCESSES, tag, unprefixed
from bpmn.safexml import local, space

REFERENCES = frozenset({
    *("sourceRef", "targetRef", "default", "attachedToRef", "messageRef", "signalRef", "errorRef", "escalationRef"),
    *("processRef", "bpmnElement", "dataObjectRef", "dataStoreRef", "calledElement", "operationRef", "activityRef"),
    *("itemSubjectRef", "structureRef", "definitionalCollaborationRef", "partitionElementRef", "inMessageRef", "outMessageRef"),
    *("categoryValueRef", "participantRef", "eventDefinitionRef", "correlationKeyRef", "source", "target"),
})  # fmt: skip
_POINTING_TEXT = REFERENCES | {"flowNodeRef", "incoming", "outgoing", "loopDataInputRef", "loopDataOutputRef"}
_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,99}")
# Names under which SpiffWorkflow keeps its own nodes: a step of that name would be passed over without a word.
_RESERVED = re.compile(r"(Start|End|Root|StartEventSplit|StartEventJoin)|.*\.(EndJoin|BoundaryEventSplit|BoundaryEventJoin)")
_WORDS = frozenset({*keyword.kwlist, "true", "false", "null", "intake"})
_NO_NAME = re.compile(r"\W", re.ASCII)
_NAMED = FLOW_NODES | {"process", "sequenceFlow", "lane"}
_DRAWN = frozenset({"participant", "messageFlow", "collaboration", "laneSet"})


class _Renamer:
    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.everywhere: dict[str, str] = {}
        self.inside: dict[tuple[etree._Element, str], str] = {}

    def rename(self, element: etree._Element, scope: etree._Element | None, wanted: str | None = None) -> None:
        """A new id close to `wanted`; references in `scope` follow, everywhere when there is no scope."""
        old = element.get("id", "")
        new = self.paper.fresh(wanted or legal(element, old))
        if old and element not in self.paper.was:
            self.paper.was[element] = old
        element.set("id", new)
        self.paper.take_id(new, element)
        if scope is None:
            self.everywhere[old] = new
        else:
            self.inside[scope, old] = new

    def follow(self) -> None:
        """Let every reference follow, and take the prefix off those that only their namespace keeps from being an id."""
        for element in self.paper.root.iter():
            for name in REFERENCES & set(map(str, element.attrib)):
                element.set(name, self._followed(element, element.get(name, "")))
            if local(element) in _POINTING_TEXT and len(element) == 0 and element.text:
                element.text = self._followed(element, element.text)

    def _followed(self, element: etree._Element, reference: str) -> str:
        reference = reference.strip()
        for name in dict.fromkeys((reference, unprefixed(reference))):
            around: etree._Element | None = element if self.inside else None
            while around is not None:
                if (around, name) in self.inside:
                    return self.inside[around, name]
                around = around.getparent()
            if name in self.everywhere:
                return self.everywhere[name]
            if self.paper.by_id(name) is not None:
                return name
        return reference


def settle_ids(paper: Paper) -> None:
    """Give ids to what has none, and others to what has one that is taken, illegal or used by the engine itself."""
    renamer = _Renamer(paper)
    first: dict[str, etree._Element] = {}
    elements = sorted(paper.root.iter(), key=lambda element: space(element) != BPMN)  # a shape never takes the id of a step
    for element in elements:
        if (identifier := element.get("id")) is not None:
            first.setdefault(identifier, element)
            paper.take_id(identifier, first[identifier])
    for element in elements:
        identifier = element.get("id")
        if identifier is None:
            _give(paper, renamer, element)
        elif space(element) != BPMN:
            if first[identifier] is not element:
                del element.attrib["id"]  # ids of shapes say nothing
        elif first[identifier] is not element:
            _double(paper, renamer, element, first[identifier])
        else:
            _replace_unusable(paper, renamer, element, identifier)
    renamer.follow()


def _replace_unusable(paper: Paper, renamer: _Renamer, element: etree._Element, identifier: str) -> None:
    if (reason := _unusable(paper, element, identifier)) is not None:
        rule, why = reason
        renamer.rename(element, None, legal(element, identifier))
        paper.say(rule, element, f"The id {identifier!r} {why}: it is now {element.get('id')!r}.")


def _give(paper: Paper, renamer: _Renamer, element: etree._Element) -> None:
    if local(element) not in _NAMED | _DRAWN or space(element) != BPMN:
        return
    renamer.rename(element, None)
    if local(element) in _NAMED:
        paper.say("id-given", element, f"{label(element)} had no id: it was given one.")


def _double(paper: Paper, renamer: _Renamer, element: etree._Element, first: etree._Element) -> None:
    identifier, scope = element.get("id", ""), _scope(element)
    same = scope is None or scope in {_scope(first), first}
    renamer.rename(element, element if same else scope)
    sentence = f"The id {identifier!r} is already used on line {paper.line(first)}: here it is now {element.get('id')!r}."
    paper.say("id-twice", element, sentence)


def _unusable(paper: Paper, element: etree._Element, identifier: str) -> tuple[str, str] | None:
    kind = local(element)
    if kind not in _NAMED:
        return None
    if not _LEGAL.fullmatch(identifier):
        return "id-illegal", "is not made of latin letters, digits, _ . and -"
    if kind in FLOW_NODES and _RESERVED.fullmatch(identifier):
        return "id-reserved", "is used by the engine itself"
    if (kind in ACTIVITIES and identifier in _WORDS) or (kind == "startEvent" and identifier in _WORDS - {"intake"}):
        return "id-reserved", "is a word of the expression language"
    nameless = not identifier.isidentifier() or identifier.startswith("__")
    if kind in ACTIVITIES and nameless and paper.process in element.iterancestors():
        return "id-in-conditions", "could not be named in a condition"
    return None


def legal(element: etree._Element, identifier: str) -> str:
    """An id that may stand at an element, as close as possible to the one it has."""
    if local(element) in ACTIVITIES:
        identifier = _NO_NAME.sub("_", identifier)
        identifier = f"_{identifier.lstrip('_')}" if identifier.startswith("__") else identifier
    return identifier if identifier.strip("_ ") and identifier.isascii() else f"{local(element)}_{identifier}".strip("_ ")


def _scope(element: etree._Element) -> etree._Element | None:
    scopes = (tag("process"), *(tag(name) for name in SUB_PROCESSES))
    return next((around for around in element.iterancestors() if around.tag in scopes), None)
