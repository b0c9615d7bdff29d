"""The diagram as BPMN DI: a shape for each pool, lane and thing, an edge for each line, a label where one is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from bpmn.drawing.places import Places
from bpmn.drawing.router import Point
from bpmn.drawing.scene import Box, Scene, Thing
from bpmn.names import BPMNDI, DC, DI, SUB_PROCESSES, tag


@dataclass(frozen=True)
class Drawing:
    """A scene with everything placed: what is written."""

    scene: Scene
    places: Places
    routes: Mapping[str, Sequence[Point]]
    labels: Mapping[str, Box]


def write_diagram(root: etree._Element, drawing: Drawing) -> None:
    """Append one BPMNDiagram to the definitions."""
    scene, places = drawing.scene, drawing.places
    diagram = etree.SubElement(root, tag("BPMNDiagram", BPMNDI), {"id": f"{scene.plane}_diagram"})
    plane = etree.SubElement(diagram, tag("BPMNPlane", BPMNDI), {"id": f"{scene.plane}_plane", "bpmnElement": scene.plane})
    for pool, box in zip(scene.pools, places.pools, strict=True):
        if pool.id is not None:
            _shape(plane, pool.id, box, None, {"isHorizontal": "true"})
    for lane, box in sorted(zip(scene.lanes, places.lanes, strict=True), key=lambda pair: pair[0].depth):
        _shape(plane, lane.id, box, None, {"isHorizontal": "true"})
    # A boundary event is written after its host, or viewers draw the host over it.
    for thing in sorted(scene.things.values(), key=lambda thing: thing.host is not None):
        _shape(plane, thing.id, places.things[thing.id], drawing.labels.get(thing.id), _marks(thing))
    for line in (*scene.lines, *scene.messages):
        if line.id in drawing.routes:
            _edge(plane, line.id, drawing.routes[line.id], drawing.labels.get(line.id))


def _marks(thing: Thing) -> Mapping[str, str]:
    if thing.kind == "exclusiveGateway":
        return {"isMarkerVisible": "true"}
    return {"isExpanded": "false"} if thing.kind in SUB_PROCESSES else {}


def _shape(plane: etree._Element, element: str, box: Box, label: Box | None, marks: Mapping[str, str]) -> None:
    shape = etree.SubElement(plane, tag("BPMNShape", BPMNDI), {"id": f"{element}_di", "bpmnElement": element, **marks})
    _bounds(shape, box)
    _label(shape, label)


def _edge(plane: etree._Element, element: str, points: Sequence[Point], label: Box | None) -> None:
    edge = etree.SubElement(plane, tag("BPMNEdge", BPMNDI), {"id": f"{element}_di", "bpmnElement": element})
    for x, y in points:
        etree.SubElement(edge, tag("waypoint", DI), {"x": f"{x:g}", "y": f"{y:g}"})
    _label(edge, label)


def _label(parent: etree._Element, box: Box | None) -> None:
    if box is not None:
        _bounds(etree.SubElement(parent, tag("BPMNLabel", BPMNDI)), box)


def _bounds(parent: etree._Element, box: Box) -> None:
    numbers = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    etree.SubElement(parent, tag("Bounds", DC), {name: f"{number:g}" for name, number in numbers.items()})
