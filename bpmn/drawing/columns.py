"""Which column a thing stands in: the longest way from the start, with the lines that lead back left out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from bpmn.drawing.scene import Line, Scene


def outgoing_of(scene: Scene) -> Mapping[str, list[Line]]:
    """Lines by the thing they leave (a boundary event's leave its host): the default first, then in the file's order of targets.

    What comes first is followed first, so that the ordinary way through the process decides what counts as going back.
    """
    position = {identifier: number for number, identifier in enumerate(scene.things)}
    outgoing: dict[str, list[Line]] = {scene.anchor(identifier): [] for identifier in scene.things}
    for line in scene.lines:
        outgoing[scene.anchor(line.source)].append(line)
    for lines in outgoing.values():
        lines.sort(key=lambda line: (scene.things[line.source].host is not None, not line.default, position[line.target]))
    return outgoing


def back_lines(scene: Scene) -> frozenset[str]:
    """The ids of the lines that close a loop."""
    outgoing = outgoing_of(scene)
    back: set[str] = set()
    state: dict[str, str] = {}
    for root in sorted(outgoing, key=lambda identifier: scene.things[identifier].kind != "startEvent"):
        if root not in state:
            _walk(root, scene, outgoing, state, back)
    return frozenset(back)


def _walk(root: str, scene: Scene, outgoing: Mapping[str, list[Line]], state: dict[str, str], back: set[str]) -> None:
    """Depth first, without recursion: models may be long."""
    state[root] = "open"
    stack: list[tuple[str, Iterator[Line]]] = [(root, iter(outgoing[root]))]
    while stack:
        here, lines = stack[-1]
        line = next(lines, None)
        if line is None:
            state[here] = "done"
            stack.pop()
            continue
        target = scene.anchor(line.target)
        if state.get(target) == "open":
            back.add(line.id)
        elif target not in state:
            state[target] = "open"
            stack.append((target, iter(outgoing[target])))


def assign_columns(scene: Scene, back: frozenset[str]) -> dict[str, int]:
    """Thing id -> column, counted from 0; a boundary event stands in its host's."""
    forward = [(scene.anchor(line.source), scene.anchor(line.target)) for line in scene.lines if line.id not in back]
    after: dict[str, list[str]] = {scene.anchor(identifier): [] for identifier in scene.things}
    waiting = dict.fromkeys(after, 0)
    for source, target in forward:
        after[source].append(target)
        waiting[target] += 1
    columns = dict.fromkeys(after, 0)
    ready = deque(identifier for identifier, count in waiting.items() if count == 0)
    while ready:
        here = ready.popleft()
        for target in after[here]:
            columns[target] = max(columns[target], columns[here] + 1)
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return {identifier: columns[scene.anchor(identifier)] for identifier in scene.things}
