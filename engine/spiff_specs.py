# mypy: allow-subclassing-any
"""The step kinds that a case can run, as SpiffWorkflow task specs with our hooks."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask, SimpleBpmnTask
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
from engine.spiff_joins import End, EndJoin
from engine.spiff_steps import UNFINISHED, Chooser, SubCase
from engine.spiff_steps import Step as _Step


class CaseSpec(BpmnProcessSpec):
    """A process or sub-process. As SpiffWorkflow's own, with our end. `isolated`: a frame of it does not see the data around."""

    isolated: bool = False
    path: str = ""  # of the calls that lead here from the case's own process, `goods_return/`; stands before the id of a step
    process: str | None = None  # the code of the called process, None for the case's own

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

    at_edge = False

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        parent = my_task.parent
        if parent is not None and isinstance(parent.task_spec, Guards) and not self.at_edge:
            end_siblings(my_task)


def end_siblings(my_task: Task) -> None:
    """End what stands beside this task at one step or behind one gateway; events that have happened already go on."""
    for sibling in my_task.parent.children:
        if sibling is not my_task and sibling.has_state(UNFINISHED) and not sibling.internal_data.get("event_fired"):
            sibling.cancel()


class UserTask(Step, defaults.UserTask):
    """A person's step."""


class ManualTask(Step, defaults.ManualTask):
    """A person's step, done without a system."""


class PlainTask(Step, defaults.NoneTask):
    """A task that says no kind: a person's step."""


class StartEvent(Step, defaults.StartEvent):
    """Where a process or sub-process begins."""


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
