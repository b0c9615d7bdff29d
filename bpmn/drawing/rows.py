"""Which row of its band a thing stands in: the ordinary way runs straight, everything else finds the nearest free place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bpmn.drawing.columns import outgoing_of
from bpmn.drawing.scene import Line, Scene

_BLOCKED = 3  # a straight line through something costs as much as three rows of detour
_MOST_ROWS = 400


class _Places:
    """Cells (band, row, column) that are taken by a thing or by a straight line."""

    def __init__(self, scene: Scene, columns: Mapping[str, int]) -> None:
        self.scene, self.columns = scene, columns
        self.rows: dict[str, int] = {}
        self._taken: set[tuple[int, int, int]] = set()

    def put(self, thing: str, row: int) -> None:
        """Stand a thing into a row."""
        self.rows[thing] = row
        self._taken.add((self.scene.things[thing].band, row, self.columns[thing]))

    def keep_free(self, band: int, row: int, after: int, before: int) -> None:
        """Nothing else may stand between two columns: a line runs there."""
        self._taken.update((band, row, column) for column in range(after + 1, before))

    def is_free(self, band: int, row: int, column: int) -> bool:
        """May something stand here?"""
        return (band, row, column) not in self._taken

    def is_clear(self, band: int, row: int, after: int, before: int) -> bool:
        """Can a straight line run between the two columns?"""
        return all(self.is_free(band, row, column) for column in range(after + 1, before))


def assign_rows(scene: Scene, columns: Mapping[str, int], back: frozenset[str]) -> dict[str, int]:
    """Thing id -> row inside its band, counted from 0; a boundary event stands in its host's."""
    places = _Places(scene, columns)
    for spine in _spines(scene, back):
        _put_spine(spine, places)
    incoming: dict[str, list[str]] = {}
    for line in scene.lines:
        if line.id not in back:
            incoming.setdefault(scene.anchor(line.target), []).append(line.source)
    for thing in sorted((thing for thing in scene.things if scene.anchor(thing) == thing), key=lambda thing: columns[thing]):
        if thing not in places.rows:
            _put_near(thing, incoming.get(thing, []), places)
    return {thing: places.rows[scene.anchor(thing)] for thing in scene.things}


def _spines(scene: Scene, back: frozenset[str]) -> Iterator[list[str]]:
    """From each start event along the first line forward until an end, or something that another spine has already."""
    outgoing = outgoing_of(scene)
    taken: set[str] = set()
    for thing in scene.things.values():
        if thing.kind != "startEvent":
            continue
        spine, here = [], thing.id
        while here not in taken:
            taken.add(here)
            spine.append(here)
            line = next((line for line in outgoing[here] if _goes_on(line, scene, back)), None)
            if line is None:
                break
            here = scene.anchor(line.target)
        yield spine


def _goes_on(line: Line, scene: Scene, back: frozenset[str]) -> bool:
    return line.id not in back and scene.things[line.source].host is None


def _put_spine(spine: list[str], places: _Places) -> None:
    before: str | None = None
    for thing in spine:
        band, column = places.scene.things[thing].band, places.columns[thing]
        if not places.is_free(band, 0, column):
            return  # the rest stands wherever it finds a place
        places.put(thing, 0)
        if before is not None and places.scene.things[before].band == band:
            places.keep_free(band, 0, places.columns[before], column)
        before = thing


def _put_near(thing: str, sources: list[str], places: _Places) -> None:
    band, column = places.scene.things[thing].band, places.columns[thing]
    free = (row for row in range(_MOST_ROWS) if places.is_free(band, row, column))
    best = min(_first(free, 12), key=lambda row: (_cost(thing, row, sources, places), row))
    places.put(thing, best)
    for source in sources:
        anchor = places.scene.anchor(source)
        if places.scene.things[anchor].band == band and places.rows.get(anchor) == best:
            places.keep_free(band, best, places.columns[anchor], column)


def _first(rows: Iterator[int], count: int) -> list[int]:
    return [row for row, _ in zip(rows, range(count), strict=False)]


def _cost(thing: str, row: int, sources: list[str], places: _Places) -> float:
    """Rows of detour of the lines that come in; the nearest source counts most. Below a boundary event is straight."""
    band, column, cost = places.scene.things[thing].band, places.columns[thing], row * 0.01
    for source in sources:
        anchor = places.scene.anchor(source)
        if places.scene.things[anchor].band != band or anchor not in places.rows:
            continue
        wanted = places.rows[anchor] + (1 if anchor != source else 0)
        weight = 1 / (column - places.columns[anchor] or 1)
        cost += abs(row - wanted) * (1 + weight)
        if row == places.rows[anchor] and not places.is_clear(band, row, places.columns[anchor], column):
            cost += _BLOCKED
    return cost
