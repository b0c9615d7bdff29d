"""The stored state of a case: its open tasks and its data, nothing of the model, in one small versioned blob.

Written as a version byte and compressed JSON. Rows are plain lists in an order that makes parents come first; the data of a
case is a value like any other, so that no field of a form (not even one called `typename`) can change how it is read.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.task import Task

from engine.errors import CannotGoOn
from engine.spiff_open import Resting, at_rest, resting
from engine.spiff_parse import Specs
from engine.spiff_steps import CaseWorkflow, SubCase

VERSION = b"\x01"
MAX_BYTES = 4 * 1024 * 1024  # of JSON; a case is some hundreds of bytes plus its answers


def dump(case: CaseWorkflow) -> bytes:
    """The case as bytes. Forgets finished tasks first. Raises CannotGoOn if it has grown too large."""
    case.compact()
    document = {
        "case": case.case,
        "top": _rows(case),
        "subs": [_sub(child) for child in case.subprocesses.values()],
    }
    text = orjson.dumps(document)
    if len(text) > MAX_BYTES:
        raise CannotGoOn("The data of this case has grown too large to be stored.")
    return VERSION + zlib.compress(text, 6)


def _sub(child: SubCase | Resting) -> list[Any]:
    row = [child.host.id.hex, child.spec.name, child.rows if isinstance(child, Resting) else _rows(child)]
    if child.key != child.host.id:
        return [*row, child.frame, child.key]
    return row if child.frame is None else [*row, child.frame]


def _rows(workflow: CaseWorkflow | SubCase) -> dict[str, Any]:
    numbers = {task_id: number for number, task_id in enumerate(workflow.tasks)}
    rows = [
        [task.id.hex, numbers.get(task._parent, -1), task.state, task.task_spec.name, task.internal_data or None]
        for task in workflow.tasks.values()
    ]
    return {"done": workflow.completed, "tasks": rows}


def load(state: bytes, specs: Specs) -> CaseWorkflow:
    """The case as it was stored, with the same ids. Raises CannotGoOn for bytes that are not a state of this model."""
    document = _document(state)
    try:
        case = CaseWorkflow(specs.top, specs.subs, deserializing=True)
        case.case = document["case"]
        hosts = _fill(case, document["top"])
        for host, name, rows, *more in document["subs"]:
            frame, key = (*more, None, None)[:2]
            if key is not None and (rest := at_rest(specs.subs[name], rows)) is not None:
                case.subprocesses[key] = Resting(specs.subs[name], hosts[host], key, rows, frame, rest)
            else:
                hosts |= _unpack(case, specs.subs[name], hosts[host], key, rows, frame)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise CannotGoOn("The stored state of this case does not fit its process.") from error
    return case


def _unpack(
    case: CaseWorkflow, spec: Any, host: Task, key: str | None, rows: dict[str, Any], frame: dict[str, Any] | None
) -> dict[str, Task]:
    child = SubCase(spec, host, case, key, deserializing=True)
    child.frame = frame
    child.tell_host()
    return _fill(child, rows)


def find(case: CaseWorkflow, task: str) -> Task | None:
    """The open step with this id, in the case or a sub-process; None for anything else. An instance at rest wakes up for it."""
    try:
        wanted = UUID(hex=task)
    except (ValueError, AttributeError, TypeError):
        return None
    child = next((child for child in resting(case) if wanted.hex in child.rest.steps), None)
    if child is not None:
        _wake(case, child)
    return next((found for found in case.open_steps() if found.id == wanted), None)


def wake_due(case: CaseWorkflow, now: datetime) -> None:
    """Wake the instances at rest in which a timer is due."""
    for child in [child for child in resting(case) if child.rest.due is not None and child.rest.due <= now]:
        _wake(case, child)


def _wake(case: CaseWorkflow, child: Resting) -> None:
    _unpack(case, child.spec, child.host, child.key, child.rows, child.frame)


def _document(state: bytes) -> dict[str, Any]:
    if state[:1] != VERSION:
        raise CannotGoOn("The stored state of this case was written by another version of the program.")
    try:
        reader = zlib.decompressobj()
        text = reader.decompress(state[1:], MAX_BYTES)
        if reader.unconsumed_tail or not reader.eof:
            raise ValueError("truncated or too large")
        document: dict[str, Any] = orjson.loads(text)
    except (zlib.error, ValueError) as error:
        raise CannotGoOn("The stored state of this case cannot be read.") from error
    return document


def _fill(workflow: CaseWorkflow | SubCase, stored: dict[str, Any]) -> dict[str, Task]:
    """Put the stored tasks into the workflow; returns them by their id in hex."""
    order: list[Task] = []
    children: list[tuple[int, Task]] = []
    for task_id, parent, state, name, internal in stored["tasks"]:
        task = Task(workflow, workflow.spec.task_specs[name], state=state, id=UUID(hex=task_id))
        task.internal_data = internal or {}
        order.append(task)
        if parent >= 0:
            children.append((parent, task))
    for parent, task in children:
        task._parent = order[parent].id
        order[parent]._children.append(task.id)
    workflow.task_tree = order[0]
    workflow.completed = stored["done"]
    return {row[0]: task for row, task in zip(stored["tasks"], order, strict=True)}
