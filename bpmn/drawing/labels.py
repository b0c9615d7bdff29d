"""Where a name is written beside its event, gateway or line: the candidate that covers the least."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bpmn.drawing.router import Point
from bpmn.drawing.scene import FONT, Box, Line, Scene, text_width

_WIDEST = 90.0  # where bpmn-js breaks the line
_LINE = 14.0
_OVER_BOX, _OVER_LINE, _SHARED = 3.0, 1.0, 2.0
_STROKE = 20.0  # room for the mark of a default flow
_CELL = 150.0


def place_labels(scene: Scene, things: Mapping[str, Box], routes: Mapping[str, Sequence[Point]]) -> dict[str, Box]:
    """Id of a thing or line -> box of its label. Names of activities are inside them and have none."""
    page = _Page(things, routes)
    for thing in sorted(scene.things.values(), key=lambda thing: thing.host is not None):
        if thing.name and not thing.is_activity:
            page.write(thing.id, _beside(things[thing.id], thing.name, thing.kind.endswith("Gateway")))
    for line in scene.lines:
        if line.name:
            page.write(line.id, _along(routes[line.id], line, page.is_shared(line.id)))
    return page.labels


@dataclass(frozen=True, slots=True)
class _Ink:
    """Something drawn: whose it is, where, and how bad it is to write over it."""

    owner: str
    box: Box
    weight: float


class _Page:
    """What is drawn already and must stay readable, findable by where it is: a big diagram has thousands of stretches."""

    def __init__(self, things: Mapping[str, Box], routes: Mapping[str, Sequence[Point]]) -> None:
        self.labels: dict[str, Box] = {}
        self._inks: list[_Ink] = []
        self._cells: dict[tuple[int, int], list[int]] = {}
        self._stretches = {line: [_strip(one, two) for one, two in pairwise(points)] for line, points in routes.items()}
        for thing, box in things.items():
            self._draw(_Ink(thing, box, _OVER_BOX))
        for line, strips in self._stretches.items():
            for strip in strips:
                self._draw(_Ink(line, strip, _OVER_LINE))

    def write(self, owner: str, candidates: Iterator[tuple[Box, float]]) -> None:
        """Put the label of `owner` where it covers least; each candidate comes with what it costs anyway."""
        self.labels[owner] = min(candidates, key=lambda candidate: candidate[1] + self._covered(owner, candidate[0]))[0]
        self._draw(_Ink(owner, self.labels[owner], _OVER_BOX))

    def is_shared(self, line: str) -> list[bool]:
        """For each stretch of the line: does another line run along it? Then a name there could be of either."""
        return [
            any(ink.owner != line and ink.weight == _OVER_LINE and _along_each_other(mine, ink.box) for ink in self._near(mine))
            for mine in self._stretches[line]
        ]

    def _covered(self, owner: str, box: Box) -> float:
        # Its own thing is left out: a diamond and a circle leave the corners of their box free.
        covered = (ink for ink in self._near(box) if box.overlaps(ink.box))
        return sum(ink.weight for ink in covered if ink.owner != owner or ink.weight == _OVER_LINE)

    def _draw(self, ink: _Ink) -> None:
        for cell in _cells(ink.box):
            self._cells.setdefault(cell, []).append(len(self._inks))
        self._inks.append(ink)

    def _near(self, box: Box) -> Iterator[_Ink]:
        """Everything in the cells that the box touches, each once."""
        numbers = {number for cell in _cells(box) for number in self._cells.get(cell, ())}
        return (self._inks[number] for number in numbers)


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    for column in range(int(box.x // _CELL), int(box.right // _CELL) + 1):
        for row in range(int(box.y // _CELL), int(box.bottom // _CELL) + 1):
            yield column, row


def label_size(text: str) -> tuple[float, float]:
    """Width and height of a label whose text is broken into lines of at most 90 pixels."""
    width = text_width(text)
    lines = math.ceil(width / (_WIDEST - FONT / 2)) if width > _WIDEST else 1
    return math.ceil(min(_WIDEST, width + 4)), lines * _LINE


def _strip(one: Point, two: Point) -> Box:
    """A stretch of a line as a box: a hair thick, so that a line at the very edge of a label counts as covered."""
    x, y = min(one[0], two[0]), min(one[1], two[1])
    return Box(x - 1, y - 1, abs(one[0] - two[0]) + 2, abs(one[1] - two[1]) + 2)


def _along_each_other(one: Box, two: Box) -> bool:
    """Do two strips share more than a crossing or a corner?"""
    wide = min(one.right, two.right) - max(one.x, two.x)
    high = min(one.bottom, two.bottom) - max(one.y, two.y)
    return min(wide, high) > 0 and max(wide, high) > 4


def _beside(box: Box, text: str, above_first: bool) -> Iterator[tuple[Box, float]]:
    """Above and below: in the middle, then beside a line that comes in there; then at the four corners."""
    width, height = label_size(text)
    middle = box.x + box.width / 2
    above, below = box.y - height - 3, box.bottom + 3
    for y in (above, below) if above_first else (below, above):
        yield Box(middle - width / 2, y, width, height), 0.0
        yield Box(middle + 4, y, width, height), 0.2
        yield Box(middle - 4 - width, y, width, height), 0.2
    for y in (above - 6, below + 6):  # past a line that runs close by
        yield Box(middle + 4, y, width, height), 0.3
        yield Box(middle - 4 - width, y, width, height), 0.3
    for y in (box.y - height + 6, box.bottom - 6):
        yield Box(box.right - 2, y, width, height), 0.4
        yield Box(box.x - width + 2, y, width, height), 0.4


def _along(points: Sequence[Point], line: Line, shared: Sequence[bool]) -> Iterator[tuple[Box, float]]:
    """At the beginning of the first stretches, then in their middles; on either side of the line."""
    width, height = label_size(line.name)
    for share in (0.0, 0.5):
        for number, ((x1, y1), (x2, y2)) in enumerate(list(pairwise(points))[:3]):
            cost = _SHARED if shared[number] else 0.0
            # The stroke that marks a default flow stands at its beginning.
            gap = _STROKE if line.default and number == 0 else 4.0
            if y1 == y2:
                x = _start(x1, x2, width, gap) if share == 0 else (x1 + x2 - width) / 2
                yield from ((Box(x, y, width, height), cost) for y in (y1 - height - 2, y1 + 3))
            else:
                y = _start(y1, y2, height, gap) if share == 0 else (y1 + y2 - height) / 2
                yield from ((Box(x, y, width, height), cost) for x in (x1 + 4, x1 - width - 4))


def _start(here: float, there: float, size: float, gap: float) -> float:
    return here + gap if there > here else here - gap - size
