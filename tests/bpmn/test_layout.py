"""The drawn diagram, looked at with a ruler: complete, nothing on anything, all in its lane, lines at right angles."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from bpmn import BadModel, lay_out, read_model, shipped
from bpmn.drawing.scene import Box
from bpmn.names import BPMN, BPMNDI, DC, DI, FLOW_NODES
from tests.bpmn.papers import MODEL, SHARED, process

KINDS = (
    "startEvent",
    "userTask",
    "task",
    "exclusiveGateway",
    "parallelGateway",
    "endEvent",
    "intermediateCatchEvent",
    "businessRuleTask",
)


@dataclass
class Sketch:
    """A random process: kinds by node id, lanes by node id, flows, boundary events."""

    lanes: int
    kinds: list[str]
    places: list[int]
    flows: list[tuple[int, int]]
    hosts: list[int] = field(default_factory=list)
    pool: bool = True

    def xml(self) -> bytes:
        """The sketch as BPMN without a diagram."""
        nodes = [f'<{kind} id="n{i}" name="第 {i} 步 step"/>' for i, kind in enumerate(self.kinds)]
        for number, host in enumerate(self.hosts):
            nodes.append(f'<boundaryEvent id="b{number}" name="late" attachedToRef="n{host}"/>')
            nodes.append(f'<sequenceFlow id="bf{number}" sourceRef="b{number}" targetRef="n{number % len(self.kinds)}"/>')
        lanes = "".join(
            f'<lane id="l{lane}" name="部门 {lane}">'
            + "".join(f"<flowNodeRef>n{i}</flowNodeRef>" for i, place in enumerate(self.places) if place == lane)
            + ("<flowNodeRef>s</flowNodeRef>" if lane == 0 else "")
            + "</lane>"
            for lane in range(self.lanes)
        )
        flows = "".join(
            f'<sequenceFlow id="f{i}" name="way {i}" sourceRef="n{a}" targetRef="n{b}"/>' for i, (a, b) in enumerate(self.flows)
        )
        first = '<sequenceFlow id="first" sourceRef="s" targetRef="n0"/>'
        lane_set = f'<laneSet id="ls">{lanes}</laneSet>' if lanes else ""
        pool = '<collaboration id="c"><participant id="pool" name="Pool" processRef="p"/></collaboration>' if self.pool else ""
        return process(lane_set + "".join(nodes) + flows + first, outer=pool)


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    """Up to fourteen nodes in up to three lanes with up to twenty flows, loops and boundary events."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=14))
    lanes = draw(st.integers(0, 3))
    place = st.integers(0, max(lanes - 1, 0))
    number = st.integers(0, len(kinds) - 1)
    flows = draw(st.lists(st.tuples(number, number), max_size=20, unique=True))
    tasks = [i for i, kind in enumerate(kinds) if kind.endswith("ask")]
    hosts = draw(st.lists(st.sampled_from(tasks), max_size=3)) if tasks else []
    places = draw(st.lists(place, min_size=len(kinds), max_size=len(kinds)))
    return Sketch(lanes, kinds, places, flows, hosts, draw(st.booleans()))


class Picture:
    """A drawn file with its boxes and lines."""

    def __init__(self, xml: bytes) -> None:
        self.root = etree.fromstring(xml)
        self.elements = {element.get("id"): element for element in self.root.iter(f"{{{BPMN}}}*") if element.get("id")}
        self.boxes: dict[str, Box] = {}
        self.lines: dict[str, list[tuple[float, float]]] = {}
        for shape in self.root.iter(f"{{{BPMNDI}}}BPMNShape"):
            bounds = shape.find(f"{{{DC}}}Bounds")
            assert shape.get("bpmnElement") not in self.boxes, "drawn twice"
            self.boxes[shape.get("bpmnElement")] = Box(*(float(bounds.get(name)) for name in ("x", "y", "width", "height")))
        for edge in self.root.iter(f"{{{BPMNDI}}}BPMNEdge"):
            points = [(float(point.get("x")), float(point.get("y"))) for point in edge.findall(f"{{{DI}}}waypoint")]
            self.lines[edge.get("bpmnElement")] = points

    def of(self, *kinds: str) -> dict[str, etree._Element]:
        """The elements of some kinds, by id."""
        return {i: element for i, element in self.elements.items() if etree.QName(element).localname in kinds}

    def nodes(self) -> dict[str, Box]:
        """The boxes of the flow nodes."""
        return {i: self.boxes[i] for i in self.of(*FLOW_NODES)}


def through(box: Box, points: Sequence[tuple[float, float]]) -> bool:
    """Does a line run through the inside of a box?"""
    inner = Box(box.x + 1, box.y + 1, box.width - 2, box.height - 2)
    return any(
        Box(min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2)).overlaps(inner) for (x1, y1), (x2, y2) in pairwise(points)
    )


def on_border(box: Box, point: tuple[float, float]) -> bool:
    """Does a point lie on the border of a box?"""
    x, y = point
    inside = box.x <= x <= box.right and box.y <= y <= box.bottom
    return inside and (x in {box.x, box.right} or y in {box.y, box.bottom})


def assert_complete(picture: Picture) -> None:
    """Everything that can be seen is drawn, once."""
    assert set(picture.boxes) == set(picture.of(*FLOW_NODES, "lane", "participant"))
    assert set(picture.lines) == set(picture.of("sequenceFlow", "messageFlow"))


def assert_nothing_overlaps(picture: Picture) -> None:
    """No two nodes share a pixel, but a boundary event and its host."""
    for (one, box), (two, other) in combinations(picture.nodes().items(), 2):
        if not {picture.elements[one].get("attachedToRef"), picture.elements[two].get("attachedToRef")} & {one, two}:
            assert not box.overlaps(other), (one, two)


def assert_in_lanes(picture: Picture) -> None:
    """Every node lies in its lane, every lane in a pool, and boundary events sit on the border of their host."""
    for lane_id, lane in picture.of("lane").items():
        for reference in lane.findall(f"{{{BPMN}}}flowNodeRef"):
            assert picture.boxes[reference.text].within(picture.boxes[lane_id]), reference.text
    pools = [picture.boxes[i] for i in picture.of("participant")]
    if pools:
        assert all(
            any(box.within(pool) for pool in pools) for i, box in picture.boxes.items() if i not in picture.of("participant")
        )
    for event_id, event in picture.of("boundaryEvent").items():
        box, host = picture.boxes[event_id], picture.boxes[event.get("attachedToRef")]
        assert on_border(host, (box.x + box.width / 2, box.y + box.height / 2))


def assert_lines_are_good(picture: Picture, *, free: bool = True) -> None:
    """Lines run at right angles from border to border and through nothing."""
    for line_id, line in picture.of("sequenceFlow").items():
        points = picture.lines[line_id]
        assert all(x1 == x2 or y1 == y2 for (x1, y1), (x2, y2) in pairwise(points)), line_id
        assert all(one != two for one, two in pairwise(points)), line_id
        assert on_border(picture.boxes[line.get("sourceRef")], points[0]), line_id
        assert on_border(picture.boxes[line.get("targetRef")], points[-1]), line_id
        if free:
            hit = [i for i, box in picture.nodes().items() if through(box, points)]
            assert hit == [], (line_id, hit)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sketches())
def test_any_process_is_drawn_completely_and_legibly(sketch):
    picture = Picture(lay_out(sketch.xml()))
    assert_complete(picture)
    assert_nothing_overlaps(picture)
    assert_in_lanes(picture)
    assert_lines_are_good(picture)


@settings(max_examples=20, deadline=None)
@given(sketches())
def test_drawing_twice_changes_nothing_and_the_process_stays_the_same(sketch):
    once = lay_out(sketch.xml())
    assert lay_out(once) == once
    before, after = read_model(sketch.xml()), read_model(once)
    assert [(node.id, node.lane, node.outgoing) for node in after.nodes] == [
        (node.id, node.lane, node.outgoing) for node in before.nodes
    ]


def test_the_ordinary_way_runs_straight_and_time_runs_to_the_right():
    picture = Picture(lay_out(MODEL.encode()))
    way = [picture.boxes[name] for name in ("begin", "look", "days", "long", "end")]
    assert len({box.y + box.height / 2 for box in way}) == 1
    assert all(one.right < two.x for one, two in pairwise(way))
    assert len(picture.lines["short"]) == 2


def test_lanes_are_stacked_in_the_order_of_the_file_without_a_gap():
    picture = Picture(lay_out(MODEL.encode()))
    hr, board, pool = (picture.boxes[name] for name in ("lane_hr", "lane_board", "company"))
    assert hr.bottom == board.y
    assert (pool.y, pool.bottom, pool.right) == (hr.y, board.bottom, hr.right)
    assert hr.x - pool.x == 30


def test_lanes_inside_lanes_stand_in_a_column_of_their_own():
    inner = (
        '<laneSet id="ls"><lane id="out"><childLaneSet id="in"><lane id="one"><flowNodeRef>s</flowNodeRef></lane>'
        '<lane id="two"><flowNodeRef>t</flowNodeRef></lane></childLaneSet></lane><lane id="other"/></laneSet>'
        '<task id="t"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>'
    )
    picture = Picture(lay_out(process(inner)))
    out, one, two = (picture.boxes[name] for name in ("out", "one", "two"))
    assert one.within(out)
    assert two.within(out)
    assert one.x - out.x == 30
    assert_in_lanes(picture)


def test_a_sub_process_is_drawn_closed_and_has_a_plane_of_its_own():
    inner = (
        '<subProcess id="sub"><startEvent id="s2"/><task id="t"/>'
        '<sequenceFlow id="f2" sourceRef="s2" targetRef="t"/></subProcess>'
        '<sequenceFlow id="f" sourceRef="s" targetRef="sub"/>'
    )
    picture = Picture(lay_out(process(inner)))
    assert [plane.get("bpmnElement") for plane in picture.root.iter(f"{{{BPMNDI}}}BPMNPlane")] == ["p", "sub"]
    assert picture.root.find(".//*[@bpmnElement='sub'][@isExpanded='false']") is not None
    assert_complete(picture)


def test_pools_talk_across_the_gap_between_them():
    outer = (
        '<collaboration id="c"><participant id="us" name="Us" processRef="p"/><participant id="them" name="Them"/>'
        '<participant id="more" processRef="q"/>'
        '<messageFlow id="m1" sourceRef="t" targetRef="them"/><messageFlow id="m2" sourceRef="them" targetRef="t"/>'
        '<messageFlow id="m3" sourceRef="t" targetRef="u"/><messageFlow id="m4" sourceRef="us" targetRef="more"/></collaboration>'
    )
    tasks = '<task id="v"/><task id="u"/><sequenceFlow id="g" sourceRef="v" targetRef="u"/>'
    tail = f'<process id="q" isExecutable="false">{tasks}</process>'
    picture = Picture(
        lay_out(process('<task id="t"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>', outer=outer, tail=tail))
    )
    assert_complete(picture)
    us, them, more = (picture.boxes[name] for name in ("us", "them", "more"))
    assert us.bottom < them.y < them.bottom < more.y
    for line in ("m1", "m2", "m3", "m4"):
        points = picture.lines[line]
        assert all(x1 == x2 or y1 == y2 for (x1, y1), (x2, y2) in pairwise(points))
    assert picture.lines["m1"][-1][1] == them.y
    assert picture.lines["m2"][0][1] == them.y


def test_an_old_diagram_is_replaced():
    once = lay_out(MODEL.encode())
    moved = once.replace(b'<dc:Bounds x="', b'<dc:Bounds x="9')
    assert moved != once
    assert lay_out(moved) == once


def test_names_outside_their_shape_have_a_place_that_covers_no_step():
    picture = Picture(shipped("CSC-2024-001").files["to-be.bpmn"])
    labels = list(label_boxes(picture))
    assert len(labels) == 10 + 15
    for owner, label in labels:
        covered = [i for i, box in picture.nodes().items() if i != owner and label.overlaps(box)]
        assert covered == [], owner
    for (one, box), (two, other) in combinations(labels, 2):
        assert not box.overlaps(other), (one, two)


def label_boxes(picture: Picture) -> Iterator[tuple[str, Box]]:
    """Each label with its owner."""
    for label in picture.root.iter(f"{{{BPMNDI}}}BPMNLabel"):
        bounds = label.find(f"{{{DC}}}Bounds")
        yield label.getparent().get("bpmnElement"), Box(*(float(bounds.get(name)) for name in ("x", "y", "width", "height")))


def test_many_boundary_events_find_room_on_their_host():
    events = "".join(f'<boundaryEvent id="b{i}" attachedToRef="t"/>' for i in range(6))
    flows = "".join(f'<sequenceFlow id="f{i}" sourceRef="b{i}" targetRef="e"/>' for i in range(6))
    picture = Picture(
        lay_out(process(f'<task id="t"/><endEvent id="e"/>{events}{flows}<sequenceFlow id="f" sourceRef="s" targetRef="t"/>'))
    )
    assert_nothing_overlaps(picture)
    assert_in_lanes(picture)
    assert_lines_are_good(picture)


def test_a_model_too_big_to_be_looked_at_is_refused():
    with pytest.raises(BadModel, match="at most 400 are drawn"):
        lay_out((SHARED / "hostile" / "39_chain_1000_nodes.bpmn").read_bytes())


def test_a_file_that_is_no_model_is_refused_and_not_drawn():
    with pytest.raises(BadModel, match="not BPMN"):
        lay_out(b"<html/>")


def test_a_model_with_more_flows_than_anybody_can_follow_is_refused():
    nodes = "".join(f'<task id="t{i}"/>' for i in range(30))
    flows = "".join(f'<sequenceFlow id="f{i}" sourceRef="t{i % 30}" targetRef="t{i // 30}"/>' for i in range(801))
    with pytest.raises(BadModel, match="801 flows: at most 800"):
        lay_out(process(nodes + flows))


def test_a_tangle_of_four_hundred_gateways_is_drawn_in_bounded_work():
    count = 390
    nodes = "".join(f'<exclusiveGateway id="t{i}" name="gateway {i}"/>' for i in range(count))
    flows = "".join(
        f'<sequenceFlow id="f{i}_{step}" name="way {i}" sourceRef="t{i}" targetRef="t{(i * step + 1) % count}"/>'
        for i in range(count)
        for step in (1, 7)
    )
    before = time.process_time()
    picture = Picture(lay_out(process(nodes + flows + '<sequenceFlow id="f" sourceRef="s" targetRef="t0"/>')))
    assert time.process_time() - before < 20
    assert_complete(picture)
    assert_nothing_overlaps(picture)
    assert_lines_are_good(picture, free=False)


@pytest.mark.parametrize("name", ["to-be.bpmn", "as-is.bpmn"])
def test_the_shipped_diagrams_are_the_ones_that_are_drawn(name):
    data = shipped("CSC-2024-001").files[name]
    assert re.sub(rb"\s+$", b"", data) == re.sub(rb"\s+$", b"", lay_out(data))
    picture = Picture(data)
    assert_complete(picture)
    assert_nothing_overlaps(picture)
    assert_in_lanes(picture)
    assert_lines_are_good(picture)
