"""What is to be drawn on one plane, as values: pools, bands (lanes), things (flow nodes) and the lines between them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from bpmn.names import ACTIVITIES, EVENTS, FLOW_NODES, GATEWAYS, SUB_PROCESSES, tag
from bpmn.safexml import attribute, local, text_of

TASK_SIZE, GATEWAY_SIZE, EVENT_SIZE = (120.0, 80.0), (50.0, 50.0), (36.0, 36.0)
GUEST_STEP = 42.0  # from one boundary event to the next
FONT = 11.0  # pixels, of names outside their shapes as bpmn-js draws them


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its left upper corner and its size, in pixels; y grows downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.height

    def overlaps(self, other: Box) -> bool:
        """Do the two share more than an edge?"""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def within(self, other: Box) -> bool:
        """Does this one lie inside the other?"""
        return other.x <= self.x and other.y <= self.y and self.right <= other.right and self.bottom <= other.bottom


@dataclass(frozen=True, slots=True)
class Thing:
    """One flow node. `band` is the index of its band, `host` the activity that a boundary event sits on.

    `guests` is how many boundary events sit on it: it is drawn wide enough for all of them on its lower edge.
    """

    id: str
    kind: str
    name: str
    band: int
    host: str | None = None
    guests: int = 0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        if self.kind in EVENTS:
            return EVENT_SIZE
        return GATEWAY_SIZE if self.kind in GATEWAYS else (max(TASK_SIZE[0], GUEST_STEP * self.guests), TASK_SIZE[1])

    @property
    def is_activity(self) -> bool:
        """Is its name written inside it?"""
        return self.kind in ACTIVITIES or self.kind not in EVENTS | GATEWAYS


@dataclass(frozen=True, slots=True)
class Line:
    """A sequence flow. `default` is true for the way that is taken when no condition holds."""

    id: str
    name: str
    source: str
    target: str
    default: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane and the bands it spans; `depth` 0 is next to the pool's header."""

    id: str
    first: int
    last: int
    depth: int


@dataclass(frozen=True, slots=True)
class Pool:
    """A participant, or a process without one (then `id` is None), and the bands it spans."""

    id: str | None
    first: int
    last: int


@dataclass(frozen=True)
class Scene:
    """One plane. `bands` is how many rows of lanes there are; a pool without lanes has one band."""

    plane: str
    pools: tuple[Pool, ...]
    lanes: tuple[Lane, ...]
    bands: int
    things: Mapping[str, Thing]
    lines: tuple[Line, ...]
    messages: tuple[Line, ...] = ()

    def anchor(self, thing: str) -> str:
        """The thing itself, or the host of a boundary event: what has a place of its own."""
        return self.things[thing].host or thing


def text_width(text: str) -> float:
    """Pixels of a line of text outside a shape: full-width characters are as wide as the font is high."""
    return sum(FONT if unicodedata.east_asian_width(character) in "WF" else FONT * 0.58 for character in text)


def read_scenes(root: etree._Element) -> Iterator[Scene]:
    """The planes of a file: its collaboration (or each process), then one for each sub-process."""
    collaboration = root.find(tag("collaboration"))
    processes = {attribute(process, "id"): process for process in root.findall(tag("process"))}
    if collaboration is not None:
        pools: list[tuple[str | None, etree._Element | None]] = [
            (attribute(pool, "id"), processes.get(attribute(pool, "processRef")))
            for pool in collaboration.findall(tag("participant"))
        ]
        yield _scene(attribute(collaboration, "id"), pools, collaboration)
    else:
        for identifier, process in processes.items():
            yield _scene(identifier, [(None, process)])
    for scope in root.iter(*(tag(name) for name in SUB_PROCESSES)):
        yield _scene(attribute(scope, "id"), [(None, scope)])


def _scene(
    plane: str, members: list[tuple[str | None, etree._Element | None]], collaboration: etree._Element | None = None
) -> Scene:
    pools: list[Pool] = []
    lanes: list[Lane] = []
    things: dict[str, Thing] = {}
    lines: list[Line] = []
    bands = 0
    for pool, scope in members:
        bands_of: dict[str, int] = {}
        first, bands = bands, _add_lanes(scope, bands, 0, lanes, bands_of)
        pools.append(Pool(pool, first, bands - 1))
        if scope is not None:
            things |= _things(scope, first, bands_of)
            lines += _lines(scope, "sequenceFlow", things)
    messages = _lines(collaboration, "messageFlow", None) if collaboration is not None else []
    return Scene(plane, tuple(pools), tuple(lanes), bands, things, tuple(lines), tuple(messages))


def _add_lanes(scope: etree._Element | None, bands: int, depth: int, lanes: list[Lane], bands_of: dict[str, int]) -> int:
    """Adds the lanes under `scope` and the band of every node they name; returns how many bands there are now."""
    sets = [] if scope is None else [*scope.findall(tag("laneSet")), *scope.findall(tag("childLaneSet"))]
    inner = [lane for lane_set in sets for lane in lane_set.findall(tag("lane"))]
    if not inner:
        return bands + 1
    for lane in inner:
        first = bands
        bands = _add_lanes(lane, bands, depth + 1, lanes, bands_of)
        lanes.append(Lane(attribute(lane, "id"), first, bands - 1, depth))
        for reference in lane.findall(tag("flowNodeRef")):
            bands_of.setdefault(text_of(reference), first)
    return bands


def _things(scope: etree._Element, first: int, bands_of: Mapping[str, int]) -> dict[str, Thing]:
    elements = [element for element in scope.iterchildren(tag("*")) if local(element) in FLOW_NODES]
    ids = {attribute(element, "id") for element in elements}
    guests = Counter(element.get("attachedToRef") for element in elements)
    things = {}
    for element in elements:
        identifier, host = attribute(element, "id"), element.get("attachedToRef")
        host = host if host in ids else None
        band = bands_of.get(host or identifier, first)
        things[identifier] = Thing(identifier, local(element), attribute(element, "name"), band, host, guests[identifier])
    return things


def _lines(holder: etree._Element, kind: str, things: Mapping[str, Thing] | None) -> list[Line]:
    defaults = {element.get("default") for element in holder.iterchildren(tag("*"))}
    lines = []
    for element in holder.findall(tag(kind)):
        identifier, source, target = (attribute(element, name) for name in ("id", "sourceRef", "targetRef"))
        if things is None or (source in things and target in things):
            lines.append(Line(identifier, attribute(element, "name"), source, target, identifier in defaults))
    return lines
