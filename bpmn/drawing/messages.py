"""Message flows between pools: down or up from one to the other, with the bend in the gap between them."""

from __future__ import annotations

from collections.abc import Mapping

from bpmn.drawing.places import GAP_POOL, Places
from bpmn.drawing.router import Point, centre
from bpmn.drawing.scene import Box, Scene


def route_messages(scene: Scene, places: Places) -> dict[str, tuple[Point, ...]]:
    """Message flow id -> corners. One that ends inside a sub-process has no end on this plane and is left out."""
    boxes: dict[str, Box] = dict(places.things)
    pools = {pool.id: box for pool, box in zip(scene.pools, places.pools, strict=True) if pool.id is not None}
    boxes |= pools
    routes = {}
    for line in scene.messages:
        source, target = boxes.get(line.source), boxes.get(line.target)
        if source is not None and target is not None and source is not target:
            routes[line.id] = _route(source, target, line.source in pools, line.target in pools, _pool_edges(pools))
    return routes


def _pool_edges(pools: Mapping[str, Box]) -> list[float]:
    return sorted(box.y for box in pools.values())


def _route(source: Box, target: Box, from_pool: bool, to_pool: bool, edges: list[float]) -> tuple[Point, ...]:
    (x1, y1), (x2, y2) = centre(source), centre(target)
    x1, x2 = (x2 if from_pool and not to_pool else x1), (x1 if to_pool else x2)
    down = y2 > y1
    start, end = (source.bottom, target.y) if down else (source.y, target.bottom)
    if x1 == x2:
        return (x1, start), (x2, end)
    between = [edge - GAP_POOL / 2 for edge in edges if min(start, end) < edge - GAP_POOL / 2 < max(start, end)]
    bend = (between[0] if down else between[-1]) if between else (start + end) / 2
    return (x1, start), (x1, bend), (x2, bend), (x2, end)
