"""What a process calls, as values: each called process with what it runs on, recursively, and how far that may go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bpmn import Bundle, Model, Node

MAX_LEVELS = 5  # of calls within calls
MAX_NODES = 2_000  # of a process and all that it calls; what is called twice counts twice
BETWEEN = "/"  # between a call activity and a step of what it calls: `goods_return/inspect`; no id may hold it


@dataclass(frozen=True)
class Called:
    """A deployed process as another one calls it. `called` has what it calls itself, by the words its call activities use."""

    code: str
    bundle: Bundle
    called: Mapping[str, Called] = field(default_factory=dict)


def calls_of(model: Model) -> tuple[Node, ...]:
    """The call activities of a process, in the order of the file."""
    return tuple(node for node in model.nodes if node.kind == "callActivity")


def too_much(bundle: Bundle, called: Mapping[str, Called]) -> str | None:
    """Why a process that calls these may not run, as a sentence; None if it may."""
    if (levels := _levels(called)) > MAX_LEVELS:
        return f"calls go {levels} levels deep, more than {MAX_LEVELS}: draw some of the steps where they are called"
    if (nodes := _size(bundle, called)) > MAX_NODES:
        return f"with all that it calls the process has {nodes} elements, more than {MAX_NODES}: call less"
    return None


def _levels(called: Mapping[str, Called]) -> int:
    return 1 + max(_levels(one.called) for one in called.values()) if called else 0


def _size(bundle: Bundle, called: Mapping[str, Called]) -> int:
    inner = (called.get(node.called or "") for node in calls_of(bundle.model))
    return len(bundle.model.nodes) + sum(_size(one.bundle, one.called) for one in inner if one is not None)


def within(bundle: Bundle, called: Mapping[str, Called], path: str = "") -> Iterator[tuple[str, Called]]:
    """Everything that runs inside a process, each with the path of its call: (`goods_return/`, ...), callers first."""
    for node in calls_of(bundle.model):
        if (one := called.get(node.called or "")) is not None:
            inner = f"{path}{node.id}{BETWEEN}"
            yield inner, one
            yield from within(one.bundle, one.called, inner)
