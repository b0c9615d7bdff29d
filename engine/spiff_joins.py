# SPDX-License-Identifier: LGPL-3.0-or-later
# mypy: allow-subclassing-any
"""Gateways that join as BPMN 2.0 says, in loops too: one token of each incoming flow, no token counted twice.

SpiffWorkflow cancels each arrival as the next one comes and later searches the tree for who has been there, which counts
the arrivals of earlier passes of a loop again. Here an arrival stays waiting until the gateway fires and is then consumed,
so that the tokens at a gateway are the tasks that wait there. Data is not merged: a case has its data once (`spiff_steps`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.control import SimpleBpmnTask
from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway as _Inclusive
from SpiffWorkflow.bpmn.specs.defaults import ParallelGateway as _Parallel
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import CannotGoOn
from engine.spiff_steps import UNFINISHED, Chooser, Step


class _Joining(Step):
    """Arrivals wait at the gateway; when it may fire, the newest of those consumed goes on and the others end."""

    _inputs: list[str]

    def _update_hook(self, my_task: Task) -> bool:
        my_task._set_state(TaskState.WAITING)
        arrived = self._arrived(my_task)
        wanted = self._wanted(my_task, {name: len(tasks) for name, tasks in arrived.items()})
        consumed = [task for name, count in wanted.items() for task in arrived[name][:count]]
        if my_task not in consumed:
            return False
        for task in consumed:
            if task is not my_task:
                task.cancel()
        return True

    def _arrived(self, my_task: Task) -> dict[str, list[Task]]:
        """The tokens at this gateway by the step they came from, oldest first."""
        arrived: dict[str, list[Task]] = {}
        for task in my_task.workflow.tasks.values():
            if task.task_spec is self and task.state == TaskState.WAITING:
                arrived.setdefault(task.parent.task_spec.name, []).append(task)
        return arrived

    def _wanted(self, my_task: Task, arrived: Mapping[str, int]) -> Mapping[str, int]:
        """How many tokens to consume from each source; nothing if the gateway may not fire yet."""
        raise NotImplementedError

    def _run_hook(self, my_task: Task) -> bool:
        return True


class ParallelGateway(_Joining, _Parallel):
    """Fires when every incoming flow has a token."""

    def _wanted(self, my_task: Task, arrived: Mapping[str, int]) -> Mapping[str, int]:
        needed = Counter(self._inputs)
        return needed if all(arrived.get(name, 0) >= count for name, count in needed.items()) else {}


class InclusiveGateway(_Joining, Chooser, _Inclusive):
    """Fires when no other token can still reach one of its empty incoming flows (BPMN 2.0, 13.4.3).

    A token that can also reach a flow which already has one does not hold it up.
    """

    sources: Mapping[str, frozenset[str]]
    """For each step before the gateway: the steps from which it can be reached without passing the gateway. Set once."""

    def _wanted(self, my_task: Task, arrived: Mapping[str, int]) -> Mapping[str, int]:
        elsewhere = {
            task.task_spec.name
            for task in my_task.workflow.tasks.values()
            if task.task_spec is not self and task.has_state(UNFINISHED)
        }
        served = set().union(*(self.sources[name] for name in arrived)) if arrived else set()
        empty = set().union(*(reach for name, reach in self.sources.items() if name not in arrived))
        return {} if elsewhere & empty - served else dict.fromkeys(arrived, 1)

    def _run_hook(self, my_task: Task) -> bool:
        matches, defaults = self._get_matching_outputs(my_task)
        chosen = matches or defaults
        if not chosen:
            raise CannotGoOn(f"No way out of {self.bpmn_name or self.name!r} fits: none of its conditions is met.")
        my_task._sync_children(chosen, TaskState.FUTURE)
        return True


def sources_of(gateway: Any) -> dict[str, frozenset[str]]:
    """For each step that leads into the gateway: itself and all steps before it, without passing the gateway."""
    found = {}
    for start in set(gateway._inputs):
        seen, todo = set(), [start]
        while todo:
            name = todo.pop()
            if name in seen or name == gateway.name:
                continue
            seen.add(name)
            todo.extend(gateway._wf_spec.task_specs[name]._inputs)
        found[start] = frozenset(seen)
    return found


class Idle:
    """Mixed into what waits without being work: a process or sub-process may end while it does."""


def is_idle(task: Task) -> bool:
    """Whether the task waits without being work, and has not been called to work."""
    return isinstance(task.task_spec, Idle) and task.state == TaskState.WAITING


class EndJoin(Step, UnstructuredJoin, BpmnTaskSpec):
    """The end of a process or sub-process: waits until no other token is left in it."""

    def _update_hook(self, my_task: Task) -> bool:
        my_task._set_state(TaskState.WAITING)
        others = [task for task in my_task.workflow.unfinished() if task is not my_task]
        if any(not isinstance(task.task_spec, EndJoin | End) and not is_idle(task) for task in others):
            return False
        for task in others:
            task.cancel()
        return True

    def _run_hook(self, my_task: Task) -> bool:
        return True


class End(Step, SimpleBpmnTask):
    """What SpiffWorkflow takes as the completion of a workflow."""
