"""The working copy of a file: its tree, the ways through it kept at hand, and a record of everything that is done to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from bpmn.draft.things import label
from bpmn.draft.values import Change, Hints
from bpmn.elements import scopes
from bpmn.names import ACTIVITIES, FLOW_NODES, tag
from bpmn.safexml import local

_FIRST = frozenset({"documentation", "extensionElements", "auditing", "monitoring", "categoryValueRef"})
_UNFIT = re.compile(r"[^A-Za-z0-9_.\-]")
_HEAD = re.compile(r"[A-Za-z_]")


@dataclass
class _Note:
    rule: str
    element: etree._Element
    said: str | None
    name: str | None
    line: int
    sentence: str


@dataclass
class Paper:
    """One file being made into a draft. `process` is the process chosen; ids are settled before the ways are indexed.

    `was` are ids before they were changed, `moved` the nodes that are to be drawn in another place.
    """

    root: etree._Element
    process: etree._Element
    file: str | None = None
    hints: dict[etree._Element, Hints] = field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    was: dict[etree._Element, str] = field(default_factory=dict)
    moved: set[etree._Element] = field(default_factory=set)
    _notes: list[_Note] = field(default_factory=list)
    lines: dict[etree._Element, int] = field(default_factory=dict)
    _ids: dict[str, etree._Element] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _leaving: dict[str, list[etree._Element]] = field(default_factory=dict)
    _entering: dict[str, list[etree._Element]] = field(default_factory=dict)
    _lanes: dict[str, list[etree._Element]] = field(default_factory=dict)

    # ---- the record

    def say(self, rule: str, element: etree._Element, sentence: str) -> None:
        """Record a change about `element`, under the id it has in the file that was handed in."""
        said = self.was.get(element) or element.get("id")
        sentence = sentence[:1].upper() + sentence[1:]
        self._notes.append(_Note(rule, element, said, element.get("name"), self.line(element), sentence))

    def changes(self) -> tuple[Change, ...]:
        """Everything recorded, in the order of the file."""
        notes = sorted(self._notes, key=lambda note: note.line)
        return tuple(
            Change(note.rule, note.said or self._now(note.element), note.name, note.line, note.sentence, self._now(note.element))
            for note in notes
        )

    def _now(self, element: etree._Element) -> str | None:
        return element.get("id") if self.is_there(element) else None

    def is_there(self, element: etree._Element) -> bool:
        """Is it still part of the file?"""
        while (parent := element.getparent()) is not None:
            element = parent
        return element is self.root

    def line(self, element: etree._Element) -> int:
        """Where it stands in the file; for what was added, where the thing stands for whose sake it was added."""
        line = self.lines.get(element) or element.sourceline
        return line if isinstance(line, int) else 1

    # ---- ids

    def index(self) -> None:
        """Learn ids and ways; to be done once all ids are settled, and kept up by the methods below."""
        self._ids = {identifier: element for element in self.root.iter() if (identifier := element.get("id"))}
        self._leaving, self._entering = {}, {}
        for flow in list(self.flows()):
            self._leaving.setdefault(flow.get("sourceRef", ""), []).append(flow)
            self._entering.setdefault(flow.get("targetRef", ""), []).append(flow)
        self._lanes = {}
        for lane in self.process.iter(tag("lane")):
            for reference in lane.findall(tag("flowNodeRef")):
                self._lanes.setdefault((reference.text or "").strip(), []).append(lane)

    def by_id(self, identifier: str | None) -> etree._Element | None:
        """The element with this id, if there is one."""
        return self._ids.get(identifier) if identifier else None

    def fresh(self, base: str) -> str:
        """An id that nothing in the file has, close to `base`."""
        wanted = _UNFIT.sub("_", base)[:80]
        if not _HEAD.match(wanted) or not wanted.strip("_.-"):
            wanted = f"id_{wanted.strip('_.-')}".rstrip("_")
        candidate = wanted
        while candidate in self._ids:
            self._counts[wanted] = self._counts.get(wanted, 0) + 1
            candidate = f"{wanted}_{self._counts[wanted]}"
        return candidate

    def take_id(self, identifier: str, element: etree._Element) -> None:
        """Remember that an id is taken."""
        self._ids[identifier] = element

    # ---- nodes and ways

    def scopes(self) -> list[etree._Element]:
        """The process and every sub-process in it, outer ones first."""
        return list(scopes(self.process))

    def nodes(self, scope: etree._Element) -> list[etree._Element]:
        """The flow nodes directly in a scope, in the order of the file."""
        return [element for element in scope.iterchildren(tag("*")) if local(element) in FLOW_NODES]

    def all_nodes(self) -> list[etree._Element]:
        """Every flow node of the process, in the order of the file."""
        return [element for element in self.process.iter(tag("*")) if local(element) in FLOW_NODES]

    def flows(self) -> Iterator[etree._Element]:
        """Every sequence flow of the process."""
        return self.process.iter(tag("sequenceFlow"))

    def leaving(self, node: etree._Element) -> list[etree._Element]:
        """The flows out of a node, in the order of the file, as a list of one's own."""
        return list(self._leaving.get(node.get("id", ""), ()))

    def entering(self, node: etree._Element) -> list[etree._Element]:
        """The flows into a node."""
        return list(self._entering.get(node.get("id", ""), ()))

    def source(self, flow: etree._Element) -> etree._Element | None:
        """The node a flow leaves."""
        return self.by_id(flow.get("sourceRef"))

    def target(self, flow: etree._Element) -> etree._Element | None:
        """The node a flow leads to."""
        return self.by_id(flow.get("targetRef"))

    def add_node(
        self, kind: str, scope: etree._Element, base: str, near: etree._Element, name: str | None = None
    ) -> etree._Element:
        """A new node in `scope`, for the sake of `near`: in its line of the record and in its lane."""
        node = etree.SubElement(scope, tag(kind), {"id": self.fresh(base)})
        if name:
            node.set("name", name)
        self.lines[node] = self.line(near)
        self._ids[node.get("id", "")] = node
        for lane in self._lanes.get(near.get("id", ""), ()):
            reference = etree.Element(tag("flowNodeRef"))
            reference.text = node.get("id")
            lane.insert(len(lane.findall(tag("flowNodeRef"))) + len(_before_references(lane)), reference)
            self._lanes.setdefault(node.get("id", ""), []).append(lane)
        return node

    def add_flow(self, source: etree._Element, target: etree._Element, base: str | None = None) -> etree._Element:
        """A new flow in the scope of its source."""
        scope = source.getparent()
        assert scope is not None
        base = base or f"{source.get('id')}_to_{target.get('id')}"
        ends = {"sourceRef": source.get("id", ""), "targetRef": target.get("id", "")}
        flow = etree.SubElement(scope, tag("sequenceFlow"), {"id": self.fresh(base), **ends})
        self.lines[flow] = self.line(source)
        self._ids[flow.get("id", "")] = flow
        self._leaving.setdefault(ends["sourceRef"], []).append(flow)
        self._entering.setdefault(ends["targetRef"], []).append(flow)
        return flow

    def lead(self, flow: etree._Element, *, source: etree._Element | None = None, target: etree._Element | None = None) -> None:
        """Give a flow another beginning or end."""
        for attribute, index, node in (("sourceRef", self._leaving, source), ("targetRef", self._entering, target)):
            if node is not None:
                index[flow.get(attribute, "")].remove(flow)
                flow.set(attribute, node.get("id", ""))
                index.setdefault(node.get("id", ""), []).append(flow)

    def remove_flow(self, flow: etree._Element) -> None:
        """Take a flow out; the caller has recorded why."""
        for attribute, index in (("sourceRef", self._leaving), ("targetRef", self._entering)):
            flows = index.get(flow.get(attribute, ""), [])
            if flow in flows:
                flows.remove(flow)
        self._forget(flow)

    def remove_node(self, node: etree._Element, rule: str, sentence: str) -> None:
        """Take a node out, with everything in it and its boundary events, recorded by `sentence`, and the flows at them."""
        for guest in self.guests(node):
            self.remove_node(guest, rule, sentence)
        for inner in [element for element in node.iter(tag("*")) if local(element) in FLOW_NODES]:
            self.say(rule, inner, sentence)
        for flow in dict.fromkeys((*self.leaving(node), *self.entering(node), *node.iter(tag("sequenceFlow")))):
            self.remove_flow(flow)
            self.say("flow-gone", flow, f"{label(flow)} was taken out with {label(node)}.")
        self._forget(node)

    def guests(self, node: etree._Element) -> list[etree._Element]:
        """The boundary events at its edge."""
        scope = node.getparent()
        if local(node) not in ACTIVITIES or scope is None:
            return []
        return [guest for guest in self.nodes(scope) if guest.get("attachedToRef") == node.get("id")]

    def _forget(self, element: etree._Element) -> None:
        for inner in element.iter():
            self._ids.pop(inner.get("id", ""), None)
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)


def _before_references(lane: etree._Element) -> list[etree._Element]:
    return [child for child in lane.iterchildren(tag("*")) if local(child) in _FIRST | {"partitionElement"}]
