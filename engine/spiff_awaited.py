# mypy: allow-subclassing-any
"""What events wait for and throw, as definitions that are armed with a task and fire when the machine says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from bpmn import EventDefinition as Drawn
from bpmn import Node
from engine.errors import CannotGoOn
from engine.expressions import Expression, ExpressionError, Script, UnknownNameError, compile_expression, compile_script
from engine.spiff_frames import data_of, step_of
from engine.values import Job, Wait

OUTSIDE = frozenset({"message", "signal"})
"""The kinds that come from outside the case, and go there."""
JOB = "job"
"""The kind of what an automated step waits for."""


def name_of(event: Drawn) -> str | None:
    """What the two sides of an event compare: the name or code of what it refers to, its id where that has none."""
    return event.code or event.ref


class Awaited(EventDefinition):
    """What an event waits for besides time: a message, a signal, an error, an escalation or a condition.

    It fires when the machine says so. What comes with it is kept under the id of its event, as far as the event's form
    (`schema`) declares it; without a form nothing is.
    """

    def __init__(self, kind: str, name: str | None, kept_under: str) -> None:
        super().__init__(name)
        self.kind, self.kept_under = kind, kept_under
        self.key: Expression | None = None
        self.condition: Expression | None = None
        self.schema: Mapping[str, Any] | None = None

    def has_fired(self, my_task: Task) -> bool:
        """SpiffWorkflow's question; the first time it is asked the event is armed, and says by which key it is known."""
        if self.key is not None and "key" not in my_task.internal_data:
            my_task.internal_data["key"] = key_text(self.key, my_task)
        return bool(my_task.internal_data.get("event_fired", False))

    def again(self, my_task: Task) -> dict[str, Any] | None:
        """What an event that does not interrupt listens on with: it may happen any number of times."""
        del my_task
        return {"held": True} if self.kind == "conditional" else {}

    def is_met(self, my_task: Task) -> bool:
        """Whether the condition of a conditional event has become true since it was last looked at."""
        assert self.condition is not None
        try:
            met = self.condition.truth(data_of(my_task.workflow))
        except UnknownNameError:
            met = False  # the step that it reads has not been done yet
        except ExpressionError as error:
            message = f"The condition {self.condition.source!r} of {self.kept_under!r} cannot be decided: {error}."
            raise CannotGoOn(message) from error
        held = my_task.internal_data.pop("held", False)
        if met and held:
            my_task.internal_data["held"] = True
        return met and not held


class Answer(Awaited):
    """What an automated step waits for: the answer of its connector. What is handed over is worked out once, when it begins."""

    def __init__(self, connector: str, kept_under: str, payload: Script | None) -> None:
        super().__init__(JOB, connector, kept_under)
        self.payload = payload

    def has_fired(self, my_task: Task) -> bool:
        """SpiffWorkflow's question; the first time it is asked the work is put together."""
        if "payload" not in my_task.internal_data:
            my_task.internal_data["payload"] = self._worked_out(my_task)
        return super().has_fired(my_task)

    def _worked_out(self, my_task: Task) -> dict[str, Any]:
        try:
            return self.payload(data_of(my_task.workflow)) if self.payload is not None else {}
        except ExpressionError as error:
            raise CannotGoOn(f"What {self.kept_under!r} hands to {self.name!r} cannot be worked out: {error}.") from error


def job_of(task: Task) -> Job:
    """An automated step that waits, as a value."""
    answer: Answer = task.task_spec.event_definition
    return Job(task.id.hex, step_of(task), answer.name or "", task.internal_data["payload"])


def awaited(node: Node, event: Drawn) -> Awaited:
    """What the event of this node waits for."""
    found = Awaited(event.kind, name_of(event), node.id)
    found.key = compile_expression(node.message_key) if node.message_key else None
    found.condition = compile_expression(event.text or "") if event.kind == "conditional" else None
    return found


@dataclass(frozen=True, slots=True)
class Throw:
    """What an event throws, and how what goes with it is worked out."""

    kind: str
    name: str | None
    key: Expression | None = None
    payload: Script | None = None


def thrown_by(node: Node) -> Throw | None:
    """What this node throws; None for a plain or terminate event."""
    event = next((event for event in node.events if event.kind in {"error", "escalation", *OUTSIDE}), None)
    if event is None:
        return None
    key = compile_expression(node.message_key) if node.message_key else None
    return Throw(event.kind, name_of(event), key, compile_script(node.payload) if node.payload else None)


def is_armed(task: Task, *kinds: str) -> bool:
    """Whether the task waits for something of one of these kinds."""
    if task.state != TaskState.WAITING:
        return False
    definition = getattr(task.task_spec, "event_definition", None)
    return isinstance(definition, Awaited) and definition.kind in kinds


def kinds_awaited(specs: Iterable[Any]) -> frozenset[str]:
    """The kinds of event that the steps of these processes may wait for."""
    definitions = [getattr(step, "event_definition", None) for spec in specs for step in spec.task_specs.values()]
    return frozenset(definition.kind for definition in definitions if isinstance(definition, Awaited))


def wait_of(task: Task) -> Wait:
    """An armed message or signal event as a value."""
    awaited: Awaited = task.task_spec.event_definition
    return Wait(awaited.kind, awaited.name or "", task.id.hex, task.internal_data.get("key"))


def key_text(key: Expression, my_task: Task) -> str:
    """The key as a text. Raises CannotGoOn if it cannot be worked out."""
    try:
        value = key(data_of(my_task.workflow))
    except ExpressionError as error:
        raise CannotGoOn(f"The key {key.source!r} of {my_task.task_spec.name!r} cannot be worked out: {error}.") from error
    if value is None or isinstance(value, bool | list | dict):
        raise CannotGoOn(f"The key {key.source!r} of {my_task.task_spec.name!r} is neither a text nor a number.")
    return str(value)
