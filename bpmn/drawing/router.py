"""Orthogonal routes for the lines: A* along the tracks, around everything, with few bends, crossings and shared stretches."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import count, pairwise

from bpmn.drawing.places import Places
from bpmn.drawing.scene import Box, Line, Scene

Point = tuple[float, float]
Vertex = tuple[int, int]
_State = tuple[Vertex, int]

_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # right, down, left, up: a direction is an index
_LEAVE = (0, 30, 120, 30)  # cost of leaving a thing in a direction: lines run to the right
_ARRIVE = (0, 30, 130, 30)
_BEND, _CROSS = 45, 18
_SAME_SOURCE, _SAME_TARGET, _STRANGER = 2.0, 1.0, 12.0  # cost of sharing a stretch, in lengths of it
_PORT_TAKEN, _PORT_OPPOSITE = 90, 150
_CLEARANCE = 3.0
LOOP_HEIGHT = 51.0  # above the middle of a thing: the nearest track over it
MOST_LOOKS = 200_000  # of all lines of a plane together: a bound in work, so that the same model always looks the same


class Router:
    """Routes the lines of one scene, one after the other; each avoids those before it."""

    def __init__(self, scene: Scene, places: Places) -> None:
        self._scene, self._things = scene, places.things
        self._xs, self._ys = places.xs, places.ys
        self._column = {x: number for number, x in enumerate(self._xs)}
        self._row = {y: number for number, y in enumerate(self._ys)}
        self._inside: dict[Vertex, set[str]] = {}
        self._stretches: dict[tuple[Vertex, Vertex], list[Line]] = {}
        self._passed: dict[Vertex, int] = {}
        self._ports: dict[tuple[str, int], str] = {}
        self._looks = MOST_LOOKS
        for identifier, box in self._things.items():
            for vertex in self._vertices_in(box):
                self._inside.setdefault(vertex, set()).add(identifier)

    def route(self, line: Line) -> tuple[Point, ...]:
        """The corners of a line from border to border."""
        source, target = self._things[line.source], self._things[line.target]
        path = self._search(line) if source is not target else None
        if path is not None:
            self._remember(line, path)
            points = [self._point(vertex) for vertex, _ in path]
        else:
            points = _loop(source) if source is target else _elbow(centre(source), centre(target))
        if points[0] != centre(source):
            points.insert(0, centre(source))
        points = _straightened(points)
        return (_border(source, points[0], points[1]), *points[1:-1], _border(target, points[-1], points[-2]))

    def _point(self, vertex: Vertex) -> Point:
        return self._xs[vertex[0]], self._ys[vertex[1]]

    def _vertices_in(self, box: Box) -> Iterator[Vertex]:
        columns = range(bisect_right(self._xs, box.x - _CLEARANCE), bisect_right(self._xs, box.right + _CLEARANCE))
        rows = range(bisect_right(self._ys, box.y - _CLEARANCE), bisect_right(self._ys, box.bottom + _CLEARANCE))
        return ((column, row) for column in columns for row in rows)

    def _start(self, line: Line) -> tuple[Vertex, tuple[int, ...]]:
        """The vertex a line starts from and the directions it may take; one of a boundary event starts below it."""
        box = self._things[line.source]
        x, y = centre(box)
        if self._scene.things[line.source].host is None:
            return (self._column[x], self._row[y]), (0, 1, 3, 2)
        return (self._column[x], min(bisect_right(self._ys, box.bottom), len(self._ys) - 1)), (1,)

    def _search(self, line: Line) -> list[_State] | None:
        start, directions = self._start(line)
        goal_x, goal_y = centre(self._things[line.target])
        if goal_x not in self._column or goal_y not in self._row:  # a boundary event is no target
            return None
        goal = (self._column[goal_x], self._row[goal_y])
        # A boundary event's line starts below it and does not come back through it.
        free = {line.target} if self._scene.things[line.source].host else {line.source, line.target}
        number = count()
        queue: list[tuple[float, int, float, _State, _State | None]] = []
        for direction in directions:
            cost = _LEAVE[direction] + self._port_cost(line.source, direction, "out")
            heapq.heappush(queue, (cost, next(number), cost, (start, direction), None))
        came: dict[_State, _State | None] = {}
        while queue and self._looks > 0:
            _, _, cost, state, before = heapq.heappop(queue)
            if state in came:
                continue
            self._looks -= 1
            came[state] = before
            if state[0] == goal:
                return _traced(state, came)
            for further, step in self._around(state, goal, line, free):
                if further not in came:
                    total = cost + step
                    ahead = abs(self._xs[further[0][0]] - goal_x) + abs(self._ys[further[0][1]] - goal_y)
                    heapq.heappush(queue, (total + ahead, next(number), total, further, state))
        return None

    def _around(self, state: _State, goal: Vertex, line: Line, free: set[str]) -> Iterator[tuple[_State, float]]:
        vertex, direction = state
        for turn, (dx, dy) in enumerate(_STEPS):
            if (turn + 2) % 4 == direction:
                continue
            further = (vertex[0] + dx, vertex[1] + dy)
            if not (0 <= further[0] < len(self._xs) and 0 <= further[1] < len(self._ys)):
                continue
            inside = self._inside.get(further, set())
            # Through nothing else, and straight out of the source and into the target: no bend hides behind a border.
            if inside - free or (turn != direction and self._inside.get(vertex, set()) & free):
                continue
            yield (further, turn), self._step_cost(vertex, further, turn, direction, goal, line)

    def _step_cost(self, vertex: Vertex, further: Vertex, turn: int, direction: int, goal: Vertex, line: Line) -> float:
        (x1, y1), (x2, y2) = self._point(vertex), self._point(further)
        length = abs(x1 - x2) + abs(y1 - y2)
        shared = self._stretches.get(_stretch(vertex, further), [])
        cost = length + sum(length * _sharing(line, other) for other in shared)
        if turn != direction:
            cost += _BEND
        if further == goal:
            return cost + _ARRIVE[turn] + self._port_cost(line.target, (turn + 2) % 4, "in")
        if not shared and further in self._passed:
            cost += _CROSS
        return cost

    def _port_cost(self, thing: str, side: int, way: str) -> float:
        """Two lines out of one side are hard to tell apart; in and out of one side are misread."""
        taken = self._ports.get((thing, side))
        if taken is None:
            return 0
        if taken != way:
            return _PORT_OPPOSITE
        return _PORT_TAKEN if way == "out" else 0

    def _remember(self, line: Line, path: list[_State]) -> None:
        self._ports.setdefault((line.source, path[1][1] if len(path) > 1 else path[0][1]), "out")
        self._ports.setdefault((line.target, (path[-1][1] + 2) % 4), "in")
        for (one, _), (two, _) in pairwise(path):
            self._stretches.setdefault(_stretch(one, two), []).append(line)
        for vertex, _ in path[1:-1]:
            self._passed[vertex] = self._passed.get(vertex, 0) + 1


def centre(box: Box) -> Point:
    """The middle of a box."""
    return box.x + box.width / 2, box.y + box.height / 2


def routing_order(scene: Scene, things: Mapping[str, Box], back: frozenset[str]) -> list[Line]:
    """Straight lines first, then short ones, and those that lead back last: what is longest can go furthest around."""

    def urgency(line: Line) -> tuple[bool, bool, float, str]:
        (x1, y1), (x2, y2) = centre(things[line.source]), centre(things[line.target])
        return line.id in back, y1 != y2, abs(x1 - x2) + abs(y1 - y2), line.id

    return sorted(scene.lines, key=urgency)


def _sharing(line: Line, other: Line) -> float:
    if other.target == line.target:
        return _SAME_TARGET
    return _SAME_SOURCE if other.source == line.source else _STRANGER


def _stretch(one: Vertex, two: Vertex) -> tuple[Vertex, Vertex]:
    return (one, two) if one < two else (two, one)


def _traced(state: _State, came: Mapping[_State, _State | None]) -> list[_State]:
    path: list[_State] = []
    here: _State | None = state
    while here is not None:
        path.append(here)
        here = came[here]
    return path[::-1]


def _elbow(start: Point, end: Point) -> list[Point]:
    """When no way was found: straight across and up or down, through whatever is there."""
    return [start, end] if start[0] == end[0] or start[1] == end[1] else [start, (end[0], start[1]), end]


def _loop(box: Box) -> list[Point]:
    """From a thing to itself: out to the right, over its corner, in from above; all of it in the gaps around."""
    (x, y), right, above = centre(box), box.right + 15, centre(box)[1] - LOOP_HEIGHT
    return [(x, y), (right, y), (right, above), (x, above), (x, y)]


def _straightened(points: list[Point]) -> list[Point]:
    """Without the points that lie on a straight line between their neighbours."""
    kept = [points[0]]
    for here, after in pairwise(points[1:]):
        before = kept[-1]
        if not (before[0] == here[0] == after[0] or before[1] == here[1] == after[1]):
            kept.append(here)
    return [*kept, points[-1]]


def _border(box: Box, inner: Point, outer: Point) -> Point:
    """Where the line from the middle of the box to `outer` crosses its border."""
    (x, y), (to_x, to_y) = inner, outer
    if abs(to_x - x) > abs(to_y - y):
        return (box.right if to_x > x else box.x), y
    return x, (box.bottom if to_y > y else box.y)
