# mypy: allow-subclassing-any
"""Events: what a case listens for, what it throws, and what happens when the two meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import BadInput, CannotGoOn
from engine.expressions import ExpressionError
from engine.forms import read_answers
from engine.json_values import clean
from engine.spiff_awaited import OUTSIDE, Awaited, Throw, is_armed, key_text
from engine.spiff_frames import data_of, frame_of, step_of
from engine.spiff_joins import Idle
from engine.spiff_specs import Guards, Step, end_siblings
from engine.values import Received, Thrown


class CatchEvent(Step, defaults.IntermediateCatchEvent):
    """Waits: for an instant, a message, a signal or a condition."""

    def happens(self, my_task: Task) -> None:
        """What is taken away at the moment it fires: behind an event-based gateway, all that waited beside it."""
        if isinstance(my_task.parent.task_spec, EventGateway):
            end_siblings(my_task)

    def _run_hook(self, my_task: Task) -> bool:
        return True


class ReceiveTask(CatchEvent):
    """A task that is done when its message has come."""


class ServiceTask(CatchEvent):
    """An automated step: done when its connector has answered."""


class BoundaryEvent(Step, defaults.BoundaryEvent):
    """An event at the edge of a step, which it takes away if it interrupts."""

    at_edge = True

    def happens(self, my_task: Task) -> None:
        """The step is taken away, or the event listens on beside what it starts."""
        if self.cancel_activity:
            end_siblings(my_task)
        else:
            _listen_on(my_task)

    def _run_hook(self, my_task: Task) -> bool:
        return True


class Watch(Idle, CatchEvent):
    """Armed as long as its process or sub-process runs; when it fires an event sub-process begins, alone or beside the rest."""

    interrupting: bool = True

    def happens(self, my_task: Task) -> None:
        """Everything else in the process or sub-process ends, or the event listens on."""
        if not self.interrupting:
            _listen_on(my_task)
            return
        for task in list(my_task.workflow.unfinished()):
            if task is not my_task and task.id in my_task.workflow.tasks:
                task.cancel()


class EventGateway(Step, BpmnSpecMixin):
    """Arms all the events behind it; the first one that happens is gone on from, the others are withdrawn."""


class Throwing(Step):
    """Mixed into what throws something when it is passed, or nothing."""

    throws: Throw | None = None

    def _run_hook(self, my_task: Task) -> bool:
        if self.throws is not None and self.throws.kind in OUTSIDE:
            _call_out(my_task, self.throws)
        elif self.throws is not None:
            _report(my_task, self.throws)
        return True


class EndEvent(Throwing, defaults.EndEvent):
    """An end; a terminate end cancels everything else in its process or sub-process."""


class ThrowEvent(Throwing, defaults.IntermediateThrowEvent):
    """An intermediate event that throws something, or nothing: a milestone."""


class SendTask(Throwing, defaults.SendTask):
    """A task that throws its message."""


def happen(task: Task) -> None:
    """An armed event happens: what it takes away ends at once, what it starts is ready."""
    task.task_spec.happens(task)
    task.internal_data["event_fired"] = True
    task.task_spec._update(task)


def _listen_on(my_task: Task) -> None:
    again = my_task.task_spec.event_definition.again(my_task)
    if again is not None:
        following = my_task.parent._add_child(my_task.task_spec, TaskState.FUTURE)
        following.internal_data.update(again)
        my_task.task_spec._update(following)


def catch(task: Task, payload: Mapping[str, Any]) -> None:
    """An armed event or automated step gets what it waits for. Raises BadInput if that does not fit its form."""
    awaited: Awaited = task.task_spec.event_definition
    if awaited.schema is not None:
        declared = {name: value for name, value in payload.items() if name in awaited.schema.get("properties", {})}
        frame_of(task.workflow)[awaited.kept_under] = clean(read_answers(awaited.schema, declared, text=False))
    if awaited.kind in OUTSIDE:
        received = Received(awaited.kind, awaited.name or "", task.workflow.spec.path + awaited.kept_under, task.id.hex)
        task.workflow.top_workflow.received.append(received)
    happen(task)


def listening(case: Any, kind: str, name: str | None) -> list[Task]:
    """The armed events of this kind and name, the oldest first."""
    return [task for task in case.every_unfinished() if is_armed(task, kind) and task.task_spec.event_definition.name == name]


def first_met(case: Any) -> Task | None:
    """A conditional event whose condition has become true; the state of each condition is noted on the way."""
    found = [task for task in case.every_unfinished() if is_armed(task, "conditional")]
    return next((task for task in found if task.task_spec.event_definition.is_met(task)), None)


def _call_out(my_task: Task, throw: Throw) -> None:
    """A signal reaches everybody in the case who waits for it, a message one of them; both are said to the world outside."""
    case, spec = my_task.workflow.top_workflow, my_task.task_spec
    payload = _payload(my_task, throw)
    catchers = listening(case, throw.kind, throw.name)
    if throw.kind == "message":
        catchers = catchers[:1]
    key = key_text(throw.key, my_task) if throw.key is not None else None
    caught = throw.kind == "message" and bool(catchers)
    case.thrown.append(Thrown(throw.kind, throw.name or "", step_of(my_task), payload, key, caught))
    for task in catchers:
        if task.state != TaskState.WAITING:
            continue  # another of them has taken it away
        try:
            catch(task, payload)
        except BadInput as error:
            raise CannotGoOn(
                f"What {spec.bpmn_name or spec.name!r} throws does not fit the form of its catcher: {error}"
            ) from error


def _payload(my_task: Task, throw: Throw) -> dict[str, Any]:
    if throw.payload is None:
        return {}
    try:
        return throw.payload(data_of(my_task.workflow))
    except ExpressionError as error:
        spec = my_task.task_spec
        raise CannotGoOn(f"What {spec.bpmn_name or spec.name!r} sends cannot be worked out: {error}.") from error


def _report(my_task: Task, throw: Throw) -> None:
    """An error or an escalation goes to the nearest event around it that catches it. Only an error has to be caught."""
    report(my_task, throw, _catchers(my_task))


def fail(my_task: Task, code: str) -> None:
    """An automated step reports an error of the business: to what stands at its own edge, or further out.

    Raises CannotGoOn if nothing catches it.
    """
    parent = my_task.parent
    edge = [task for task in parent.children if isinstance(task.task_spec, BoundaryEvent)]
    own = [edge] if isinstance(parent.task_spec, Guards) else []
    report(my_task, Throw("error", code), chain(own, _catchers(my_task)))


def report(my_task: Task, throw: Throw, catchers: Iterable[list[Task]]) -> None:
    """Go on at the first that catches it."""
    for around in catchers:
        found = [task for task in around if is_armed(task, throw.kind)]
        named = [task for task in found if task.task_spec.event_definition.name == throw.name]
        anything = [task for task in found if task.task_spec.event_definition.name is None]
        if named or anything:
            happen((named or anything)[0])
            return
    if throw.kind == "error":
        name = my_task.task_spec.bpmn_name or my_task.task_spec.name
        raise CannotGoOn(f"Nothing catches the error that {name!r} reports.")


def _catchers(my_task: Task) -> Iterator[list[Task]]:
    """The events around a task from the inside out: event sub-processes of a scope, then what stands at its edge.

    An event sub-process is not caught by its own start.
    """
    workflow, inside = my_task.workflow, ""
    while True:
        yield [
            task for task in workflow.unfinished() if isinstance(task.task_spec, Watch) and inside not in task.task_spec._outputs
        ]
        if workflow.parent_task_id is None:
            return
        host = workflow.host
        if isinstance(host.parent.task_spec, Guards):
            yield [task for task in host.parent.children if isinstance(task.task_spec, BoundaryEvent)]
        workflow, inside = host.workflow, host.task_spec.name
