"""The stored state of a case: its open tasks and its data, nothing of the model, in one small versioned blob.

Written as a version byte and compressed JSON. Rows are plain lists in an order that makes parents come first; the data of a
case is a value like any other, so that no field of a form (not even one called `typename`) can change how it is read.
"""

from __future__ import annotations

import zlib
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.task import Task

from engine.errors import CannotGoOn
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


def _sub(child: SubCase) -> list[Any]:
    row = [child.host.id.hex, child.spec.name, _rows(child)]
    if child.key != child.host.id:
        return [*row, child.frame, child.key.hex]
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
            child = SubCase(specs.subs[name], hosts[host], case, UUID(hex=key) if key else None, deserializing=True)
            child.frame = frame
            child.tell_host()
            hosts |= _fill(child, rows)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise CannotGoOn("The stored state of this case does not fit its process.") from error
    return case


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
