# SPDX-License-Identifier: LGPL-3.0-or-later
# mypy: allow-subclassing-any
"""How SpiffWorkflow's workflows are walked here: flat scans instead of tree walks, and nothing predicted.

SpiffWorkflow grows a tree of everything that may happen (2^n tasks for n parallel blocks in a row) and looks for open tasks
by walking it 1000 levels deep, beyond which a case counts as completed while a person still has work. Here a task gets its
children when it runs, every unfinished task therefore is a token, and tokens are found in the flat dictionary of tasks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.values import Received, Thrown

UNFINISHED: int = TaskState.NOT_FINISHED_MASK
_NO_LIMIT = 1_000_000_000


def is_open(state: int, spec: Any) -> bool:
    """Whether a person can do a task: ready and nothing else, so neither finished, cancelled nor still to come."""
    return bool(state == TaskState.READY and spec.manual)


class Step(TaskSpec):
    """Mixed into every task spec: its children appear when it runs, all its outputs, none before."""

    def _predict(self, my_task: Task, *_args: Any, **_kwargs: Any) -> None:
        """Nothing is predicted."""

    def _run(self, my_task: Task) -> bool | None:
        self._spread(my_task)
        result: bool | None = super()._run(my_task)
        return result

    def _spread(self, my_task: Task) -> None:
        my_task._sync_children(self.outputs, TaskState.FUTURE)


class Chooser(Step):
    """Mixed into gateways that choose: they make the children themselves when they have chosen."""

    def _spread(self, my_task: Task) -> None:
        """The choice does it."""


class _Flat:
    """What the case and its sub-processes have in common."""

    tasks: dict[UUID, Task]
    completed: bool
    success: bool

    def unfinished(self) -> Iterator[Task]:
        """Every task that is not finished, oldest first."""
        return (task for task in self.tasks.values() if task.has_state(UNFINISHED))

    def update_waiting_tasks(self) -> None:
        """Ask every waiting task again whether it may go on."""
        for task in [task for task in self.tasks.values() if task.state == TaskState.WAITING]:
            if task.state == TaskState.WAITING and task.id in self.tasks:
                task.task_spec._update(task)

    def is_completed(self) -> bool:
        """Completed when it said so, or when nothing is left to do."""
        if not self.completed and not any(self.unfinished()):
            self.completed = True
        return self.completed

    def cancel(self, success: bool = False) -> list[Task]:
        """End everything that is open, sub-processes included."""
        self.success, self.completed = success, True
        cancelled = list(self.unfinished())
        for task in cancelled:
            if task.id in self.tasks:
                task.cancel()
        return cancelled

    def get_tasks_iterator(self, first_task: Task | None = None, **kwargs: Any) -> Any:
        """As SpiffWorkflow's own, without the limit of 1000 levels."""
        return super().get_tasks_iterator(first_task, **{"max_depth": _NO_LIMIT} | kwargs)  # type: ignore[misc]


class SubCase(_Flat, BpmnSubWorkflow):
    """One activation of a sub-process. `frame` is data of its own, None where it shares that of what is around it.

    `host` is the task that it runs for, `key` its name in the case: the id of its host, but for the
    instances of a repetition, which have names of their own (hex).
    """

    frame: dict[str, Any] | None = None

    def __init__(self, spec: Any, host: Task, top: CaseWorkflow, key: str | None = None, **kwargs: Any) -> None:
        self.host, self.key = host, key or host.id
        super().__init__(spec, parent_task_id=host.id, top_workflow=top, **kwargs)
        top.subprocesses[self.key] = self

    def tell_host(self) -> None:
        """From now on the host hears when this is done."""
        self.completed_event.connect(self.host.task_spec._on_subworkflow_completed, self.host)

    def is_over(self) -> bool:
        """Whether nobody will ask for it again: its host is done, or it was one of several instances."""
        return not self.host.has_state(UNFINISHED) or (self.completed and self.key != self.host.id)

    def _calculate_depth(self) -> int:
        return 0  # nobody asks, and SpiffWorkflow searches the whole case for it


class CaseWorkflow(_Flat, BpmnWorkflow):
    """One case: `case` is its data, shared by all its tokens; `now` the clock its timers are armed with.

    `thrown` and `received` are what the command at hand has made it throw and get.
    """

    case: dict[str, Any]
    now: datetime
    thrown: list[Thrown]
    received: list[Received]

    def create_subprocess(self, my_task: Task, spec_name: str) -> SubCase:
        """Called by SpiffWorkflow when a sub-process begins."""
        return SubCase(self.subprocess_specs[spec_name], my_task, self)

    def create_instance(self, my_task: Task, spec_name: str, frame: dict[str, Any]) -> None:
        """One more instance of a repeated activity, with data of its own, started."""
        child = SubCase(self.subprocess_specs[spec_name], my_task, self, uuid4().hex)
        child.frame = frame
        child.tell_host()
        child.task_tree.run()

    def instances_of(self, host: Task) -> list[Any]:
        """The instances that run for a repeated activity, at rest or not, oldest first."""
        return [child for child in self.subprocesses.values() if child.host is host]

    def workflows(self) -> list[CaseWorkflow | SubCase]:
        """The case itself and its sub-processes, also those that call themselves completed; none that rests (`spiff_open`)."""
        return [self, *(child for child in self.subprocesses.values() if isinstance(child, SubCase))]

    def every_unfinished(self) -> Iterator[Task]:
        """Unfinished tasks of the case and of all its sub-processes."""
        for workflow in self.workflows():
            yield from workflow.unfinished()

    def automatic(self) -> Iterator[Task]:
        """The tasks that the engine has to run, those that are ready first, then those that became ready by running them."""
        while ready := [task for task in self._ready() if not task.task_spec.manual]:
            yield from (task for task in ready if task.state == TaskState.READY)

    def open_steps(self) -> list[Task]:
        """The steps that persons can do, but for those of instances that rest."""
        return [task for task in self._ready() if task.task_spec.manual]

    def _ready(self) -> Iterator[Task]:
        for workflow in self.workflows():
            for task in workflow.tasks.values():
                if task.state == TaskState.READY:
                    yield task

    def compact(self) -> None:
        """Forget finished tasks, all but the root and the parents of what is still open.

        A loop may then go round for ever at a constant size: joins, boundary events and sub-processes look no further back.
        """
        for workflow in self.workflows():
            _forget(workflow)
        for key in [key for key, child in self.subprocesses.items() if child.is_over()]:
            del self.subprocesses[key]


def _forget(workflow: CaseWorkflow | SubCase) -> None:
    root, tasks = workflow.task_tree, workflow.tasks
    kept = {root.id}
    for task in workflow.unfinished():
        kept.add(task.id)
        if task._parent is not None:
            kept.add(task._parent)
    if len(kept) == len(tasks):
        return
    workflow.tasks = {task_id: task for task_id, task in tasks.items() if task_id in kept}
    for task in workflow.tasks.values():
        task._children = [child for child in task._children if child in kept]
    for task in workflow.tasks.values():
        if task is not root and task._parent not in kept:
            task._parent = root.id
            root._children.append(task.id)
