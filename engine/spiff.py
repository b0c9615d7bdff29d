"""The narrow door to SpiffWorkflow: start a case, complete a step, let time pass, look. Values in, values out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any

from SpiffWorkflow.task import Task

from bpmn import Decision, Model
from engine.called import Called
from engine.errors import CannotGoOn, EngineError, Refused, WrongState
from engine.json_values import clean
from engine.runnable import check_model
from engine.spiff_awaited import JOB, OUTSIDE, is_armed, job_of, kinds_awaited, wait_of
from engine.spiff_calls import all_data, seen_by
from engine.spiff_clock import due_of
from engine.spiff_environment import no_engine
from engine.spiff_events import catch, fail, first_met, happen, listening
from engine.spiff_frames import frame_of, step_of
from engine.spiff_joins import is_idle
from engine.spiff_open import open_ids, open_items, resting
from engine.spiff_parse import NOTHING, Specs, build
from engine.spiff_specs import DecisionTask, is_timer
from engine.spiff_steps import CaseWorkflow
from engine.state import dump, find, load, wake_due
from engine.values import Job, Position, Wait

WANTED = "3.2.0"
if version("SpiffWorkflow") != WANTED:
    raise RuntimeError(f"this engine was measured against SpiffWorkflow {WANTED}: install exactly that version")
for _name in ("spiff.workflow", "spiff.task"):  # below WARNING it walks the whole tree for each line it might log
    logging.getLogger(_name).setLevel(logging.WARNING)

MAX_STEPS = 2_000  # automatic steps in one command
MAX_OPEN = 500  # open tasks of one case
MAX_UNFINISHED = 5_000  # everything of one case that is not done: open steps, timers, and what holds them
_TIDY_EVERY = 50


def prepare(
    model: Model,
    decisions: Mapping[str, Decision],
    forms: Mapping[str, Mapping[str, Any]] | None = None,
    called: Mapping[str, Called] = NOTHING,
) -> Machine:
    """Everything needed to run cases of this model; to be kept, it is costly to make and cheap to use.

    `forms` say by name which fields of a message or signal come into the case; those of persons' steps are read by the caller.
    `called` has every process that it calls, by the words of its call activities, recursively.

    Raises Refused with findings for a model that cannot be run as it is drawn.
    """
    findings = [finding for finding in check_model(model, decisions, called=called) if finding.severity == "error"]
    if findings:
        raise Refused(findings)
    return Machine(model, build(model, decisions, forms, called))


@dataclass(frozen=True)
class Machine:
    """One model, ready to run. Distinct cases may be run in several threads at once; one case only in one."""

    model: Model
    _specs: Specs = field(repr=False)

    @cached_property
    def _awaited(self) -> frozenset[str]:
        """The kinds of what events and automated steps may wait for, besides timers, in called processes too."""
        return kinds_awaited((self._specs.top, *self._specs.subs.values()))

    def start(self, data: Mapping[str, Any], now: datetime) -> Position:
        """A new case with this data, e.g. `{"intake": {...}}`, moved as far as it goes without people or time."""
        case = CaseWorkflow(self._specs.top, self._specs.subs, script_engine=no_engine())
        case.case = clean(data)
        return _Run(self, case, now).forward()

    def complete(self, state: bytes, task: str, answers: Mapping[str, Any], now: datetime) -> Position:
        """Finish one open step: its answers are stored under the step's id, and the case moves on.

        Time goes first: a timer that is due at `now` fires before, and may take the step away.
        Raises WrongState unless the task is open and a person's.
        """
        run = self._run(state, now)
        found = find(run.case, task)
        if found is None:
            raise WrongState("This step is not open any more.")
        frame_of(found.workflow)[found.task_spec.bpmn_id] = clean(answers)
        run.do(found)
        return run.forward()

    def advance(self, state: bytes, now: datetime) -> Position:
        """Fire every timer that is due at `now`, in the order of their due times, until nothing changes."""
        return _Run(self, self._load(state), now).forward()

    def deliver(
        self, state: bytes, kind: str, name: str, payload: Mapping[str, Any], now: datetime, task: str | None = None
    ) -> Position:
        """A message or signal from outside reaches the case: a message one event that waits for it (`task` says which,
        else the one that has waited longest), a signal all of them. Time goes first, as in `complete`.

        Raises WrongState if nothing waits for it any more, BadInput if it does not fit the form of who gets it.
        """
        run = self._run(state, now)
        catchers = [found for found in listening(run.case, kind, name) if task in (None, found.id.hex)]
        if not catchers:
            raise WrongState(f"This case does not wait for the {kind} {name!r}.")
        for catcher in catchers[:1] if kind == "message" else catchers:
            if is_armed(catcher, kind):  # one that a signal reached before may have taken it away
                catch(catcher, payload)
        return run.forward()

    def answer(self, state: bytes, task: str, answer: Mapping[str, Any], now: datetime) -> Position:
        """The connector of an automated step has answered; its form says which fields of the answer enter the case.

        Raises WrongState if the step does not wait any more, BadInput if the answer does not fit the form.
        """
        run, found = self._job(state, task, now)
        catch(found, answer)
        return run.forward()

    def fail(self, state: bytes, task: str, code: str, now: datetime) -> Position:
        """The connector of an automated step has reported an error of the business: the case goes on where it is caught.

        Raises WrongState if the step does not wait any more, CannotGoOn if nothing catches the error.
        """
        run, found = self._job(state, task, now)
        fail(found, code)
        return run.forward()

    def _job(self, state: bytes, task: str, now: datetime) -> tuple[_Run, Task]:
        run = self._run(state, now)
        found = next((job for job in run.case.every_unfinished() if job.id.hex == task and is_armed(job, JOB)), None)
        if found is None:
            raise WrongState("This automated step does not wait for an answer any more.")
        return run, found

    def position(self, state: bytes, now: datetime) -> Position:
        """Where the case stands; nothing is changed and no timer fires."""
        return _Run(self, self._load(state), now).describe(state)

    def data(self, state: bytes) -> Mapping[str, Any]:
        """The data of the case, those of called processes that still run under the ids of their calls."""
        return all_data(self._load(state))

    def seen_by(self, state: bytes, task: str, step: str) -> Mapping[str, Any]:
        """What an activation of a step sees of the data: those of the case, or of the called process it is a step of."""
        case = self._load(state)
        find(case, task)
        return seen_by(case, task, step)

    def _run(self, state: bytes, now: datetime) -> _Run:
        """A command on a stored case. Time goes first."""
        run = _Run(self, self._load(state), now)
        run.steps_and_timers()
        return run

    def _load(self, state: bytes) -> CaseWorkflow:
        case = load(state, self._specs)
        case.script_engine = no_engine()
        return case


class _Run:
    """One command on one case: the steps taken, the budget, what was passed."""

    def __init__(self, machine: Machine, case: CaseWorkflow, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("now has to be an aware datetime")
        self.machine, self.case, self.now = machine, case, now.astimezone(UTC)
        self.case.now, self.case.thrown, self.case.received = self.now, [], []
        self.passed: list[str] = []
        self.decided: list[tuple[str, Mapping[str, Any]]] = []
        self._before = open_ids(case)
        self._heard = [wait.task for wait in self._waits()]
        self._jobs_before = self._jobs()
        self._steps = self._runs = 0

    def forward(self) -> Position:
        """Move as far as possible, check, and say where the case stands."""
        self.steps_and_timers()
        self._check()
        return self.describe(dump(self.case))

    def steps_and_timers(self) -> None:
        """Automatic steps, then what they made true, then the timer that is due first, and again, until nothing is left."""
        while True:
            for task in self.case.automatic():
                self.do(task)
            event = self._first_met() or self._first_due()
            if event is None:
                return
            happen(event)

    def do(self, task: Task) -> None:
        """Run one ready task."""
        self._runs += 1
        if self._runs % _TIDY_EVERY == 0:
            self.case.compact()
        if task.task_spec.bpmn_id is not None:  # what we put between the drawn ones does not count
            self._steps += 1
        if self._steps > MAX_STEPS:
            raise CannotGoOn(f"The case goes round in circles: {MAX_STEPS} automatic steps and nobody was asked.")
        try:
            task.run()
        except EngineError:
            raise
        except Exception as error:  # whatever SpiffWorkflow says is not for people
            raise CannotGoOn(f"The step {task.task_spec.bpmn_name or task.task_spec.name!r} could not be carried out.") from error
        if not task.task_spec.manual and task.task_spec.bpmn_id is not None:
            self.passed.append(step_of(task))
        if isinstance(task.task_spec, DecisionTask):  # said now: a called process takes its data along
            self.decided.append((step_of(task), frame_of(task.workflow)[task.task_spec.bpmn_id]))

    def describe(self, state: bytes) -> Position:
        """The position as a value; `state` are the bytes to give out with it."""
        unfinished = list(self.case.every_unfinished())
        items = tuple(open_items(self.case))
        now, before = {item.task for item in items}, frozenset(self._before)
        waits = self._waits()
        hears, heard = {wait.task for wait in waits}, frozenset(self._heard)
        jobs = self._jobs()
        return Position(
            state=state,
            items=items,
            timer_at=self._next_timer(unfinished),
            done=not unfinished,
            data=self.case.case,
            passed=tuple(self.passed),
            opened=tuple(item for item in items if item.task not in before),
            closed=tuple(task for task in self._before if task not in now),
            waits=waits,
            armed=tuple(wait for wait in waits if wait.task not in heard),
            disarmed=tuple(task for task in self._heard if task not in hears),
            jobs=tuple(jobs.values()),
            jobs_opened=tuple(job for task, job in jobs.items() if task not in self._jobs_before),
            jobs_closed=tuple(task for task in self._jobs_before if task not in jobs),
            thrown=tuple(self.case.thrown),
            received=tuple(self.case.received),
            decided=tuple(self.decided),
        )

    def _waits(self) -> tuple[Wait, ...]:
        if not self.machine._awaited & OUTSIDE:
            return ()
        return tuple(wait_of(task) for task in self.case.every_unfinished() if is_armed(task, *OUTSIDE))

    def _next_timer(self, unfinished: Iterable[Task]) -> datetime | None:
        due = [due_of(task) for task in unfinished if is_timer(task)]
        return min(due + [child.rest.due for child in resting(self.case) if child.rest.due is not None], default=None)

    def _jobs(self) -> dict[str, Job]:
        if JOB not in self.machine._awaited:
            return {}
        return {task.id.hex: job_of(task) for task in self.case.every_unfinished() if is_armed(task, JOB)}

    def _first_met(self) -> Task | None:
        return first_met(self.case) if "conditional" in self.machine._awaited else None

    def _first_due(self) -> Task | None:
        wake_due(self.case, self.now)
        due = [task for task in self.case.every_unfinished() if is_timer(task) and due_of(task) <= self.now]
        return min(due, key=due_of, default=None)  # the oldest of several at the same instant

    def _check(self) -> None:
        """The invariant that SpiffWorkflow breaks silently: completed if and only if nothing is unfinished."""
        unfinished = list(self.case.every_unfinished())
        if self.case.is_completed() != (not unfinished):
            raise CannotGoOn("The case calls itself completed while steps are open.")
        open_steps = len(open_ids(self.case))
        if open_steps > MAX_OPEN:
            raise CannotGoOn(f"The case has more than {MAX_OPEN} open steps at once.")
        if len(unfinished) > MAX_UNFINISHED:
            raise CannotGoOn(f"The case waits in more than {MAX_UNFINISHED} places at once.")
        if unfinished and not open_steps and not any(map(_moves_on, unfinished)):
            names = sorted({task.task_spec.bpmn_name or task.task_spec.name for task in unfinished if task.task_spec.bpmn_id})
            raise CannotGoOn(
                f"The case is stuck: nothing is left that could reach {' and '.join(map(repr, names)) or 'its end'}."
            )


def _moves_on(task: Task) -> bool:
    """Whether time or the world outside moves this task on; what waits beside the work may never be called and does not count."""
    return not is_idle(task) and (is_timer(task) or is_armed(task, *OUTSIDE, JOB))
