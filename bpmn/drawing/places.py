"""From columns and rows to pixels: where each thing, band and pool is, and along which tracks lines may run between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bpmn.drawing.scene import EVENT_SIZE, GUEST_STEP, Box, Scene

HEADER = 30.0  # width of the strip with a pool's or lane's name
MARGIN, TOP = 160.0, 80.0
GAP_X = 60.0  # between columns
ROW = 160.0  # height of a row: a task, and room above and below it for lines and their names
GAP_POOL = 60.0
_TRACKS_X = (15.0, 30.0, 45.0)  # from the left edge of a gap
_TRACKS_Y = (-63.0, -51.0, 51.0, 63.0)  # from the middle of a row


@dataclass(frozen=True)
class Places:
    """Boxes by id, and the sorted x and y on which lines may run."""

    things: Mapping[str, Box]
    bands: tuple[Box, ...]
    pools: tuple[Box, ...]
    lanes: tuple[Box, ...]
    xs: tuple[float, ...]
    ys: tuple[float, ...]


def place(scene: Scene, columns: Mapping[str, int], rows: Mapping[str, int]) -> Places:
    """Give every thing of the scene its box."""
    left = MARGIN + HEADER * _headers(scene)
    centres, edges = _column_centres(scene, columns, left)
    right = edges[-1] + GAP_X
    middles, bands = _row_middles(scene, rows, left, right)
    things = {
        thing.id: _around(centres[columns[thing.id]], middles[thing.band][rows[thing.id]], thing.size)
        for thing in scene.things.values()
        if scene.anchor(thing.id) == thing.id
    }
    things |= _boundary_boxes(scene, things)
    return Places(
        things=things,
        bands=tuple(bands),
        pools=tuple(_spanning(bands, pool.first, pool.last, MARGIN) for pool in scene.pools),
        lanes=tuple(_spanning(bands, lane.first, lane.last, MARGIN + HEADER * (lane.depth + 1)) for lane in scene.lanes),
        xs=_x_tracks(scene, centres, edges, things),
        ys=tuple(sorted({middle + track for rows_of in middles for middle in rows_of for track in (*_TRACKS_Y, 0.0)})),
    )


def _headers(scene: Scene) -> int:
    depths = [lane.depth + 1 for lane in scene.lanes]
    return max([*depths, 0]) + (1 if any(pool.id for pool in scene.pools) else 0)


def _column_centres(scene: Scene, columns: Mapping[str, int], left: float) -> tuple[list[float], list[float]]:
    """The middle and the right edge of each column; a column is as wide as the widest thing in it."""
    widths: dict[int, float] = {}
    for thing in scene.things.values():
        widths[columns[thing.id]] = max(widths.get(columns[thing.id], EVENT_SIZE[0]), thing.size[0] if thing.host is None else 0)
    centres, edges, x = [], [], left + GAP_X
    for column in range(max(widths, default=0) + 1):
        width = widths.get(column, EVENT_SIZE[0])
        centres.append(x + width / 2)
        edges.append(x + width)
        x += width + GAP_X
    return centres, edges


def _row_middles(scene: Scene, rows: Mapping[str, int], left: float, right: float) -> tuple[list[list[float]], list[Box]]:
    middles: list[list[float]] = []
    bands: list[Box] = []
    starts_pool = {pool.first for pool in scene.pools}
    y = TOP
    for band in range(scene.bands):
        if band and band in starts_pool:
            y += GAP_POOL
        count = 1 + max((rows[thing.id] for thing in scene.things.values() if thing.band == band), default=0)
        middles.append([y + ROW * (row + 0.5) for row in range(count)])
        bands.append(Box(left, y, right - left, ROW * count))
        y += ROW * count
    return middles, bands


def _around(x: float, y: float, size: tuple[float, float]) -> Box:
    return Box(x - size[0] / 2, y - size[1] / 2, *size)


def _boundary_boxes(scene: Scene, things: Mapping[str, Box]) -> dict[str, Box]:
    """On the lower edge of the host, from its right corner to the left."""
    count: Counter[str] = Counter()
    boxes = {}
    for thing in scene.things.values():
        if thing.host is not None:
            host = things[thing.host]
            x = host.right - GUEST_STEP * (count[thing.host] + 0.5)
            boxes[thing.id] = _around(x, host.bottom, thing.size)
            count[thing.host] += 1
    return boxes


def _spanning(bands: list[Box], first: int, last: int, left: float) -> Box:
    top, bottom = bands[first].y, bands[last].bottom
    return Box(left, top, bands[first].right - left, bottom - top)


def _x_tracks(scene: Scene, centres: list[float], edges: list[float], things: Mapping[str, Box]) -> tuple[float, ...]:
    boundary = {box.x + box.width / 2 for identifier, box in things.items() if scene.things[identifier].host}
    first = {
        things_left - GAP_X + track
        for things_left in [min((box.x for box in things.values()), default=centres[0])]
        for track in _TRACKS_X
    }
    gaps = {edge + track for edge in edges for track in _TRACKS_X}
    return tuple(sorted({*centres, *boundary, *gaps, *first}))
