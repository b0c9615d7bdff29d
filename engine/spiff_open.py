"""The open steps of a case as values, those of instances that rest included.

An instance of a repetition in which everything unfinished is a person's open step or an armed timer rests: it stays packed as
it was stored until that person acts, the timer is due or the repetition ends. So a case with 500 of them stays quick.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.spiff_frames import step_of
from engine.spiff_repeat import Place, place_in, place_of
from engine.spiff_steps import UNFINISHED, CaseWorkflow, is_open
from engine.values import OpenItem


@dataclass(frozen=True, slots=True)
class Rest:
    """What an instance waits for: its open steps, by id (hex) the name of the spec, and the instant of its next timer."""

    steps: dict[str, str]
    due: datetime | None


class Resting:
    """A stored instance at rest: what it waits for is in `rest`, `rows` are its tasks as stored, the others as in a SubCase."""

    __slots__ = ("completed", "frame", "host", "key", "rest", "rows", "spec")

    def __init__(self, spec: Any, host: Task, key: str, rows: dict[str, Any], frame: dict[str, Any], rest: Rest) -> None:
        self.spec, self.host, self.key, self.rows, self.frame, self.rest = spec, host, key, rows, frame, rest
        self.completed = False

    def cancel(self) -> None:
        """Nobody needs it any more."""
        self.completed = True

    def is_over(self) -> bool:
        """Whether nobody will ask for it again."""
        return self.completed or not self.host.has_state(UNFINISHED)


def at_rest(spec: Any, rows: dict[str, Any]) -> Rest | None:
    """What a stored instance waits for, if that is nothing but persons and time; else None."""
    steps: dict[str, str] = {}
    due: list[str] = []
    for task_id, _, state, name, memo in rows["tasks"]:
        if state & UNFINISHED == 0:
            continue
        if is_open(state, spec.task_specs[name]):
            steps[task_id] = name
        elif state == TaskState.WAITING and memo and "due" in memo:
            due.append(memo["due"])
        else:
            return None
    return Rest(steps, min(map(datetime.fromisoformat, due), default=None)) if steps and not rows["done"] else None


def resting(case: CaseWorkflow) -> Iterator[Resting]:
    """The instances at rest."""
    return (child for child in case.subprocesses.values() if isinstance(child, Resting) and not child.is_over())


def open_ids(case: CaseWorkflow) -> list[str]:
    """The ids (hex) of all open steps."""
    return [task.id.hex for task in case.open_steps()] + [task_id for child in resting(case) for task_id in child.rest.steps]


def open_items(case: CaseWorkflow) -> Iterator[OpenItem]:
    """All open steps, in the order in which their processes, sub-processes and instances began."""
    for part in [case, *case.subprocesses.values()]:
        if not isinstance(part, Resting):
            yield from (_item(task) for task in part.tasks.values() if is_open(task.state, task.task_spec))
        elif not part.is_over():
            yield from _items_of(part)


def _item(task: Task) -> OpenItem:
    place = place_of(task)
    return _as_item(task.id.hex, step_of(task), place, task.workflow.spec)


def _items_of(child: Resting) -> Iterator[OpenItem]:
    place = place_in(child.host, child.frame)
    for task_id, name in child.rest.steps.items():
        yield _as_item(task_id, child.spec.path + child.spec.task_specs[name].bpmn_id, place, child.spec)


def _as_item(task_id: str, step: str, place: Place | None, spec: Any) -> OpenItem:
    if place is None:
        return OpenItem(task_id, step, process=spec.process)
    return OpenItem(task_id, step, place.about, place.instance, place.of, spec.process, place.within)
