# mypy: allow-subclassing-any
"""A process that calls another one: its intake is filled by the caller, its data come back under the id of the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from bpmn import Node
from engine import forms
from engine.called import BETWEEN, Called
from engine.errors import BadInput, CannotGoOn
from engine.expressions import Expression, ExpressionError, UnknownNameError, compile_expression
from engine.json_values import clean
from engine.spiff_frames import data_of, frame_of
from engine.spiff_specs import SubProcess
from engine.spiff_steps import CaseWorkflow, SubCase

_NO_FORM: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}


class CallActivity(SubProcess):
    """Runs a deployed process in a frame of its own that sees nothing of the caller but the intake made for it."""

    code: str
    passes: tuple[tuple[str, Expression], ...]
    intake_form: Mapping[str, Any]

    def call(self, node: Node, one: Called) -> None:
        """Say once, when the specs are made, what is called and what it is given."""
        self.code = one.code
        self.passes = tuple((name, compile_expression(value)) for name, value in node.passes)
        self.intake_form = one.bundle.forms.get(one.bundle.model.start().form or "", _NO_FORM)

    def copy_data(self, my_task: Task, subworkflow: SubCase) -> None:
        """SpiffWorkflow's moment to fill what is about to start."""
        subworkflow.frame = {"intake": self._intake(my_task)}

    def _intake(self, my_task: Task) -> dict[str, Any]:
        data = data_of(my_task.workflow)
        given: dict[str, Any] = {}
        for name, value in self.passes:
            try:
                given[name] = value(data)
            except UnknownNameError:
                continue  # an answer that was not given; whether it is needed says the form of the called process
            except ExpressionError as error:
                raise CannotGoOn(f"{self._who()} cannot be started: its field {name!r} cannot be worked out: {error}.") from error
        try:
            return clean(forms.read_answers(self.intake_form, given, text=False))
        except BadInput as bad:
            wrong = "; ".join(f"{name!r}: {text}" for name, text in bad.fields.items()) or str(bad)
            raise CannotGoOn(f"{self._who()} cannot be started with what the case holds. {wrong}") from bad

    def _who(self) -> str:
        return f"{self.bpmn_name or self.name!r} calls the process {self.code}, which"

    def _on_subworkflow_completed(self, subworkflow: SubCase, my_task: Task) -> None:
        if my_task.state == TaskState.STARTED:
            frame_of(my_task.workflow)[self.name] = subworkflow.frame
        super()._on_subworkflow_completed(subworkflow, my_task)


def seen_by(case: CaseWorkflow, task: str, step: str) -> Mapping[str, Any]:
    """The data that an activation of a step sees or, when it is done, what has become of them."""
    open_step = next((found for found in case.open_steps() if found.id.hex == task), None)
    if open_step is not None:
        return data_of(open_step.workflow)
    path, _, _ = step.rpartition(BETWEEN)
    return _frame_at(case, path.split(BETWEEN)) if path else case.case


def all_data(case: CaseWorkflow) -> dict[str, Any]:
    """The data of the case with those of the called processes that are still running, each under the id of its call.

    What is called by an instance of a repetition is not among them: its data belong to that instance until it is done.
    """
    shown = case.case
    for sub in case.workflows()[1:]:  # callers first
        if sub.frame is not None and sub.spec.isolated and not sub.completed and not _is_repeated(sub):
            *calls, last = sub.spec.path.removesuffix(BETWEEN).split(BETWEEN)
            shown = _with(shown, calls, last, sub.frame)
    return shown


def _is_repeated(sub: SubCase) -> bool:
    around: CaseWorkflow | SubCase = sub.host.workflow
    while isinstance(around, SubCase):
        if around.frame is not None and not around.spec.isolated:
            return True
        around = around.host.workflow
    return False


def _with(data: Any, calls: list[str], last: str, frame: dict[str, Any]) -> dict[str, Any]:
    """A copy of the data with a frame put in its place."""
    around = dict(data) if isinstance(data, dict) else {}
    around[calls[0] if calls else last] = _with(around.get(calls[0]), calls[1:], last, frame) if calls else frame
    return around


def _frame_at(case: CaseWorkflow, calls: list[str]) -> Mapping[str, Any]:
    found: Any = all_data(case)
    for call in calls:
        found = found.get(call) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
