"""A model without a diagram in, the same model with one out: lanes as rows, time to the right, lines around everything."""

from __future__ import annotations

from lxml import etree

from bpmn.drawing.columns import assign_columns, back_lines
from bpmn.drawing.labels import place_labels
from bpmn.drawing.messages import route_messages
from bpmn.drawing.places import place
from bpmn.drawing.router import Router, routing_order
from bpmn.drawing.rows import assign_rows
from bpmn.drawing.scene import Scene, read_scenes
from bpmn.drawing.write import Drawing, write_diagram
from bpmn.errors import BadModel, Finding
from bpmn.names import BPMNDI, DC, DI, tag
from bpmn.read import read_model
from bpmn.safexml import parse

MOST_THINGS = 400
MOST_LINES = 800


def lay_out(xml: bytes) -> bytes:
    """Draw a BPMN file: any diagram in it is replaced. Sub-processes are drawn collapsed, each with a plane of its own.

    Data objects and annotations are not drawn. The same file always gives the same bytes. Raises BadModel when the file cannot
    be read as a model, or has more than 400 steps, events and gateways or 800 flows.
    """
    root = _with_prefixes(parse(read_model(xml).xml))
    for diagram in root.findall(tag("BPMNDiagram", BPMNDI)):
        root.remove(diagram)
    scenes = list(read_scenes(root))
    _refuse_too_many(scenes)
    for scene in scenes:
        write_diagram(root, draw(scene))
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _refuse_too_many(scenes: list[Scene]) -> None:
    things = sum(len(scene.things) for scene in scenes)
    lines = sum(len(scene.lines) + len(scene.messages) for scene in scenes)
    for count, most, what in ((things, MOST_THINGS, "steps, events and gateways"), (lines, MOST_LINES, "flows")):
        if count > most:
            message = f"the model has {count} {what}: at most {most} are drawn; split it into several processes"
            raise BadModel([Finding("too-many-elements", message)])


def draw(scene: Scene) -> Drawing:
    """Place and route everything on one plane."""
    back = back_lines(scene)
    columns = assign_columns(scene, back)
    places = place(scene, columns, assign_rows(scene, columns, back))
    router = Router(scene, places)
    routes = {line.id: router.route(line) for line in routing_order(scene, places.things, back)}
    routes |= route_messages(scene, places)
    return Drawing(scene, places, routes, place_labels(scene, places.things, routes))


def _with_prefixes(root: etree._Element) -> etree._Element:
    """The usual prefixes for the diagram, where the file does not declare its own: a root's own cannot be added to."""
    wanted = {"bpmndi": BPMNDI, "dc": DC, "di": DI}
    known = dict(root.nsmap)
    missing = {prefix: uri for prefix, uri in wanted.items() if uri not in known.values() and prefix not in known}
    if not missing:
        return root
    fresh = etree.Element(root.tag, dict(root.attrib), nsmap=known | missing)  # type: ignore[misc, arg-type]  # None is a prefix too
    fresh.text = root.text
    fresh.extend(list(root))
    return fresh
