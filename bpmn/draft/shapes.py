"""The drawing of a draft: kept as it came, with shapes for what was added; drawn afresh where there is none or no room."""

from __future__ import annotations

from itertools import pairwise

from lxml import etree

from bpmn.draft.paper import Paper
from bpmn.drawing.scene import Box
from bpmn.errors import BadModel, Finding
from bpmn.layout import lay_out
from bpmn.names import BPMNDI, DC, DI, EVENTS, GATEWAYS, tag
from bpmn.safexml import attribute, local

_SHAPE, _EDGE, _PLANE = (tag(name, BPMNDI) for name in ("BPMNShape", "BPMNEdge", "BPMNPlane"))
_GAP = 40.0
_LOOKS = 8  # places tried around a neighbour


def draw(paper: Paper) -> tuple[bytes, tuple[Finding, ...]]:
    """The model as bytes, with a drawing of everything as far as one can be made."""
    _take_out_lost(paper)
    nodes = paper.all_nodes()
    shapes = _shapes(paper)
    drawn = sum(node.get("id") in shapes for node in nodes)
    sketch = Sketch(paper, shapes)
    if drawn * 2 >= len(nodes):
        sketch.complete(nodes)
        if sketch.is_clear or not _has_a_place(paper):
            return etree.tostring(paper.root, encoding="UTF-8", xml_declaration=True), ()
    return _fresh(paper)


def _has_a_place(paper: Paper) -> bool:
    """A new drawing of pools holds the processes that have one."""
    pools = [pool.get("processRef") for pool in paper.root.iter(tag("participant"))]
    return paper.root.find(tag("collaboration")) is None or paper.process.get("id") in pools


def _fresh(paper: Paper) -> tuple[bytes, tuple[Finding, ...]]:
    xml = etree.tostring(paper.root, encoding="UTF-8", xml_declaration=True)
    try:
        return lay_out(xml), ()
    except BadModel as bad:
        if any(finding.rule != "too-many-elements" for finding in bad.findings):
            raise
        message = "the process is too big to be drawn here: it runs without a picture, or draw it in a modelling tool"
        return xml, (Finding("not-drawn", message, severity="warning", file=paper.file),)


def _shapes(paper: Paper) -> dict[str, etree._Element]:
    found = {shape.get("bpmnElement", ""): shape for shape in paper.root.iter(_SHAPE)}
    return {identifier: shape for identifier, shape in found.items() if _box(shape) is not None}


def _take_out_lost(paper: Paper) -> None:
    """Shapes of what is no longer there, and of nothing, confuse every viewer."""
    for shape in [*paper.root.iter(_SHAPE), *paper.root.iter(_EDGE)]:
        element, parent = paper.by_id(shape.get("bpmnElement")), shape.getparent()
        if parent is not None and (element is None or element in paper.moved):
            parent.remove(shape)
    for plane in list(paper.root.iter(_PLANE)):
        diagram = plane.getparent()
        if paper.by_id(plane.get("bpmnElement")) is not None or diagram is None:
            continue
        if len(plane):  # things are drawn on it, so it has only lost its name
            collaboration = paper.root.find(tag("collaboration"))
            plane.set("bpmnElement", attribute(paper.process if collaboration is None else collaboration, "id"))
        elif (holder := diagram.getparent()) is not None:
            holder.remove(diagram)


def _box(shape: etree._Element) -> Box | None:
    bounds = shape.find(tag("Bounds", DC))
    try:
        x, y, width, height = (float(bounds.get(name, "")) for name in ("x", "y", "width", "height"))  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        return None
    return Box(x, y, width, height)


class Sketch:
    """The drawing as it came, to which a few shapes and lines are added."""

    def __init__(self, paper: Paper, shapes: dict[str, etree._Element]) -> None:
        self.paper, self.shapes = paper, shapes
        self.boxes = {identifier: box for identifier, shape in shapes.items() if (box := _box(shape)) is not None}
        self.is_clear = True  # nothing that was added lies on, or runs through, anything else
        self.edges = {edge.get("bpmnElement", ""): edge for edge in paper.root.iter(_EDGE)}

    def complete(self, nodes: list[etree._Element]) -> None:
        """Draw what is not drawn, beside what is."""
        missing = [node for node in nodes if node.get("id") not in self.shapes]
        for ends in ("sourceRef", "sourceRef", "sourceRef", "targetRef", "sourceRef"):
            missing = [node for node in missing if not self._place(node, ends)]
        for flow in list(self.paper.flows()):
            self._line(flow)

    def _place(self, node: etree._Element, end: str) -> bool:
        """Behind what leads to it (sourceRef), or before what it leads to (targetRef), if that is drawn."""
        flows = self.paper.entering(node) if end == "sourceRef" else self.paper.leaving(node)
        near = next((name for flow in flows if (name := flow.get(end, "")) in self.shapes), None)
        if near is None:
            return False
        side = 1 if end == "sourceRef" else -1
        width, height = _size(node)
        box = self._free(self.boxes[near], side, width, height)
        plane = self.shapes[near].getparent()
        assert plane is not None
        shape = etree.SubElement(
            plane, _SHAPE, {"id": self.paper.fresh(f"{node.get('id')}_di"), "bpmnElement": node.get("id", "")}
        )
        numbers = {"x": box.x, "y": box.y, "width": width, "height": height}
        etree.SubElement(shape, tag("Bounds", DC), {name: f"{number:g}" for name, number in numbers.items()})
        if local(node) == "exclusiveGateway":
            shape.set("isMarkerVisible", "true")
        self.paper.take_id(shape.get("id", ""), shape)
        self.shapes[node.get("id", "")], self.boxes[node.get("id", "")] = shape, box
        return True

    def _free(self, near: Box, side: int, width: float, height: float) -> Box:
        """The nearest place beside a thing on which nothing else lies; pools and sub-processes around it do not count."""
        middle = near.y + near.height / 2 - height / 2
        around = [box for box in self.boxes.values() if not _holds(box, near)]
        first: Box | None = None
        for look in range(_LOOKS):
            step = (look + 1) // 2 * (height + _GAP) * (1 if look % 2 else -1)
            x = near.right + _GAP if side > 0 else near.x - _GAP - width
            candidate = Box(x, middle + step, width, height)
            first = first or candidate
            if not any(_overlap(candidate, box) for box in around):
                return candidate
        self.is_clear = False
        return first or near

    def _line(self, flow: etree._Element) -> None:
        identifier = flow.get("id", "")
        source, target = (self.boxes.get(flow.get(end, "")) for end in ("sourceRef", "targetRef"))
        if source is None or target is None:
            return
        edge = self.edges.get(identifier)
        if edge is not None and _reaches(edge, source, target):
            return
        if edge is None:
            plane = self.shapes[flow.get("sourceRef", "")].getparent()
            assert plane is not None
            edge = etree.SubElement(plane, _EDGE, {"id": self.paper.fresh(f"{identifier}_di"), "bpmnElement": identifier})
            self.paper.take_id(edge.get("id", ""), edge)
        for child in edge.findall(tag("waypoint", DI)):
            edge.remove(child)
        points = _points(source, target)
        self.is_clear = self.is_clear and not self._runs_through(points, source, target)
        for place, (x, y) in enumerate(points):
            edge.insert(place, etree.Element(tag("waypoint", DI), {"x": f"{x:g}", "y": f"{y:g}"}))

    def _runs_through(self, points: list[tuple[float, float]], source: Box, target: Box) -> bool:
        """Does a line cross anything but what it connects and what that stands in?"""
        others = [box for box in self.boxes.values() if not _holds(box, source) and not _holds(box, target)]
        for (x, y), (to_x, to_y) in pairwise(points):
            stretch = Box(min(x, to_x), min(y, to_y), abs(x - to_x) or 0.1, abs(y - to_y) or 0.1)
            if any(_overlap(stretch, box) for box in others):
                return True
        return False


def _size(node: etree._Element) -> tuple[float, float]:
    if local(node) in EVENTS:
        return 36.0, 36.0
    return (50.0, 50.0) if local(node) in GATEWAYS else (100.0, 80.0)


def _holds(outer: Box, inner: Box) -> bool:
    return outer.x <= inner.x and outer.y <= inner.y and outer.right >= inner.right and outer.bottom >= inner.bottom


def _overlap(one: Box, other: Box) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def _reaches(edge: etree._Element, source: Box, target: Box) -> bool:
    """Does the line still begin and end at its two things? It may have been given others."""
    points = edge.findall(tag("waypoint", DI))
    if len(points) < 2:
        return False
    return _touches(points[0], source) and _touches(points[-1], target)


def _touches(point: etree._Element, box: Box) -> bool:
    try:
        x, y = float(point.get("x", "")), float(point.get("y", ""))
    except ValueError:
        return False
    slack = 30.0
    return box.x - slack <= x <= box.right + slack and box.y - slack <= y <= box.bottom + slack


def _points(source: Box, target: Box) -> list[tuple[float, float]]:
    """Out to the right and in from the left, with one bend between; straight when they stand side by side."""
    y, end = source.y + source.height / 2, target.y + target.height / 2
    if abs(y - end) < 1 and target.x >= source.right:
        return [(source.right, y), (target.x, y)]
    if target.x >= source.right:
        middle = (source.right + target.x) / 2
        return [(source.right, y), (middle, y), (middle, end), (target.x, end)]
    x, turn = source.x + source.width / 2, max(source.bottom, target.bottom) + 20
    return [(x, source.bottom), (x, turn), (target.x + target.width / 2, turn), (target.x + target.width / 2, target.bottom)]
