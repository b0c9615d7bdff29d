# mypy: allow-subclassing-any
"""Activities carried out several times: each instance runs in a sub-case with a frame of its own, with its number and entry.

Where the activity is drawn stands a host; what is repeated stands alone in a body, whatever kind of activity it is. Events at
the edge stand at the edge of the host, so that an interrupting one ends all instances. One rule serves multi-instance in parallel
and one after the other, and standard loops: open instances, and ask each time one is done whether there is more to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from bpmn import Repetition
from engine.errors import CannotGoOn
from engine.expressions import Expression, ExpressionError, compile_expression
from engine.spiff_frames import Workflow, data_of, frame_of
from engine.spiff_specs import Step
from engine.spiff_steps import SubCase

MOST_INSTANCES = 1_000
LONGEST_LABEL = 80
COUNTER = "loopCounter"
COUNTS = ("numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances")


@dataclass(frozen=True, slots=True)
class Plan:
    """A repetition with its expressions compiled; `most` bounds the rounds of a loop."""

    kind: str
    count: Expression | None
    over: Expression | None
    element: str
    until: Expression | None
    goes_on: Expression | None
    test_first: bool
    most: int | None

    @classmethod
    def of(cls, repeat: Repetition) -> Plan:
        """The plan of a repetition that the gate has let through."""
        return cls(
            repeat.kind,
            _compiled(repeat.cardinality),
            _compiled(repeat.over),
            repeat.element,
            _compiled(repeat.until),
            _compiled(repeat.condition),
            repeat.test_first,
            int(repeat.maximum) if repeat.maximum else None,
        )


def _compiled(source: str | None) -> Expression | None:
    return compile_expression(source) if source else None


class Repeat(Step, BpmnSpecMixin):
    """Stands where a repeated activity is drawn, and is under way until its last instance is done.

    What it has to remember is in the internal data of its task: `of` instances (None for a loop), `next` to open, `items` not yet
    opened when they come one after the other, `results` as [number, result] of what is done.
    """

    plan: Plan
    body: str
    keeps_own: bool
    """Whether an instance's result is what the body keeps under the id of the activity, or all that its frame holds."""

    def _update_hook(self, my_task: Task) -> bool:
        if my_task.state == TaskState.STARTED:
            return False
        return not (self._start_loop(my_task) if self.plan.kind == "loop" else self._start_instances(my_task))

    def _run_hook(self, my_task: Task) -> bool:
        return True

    def _on_cancel(self, my_task: Task) -> None:
        self._cancel_open(my_task)

    def _on_subworkflow_completed(self, instance: SubCase, my_task: Task) -> None:
        """Called when an instance is done; an instance that was cancelled does not call."""
        if my_task.state != TaskState.STARTED:
            return
        if self.plan.kind == "loop":
            self._after_round(instance, my_task)
        else:
            self._after_instance(instance, my_task)

    def _start_instances(self, my_task: Task) -> bool:
        items = self._items(my_task)
        memo = my_task.internal_data
        memo.update(of=len(items), next=0, results=[])
        if not items:
            frame_of(my_task.workflow)[self.name] = []
            return False
        if self.plan.kind == "sequential":
            memo["items"] = items if self.plan.over else None
            items = items[:1]
        my_task._set_state(TaskState.STARTED)
        for item in items:
            self._open(my_task, item)
        return True

    def _start_loop(self, my_task: Task) -> bool:
        my_task.internal_data.update(of=None, next=0)
        if self.plan.test_first and not self._another_round(my_task):
            return False
        my_task._set_state(TaskState.STARTED)
        self._open(my_task, None)
        return True

    def _open(self, my_task: Task, item: Any) -> None:
        memo = my_task.internal_data
        frame = {COUNTER: memo["next"]}
        if self.plan.over is not None:
            frame[self.plan.element] = item
        memo["next"] += 1
        my_task.workflow.top_workflow.create_instance(my_task, self.body, frame)

    def _after_instance(self, instance: SubCase, my_task: Task) -> None:
        memo = my_task.internal_data
        memo["results"].append([_frame(instance)[COUNTER], self._result(instance)])
        if len(memo["results"]) == memo["of"] or self._enough(my_task):
            self._cancel_open(my_task)
            frame_of(my_task.workflow)[self.name] = _in_order(memo["results"])
            my_task.internal_data = {}
            my_task._set_state(TaskState.READY)
        elif self.plan.kind == "sequential":
            items = memo["items"]
            self._open(my_task, items[memo["next"]] if items is not None else None)

    def _after_round(self, instance: SubCase, my_task: Task) -> None:
        frame_of(my_task.workflow)[self.name] = self._result(instance)
        if self._another_round(my_task):
            self._open(my_task, None)
        else:
            my_task.internal_data = {}
            my_task._set_state(TaskState.READY)

    def _result(self, instance: SubCase) -> Any:
        frame = _frame(instance)
        if self.keeps_own:
            return frame.get(self.name)
        return {name: value for name, value in frame.items() if name not in (COUNTER, self.plan.element)}

    def _another_round(self, my_task: Task) -> bool:
        done = my_task.internal_data["next"]
        if self.plan.most is not None and done >= self.plan.most:
            return False
        if self.plan.goes_on is None:
            return True
        return bool(self._worked_out("loop condition", self.plan.goes_on, my_task, {COUNTER: done}, Expression.truth))

    def _enough(self, my_task: Task) -> bool:
        if self.plan.until is None:
            return False
        results, of = my_task.internal_data["results"], my_task.internal_data["of"]
        active = of - len(results) if self.plan.kind == "parallel" else 0
        around = dict(zip(COUNTS, (of, active, len(results)), strict=True)) | {self.name: _in_order(results)}
        return bool(self._worked_out("completion condition", self.plan.until, my_task, around, Expression.truth))

    def _items(self, my_task: Task) -> list[Any]:
        if self.plan.over is not None:
            items = self._worked_out("collection", self.plan.over, my_task, {}, Expression.__call__)
            if not isinstance(items, list):
                raise self._cannot(f"the collection {self.plan.over.source!r} is no list")
            count = len(items)
        else:
            assert self.plan.count is not None, "the gate refuses a multi-instance without a number and a collection"
            count = self._worked_out("number of instances", self.plan.count, my_task, {}, Expression.__call__)
            if type(count) is not int or count < 0:
                raise self._cannot(
                    f"the number of instances {self.plan.count.source!r} is {str(count)[:40]!r} and no whole number"
                )
            items = []
        if count > MOST_INSTANCES:
            raise self._cannot(f"there would be {count} instances: at most {MOST_INSTANCES:,} are possible")
        return items or [None] * count

    def _worked_out(self, what: str, expression: Expression, my_task: Task, around: Mapping[str, Any], how: Any) -> Any:
        try:
            return how(expression, {**data_of(my_task.workflow), **around})
        except ExpressionError as error:
            raise self._cannot(f"the {what} {expression.source!r} cannot be worked out: {error}") from error

    def _cannot(self, why: str) -> CannotGoOn:
        return CannotGoOn(f"At {self.bpmn_name or self.name!r} {why}.")

    def _cancel_open(self, my_task: Task) -> None:
        for instance in my_task.workflow.top_workflow.instances_of(my_task):
            if not instance.completed:
                instance.cancel()


def _frame(instance: SubCase) -> dict[str, Any]:
    assert instance.frame is not None, "an instance has a frame from its first moment"
    return instance.frame


def _in_order(results: list[list[Any]]) -> list[Any]:
    return [result for _, result in sorted(results, key=lambda numbered: numbered[0])]


@dataclass(frozen=True, slots=True)
class Place:
    """Which instance of a repetition a task belongs to: its number from 1, of how many (None in a loop), what it is about.

    `within` has the numbers of the instances around that one, the outermost first; rounds of loops are not counted.
    """

    instance: int
    of: int | None
    about: str | None
    within: tuple[int, ...] = ()


def place_of(task: Task) -> Place | None:
    """The innermost instance that a task belongs to; None outside every repetition."""
    workflow: Workflow = task.workflow
    while isinstance(workflow, SubCase):
        host = workflow.host
        if isinstance(host.task_spec, Repeat):
            return place_in(host, _frame(workflow))
        workflow = host.workflow
    return None


def place_in(host: Task, frame: Mapping[str, Any]) -> Place:
    """The place of an instance with this frame."""
    around = place_of(host)
    within = () if around is None else around.within + ((around.instance,) if around.of is not None else ())
    about = label_of(frame.get(host.task_spec.plan.element))
    return Place(frame[COUNTER] + 1, host.internal_data["of"], about, within)


def label_of(value: Any) -> str | None:
    """A text of at most LONGEST_LABEL characters for an entry of a collection; a group of fields is told by its first three."""
    if isinstance(value, dict):
        parts = [text for part in value.values() if not isinstance(part, dict) and (text := label_of(part)) is not None]
        text = " · ".join(parts[:3])
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        text = " ".join(str(value).split())
    else:
        return None
    return (text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…") or None
