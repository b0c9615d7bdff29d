# mypy: allow-subclassing-any
"""The step kinds that a case can run, as SpiffWorkflow task specs with our hooks."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask, SimpleBpmnTask
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin
from SpiffWorkflow.operators import Operator
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from bpmn import Decision
from engine.decisions import decide
from engine.errors import CannotGoOn
from engine.expressions import Expression, ExpressionError, Script
from engine.spiff_frames import data_of, frame_of
from engine.spiff_joins import End, EndJoin, Idle
from engine.spiff_steps import UNFINISHED, Chooser, SubCase
from engine.spiff_steps import Step as _Step


class CaseSpec(BpmnProcessSpec):
    """A process or sub-process. As SpiffWorkflow's own, with our end. `isolated`: a frame of it does not see the data around."""

    isolated: bool = False

    def __init__(self, name: str) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.svg = self.io_specification = self.description = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []
        self.start = BpmnStartTask(self, "Start")
        self.end = EndJoin(self, f"{name}.EndJoin")
        self.end.connect(End(self, "End"))


class Step(_Step):
    """Mixed into everything drawn: when a step with boundary events is done, nobody waits for them any more."""

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        parent = my_task.parent
        if parent is not None and isinstance(parent.task_spec, Guards) and not isinstance(self, BoundaryEvent):
            _end_siblings(my_task)


def _end_siblings(my_task: Task) -> None:
    for sibling in my_task.parent.children:
        if sibling is not my_task and sibling.has_state(UNFINISHED):
            sibling.cancel()


class UserTask(Step, defaults.UserTask):
    """A person's step."""


class ManualTask(Step, defaults.ManualTask):
    """A person's step, done without a system."""


class PlainTask(Step, defaults.NoneTask):
    """A task that says no kind: a person's step."""


class StartEvent(Step, defaults.StartEvent):
    """Where a process or sub-process begins."""


class EndEvent(Step, defaults.EndEvent):
    """An end; a terminate end cancels everything else in its process or sub-process."""

    def _run_hook(self, my_task: Task) -> bool:
        return True


class ErrorEnd(EndEvent):
    """Ends its sub-process and goes on at the nearest boundary event around it that catches the error."""

    code: str | None = None

    def _run_hook(self, my_task: Task) -> bool:
        workflow = my_task.workflow
        while workflow.parent_task_id is not None:
            host = workflow.top_workflow.get_task_from_id(workflow.parent_task_id)
            catcher = next((task for task in _guards_of(host) if task.task_spec.catches_error(self.code)), None)
            if catcher is not None:
                host.cancel()
                catcher.internal_data["event_fired"] = True
                catcher.task_spec._update(catcher)
                return True
            workflow = host.workflow
        raise CannotGoOn(f"Nothing catches the error that {self.bpmn_name or self.name!r} reports.")


def _guards_of(host: Task) -> list[Task]:
    if not isinstance(host.parent.task_spec, Guards):
        return []
    return [
        task for task in host.parent.children if task.state == TaskState.WAITING and isinstance(task.task_spec, BoundaryEvent)
    ]


class PassedEvent(Step, defaults.IntermediateThrowEvent):
    """An intermediate event without a meaning for the engine: a milestone."""

    def _run_hook(self, my_task: Task) -> bool:
        return True


class TimerEvent(Step, defaults.IntermediateCatchEvent):
    """Waits for an instant."""


class BoundaryEvent(Step, defaults.BoundaryEvent):
    """A timer or an error at the edge of a step."""

    error_code: str | None = None

    def catches_error(self, code: str | None) -> bool:
        """Whether this is an error event and for this code; one without a code takes any."""
        is_error = isinstance(self.event_definition, ErrorDefinition)
        return is_error and self.error_code in (None, code)

    def _run_hook(self, my_task: Task) -> bool:
        if self.cancel_activity:
            _end_siblings(my_task)
        elif (again := self.event_definition.again(my_task)) is not None:
            following = my_task.parent._add_child(self, TaskState.FUTURE)
            following.internal_data.update(again)
            self._update(following)
        return True


class Watch(Idle, TimerEvent):
    """Armed as long as its process or sub-process runs; when it fires an event sub-process begins, alone or beside the rest."""

    interrupting: bool = True

    def _run_hook(self, my_task: Task) -> bool:
        if self.interrupting:
            for task in list(my_task.workflow.unfinished()):
                if task is not my_task and task.parent is not my_task:
                    task.cancel()
        elif (again := self.event_definition.again(my_task)) is not None:
            following = my_task.parent._add_child(self, TaskState.FUTURE)
            following.internal_data.update(again)
            self._update(following)
        return True


class ErrorDefinition(EventDefinition):
    """Fires when an ErrorEnd says so, never by itself."""

    def has_fired(self, my_task: Task) -> bool:
        """SpiffWorkflow's question."""
        return bool(my_task.internal_data.get("event_fired", False))


class Guards(_Step, SimpleBpmnTask):
    """Stands before a step with boundary events; its children are the step and the armed events."""


class ExclusiveGateway(Chooser, Step, defaults.ExclusiveGateway):
    """Takes the first flow whose condition is met, in the order of the file, else the default."""


class ScriptTask(Step, defaults.ScriptTask):
    """Computes fields and stores them under its own id."""

    compiled: Script

    def _run_hook(self, my_task: Task) -> bool:
        workflow = my_task.workflow
        try:
            frame_of(workflow)[self.name] = self.compiled(data_of(workflow))
        except ExpressionError as error:
            raise CannotGoOn(f"The script of {self.bpmn_name or self.name!r} cannot be worked out: {error}.") from error
        return True


class DecisionTask(Step, BpmnSpecMixin):
    """Takes a DMN decision and stores its outputs under its own id."""

    decision: Decision

    def _run_hook(self, my_task: Task) -> bool:
        workflow = my_task.workflow
        frame_of(workflow)[self.name] = decide(self.decision, data_of(workflow))
        return True


class SubProcess(Step, defaults.SubWorkflowTask):
    """An embedded sub-process."""

    def _on_subworkflow_completed(self, subworkflow: SubCase, my_task: Task) -> None:
        if my_task.state == TaskState.STARTED:  # cancelled by an error or a timer: it must not come back
            my_task._set_state(TaskState.READY)


class Condition(Operator):
    """The condition of one flow, compiled."""

    def __init__(self, expression: Expression, where: str) -> None:
        super().__init__(expression)
        self.expression, self.where = expression, where

    def _matches(self, task: Task) -> bool:
        try:
            return self.expression.truth(data_of(task.workflow))
        except ExpressionError as error:
            raise CannotGoOn(f"At {self.where!r} the condition {self.expression.source!r} cannot be decided: {error}.") from error


def is_timer(task: Task) -> bool:
    """Whether the task is an armed timer."""
    return task.state == TaskState.WAITING and "due" in task.internal_data
