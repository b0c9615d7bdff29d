"""Rehearsal: the real engine in virtual time, with synthetic staff. Same tokens, timers, clocks and log as a real pilot.

What is simulated is only people: when complaints come, when somebody is free, how long hands are on a task, what is
answered. All of it is assumed in `rehearsal.yaml`; none of it can enter a real verdict, since its cases are marked.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import engine
from bpmn import Bundle, Duration, Unit
from pilots.errors import PilotError
from pilots.plan import plan_hash, read_plan

Progress = Callable[[int, int], None]
_NOTHING: Mapping[str, Any] = {"staff": {}, "touch": {}, "answers": {}}
SETTLE = timedelta(days=7)  # after the last case: long enough for every limit of a day or two to have passed for all


class BadRehearsal(PilotError):
    """The assumptions of the rehearsal cannot be used."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was rehearsed. `ended_at` is the virtual instant at which its figures are to be read."""

    pilot_id: int
    cases: int
    seed: int
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Assumptions:
    """`rehearsal.yaml` as values: arrivals per working day, minutes of touch as (min, mode, max), answers by step and field."""

    per_working_day: float
    calendar: str
    staff: Mapping[str, int]
    touch: Mapping[str, tuple[float, float, float]]
    answers: Mapping[str, Mapping[str, Mapping[str, Any]]]

    def with_called(self, called: Mapping[str, Bundle]) -> Assumptions:
        """With what the processes that it calls assume themselves, by the path of the call; its own assumptions come first."""
        touch, answers, staff = dict(self.touch), dict(self.answers), dict(self.staff)
        for path, bundle in called.items():
            theirs = Assumptions.of({"arrivals": {"per_working_day": 1, "calendar": ""}, **_NOTHING, **bundle.rehearsal})
            touch = {path + step: minutes for step, minutes in theirs.touch.items()} | touch
            answers = {path + step: rules for step, rules in theirs.answers.items()} | answers
            staff = dict(theirs.staff) | staff
        return replace(self, touch=touch, answers=answers, staff=staff)

    def touch_of(self, step: str) -> tuple[float, float, float]:
        """Minutes of hands on a step; raises BadRehearsal where nobody has assumed any."""
        if step not in self.touch:
            raise BadRehearsal(f"rehearsal.yaml: touch.{step} is missing: say how many minutes the step takes")
        return self.touch[step]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Assumptions:
        """Read and bound them; raises BadRehearsal rather than substituting anything."""
        try:
            arrivals = data["arrivals"]
            touch = {step: (float(t["min"]), float(t["mode"]), float(t["max"])) for step, t in data["touch"].items()}
            made = cls(float(arrivals["per_working_day"]), arrivals["calendar"], data["staff"], touch, data["answers"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadRehearsal(f"rehearsal.yaml: {error!r} is missing or not a number") from error
        if made.per_working_day <= 0:
            raise BadRehearsal("rehearsal.yaml: arrivals.per_working_day must be above 0")
        for step, (low, mode, high) in touch.items():
            if not 0 < low <= mode <= high:
                raise BadRehearsal(f"rehearsal.yaml: touch.{step} needs 0 < min <= mode <= max")
        return made


def shift_plan(plan: Mapping[str, Any], start: date) -> dict[str, Any]:
    """The same plan with its dates moved so that it starts on `start`."""
    days = start - date.fromisoformat(str(plan["pilot"]["starts"]))
    reviews = [(date.fromisoformat(str(review)) + days).isoformat() for review in plan.get("reviews", ())]
    return {**plan, "pilot": {**plan["pilot"], "starts": start.isoformat()}, "reviews": reviews}


def first_instant(plan: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    """Midnight of the plan's first day in the calendar's zone."""
    return datetime.combine(date.fromisoformat(str(plan["pilot"]["starts"])), time(), zone).astimezone(UTC)


def rehearse(
    c: engine.Connection,
    code: str,
    *,
    bundle: Bundle,
    cases: int,
    seed: int,
    start: datetime | None = None,
    until: datetime | None = None,
    progress: Progress | None = None,
) -> Rehearsal:
    """Register, freeze and fill a rehearsal pilot of a deployed process inside the caller's transaction.

    Deterministic: the same seed gives the same log, whatever the database. With `until` the clock stops there and open
    cases stay open, otherwise every case is worked to its end. Raises BadRehearsal, engine errors.
    """
    if not 1 <= cases <= 100_000:
        raise BadRehearsal("A rehearsal has 1 to 100000 cases.")
    assumptions = Assumptions.of(bundle.rehearsal)
    plan: Mapping[str, Any] = bundle.plan if start is None else shift_plan(bundle.plan, start.date())
    calendar = engine.calendars_of(c, code)[assumptions.calendar]
    begin = start or first_instant(plan, calendar.zone)
    pilot_id = engine.register_pilot(c, code, plan, rehearsal=True, by=None, now=begin)
    engine.freeze_pilot(c, pilot_id, plan_hash=plan_hash(read_plan(plan)), by=None, now=begin)
    called = engine.pilot_view(c, pilot_id).called
    assumptions = assumptions.with_called(called)
    staff = _staff(c, [bundle, *called.values()], assumptions)
    stage = _Stage(c, code, pilot_id, calendar, assumptions, staff, seed, cases, until, progress)
    ended = stage.play(begin)
    return Rehearsal(pilot_id, stage.started, seed, begin, ended)


@dataclass
class _Person:
    actor: engine.Actor
    busy: bool = False


def _staff(c: engine.Connection, bundles: Sequence[Bundle], assumptions: Assumptions) -> list[_Person]:
    """The persons of the organisations who take part: the first n of each post."""
    persons = {one["login"]: one for bundle in bundles for one in bundle.organisation.get("persons", ())}
    wanted: list[str] = []
    for post, count in sorted(assumptions.staff.items()):
        holders = [login for login, one in persons.items() if post in one["posts"]]
        if len(holders) < count:
            raise BadRehearsal(f"rehearsal.yaml: staff.{post} asks for {count}, the organisation has {len(holders)}")
        wanted += [login for login in holders[:count] if login not in wanted]
    found = [engine.actor(c, login) for login in sorted(wanted)]
    return [_Person(actor) for actor in found if actor is not None]


@dataclass
class _Stage:
    """The virtual world while it runs: a heap of (instant, order, number, what happens)."""

    c: engine.Connection
    code: str
    pilot_id: int
    calendar: engine.Calendar
    assumptions: Assumptions
    staff: list[_Person]
    seed: int
    cases: int
    until: datetime | None
    progress: Progress | None
    started: int = 0
    agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    number: int = 0
    visits: dict[tuple[int, str], int] = field(default_factory=dict)
    index_of: dict[int, int] = field(default_factory=dict)
    look_at: datetime | None = None

    def play(self, begin: datetime) -> datetime:
        """Run to the end; returns the instant at which the figures are to be read."""
        for at in self._arrivals(begin):
            self._plan(at, self._arrive)
        now = begin
        while (following := self._next()) is not None and (self.until is None or following <= self.until):
            now = following
            engine.sweep_within(self.c, now)
            while self.agenda and self.agenda[0][0] == now:
                heapq.heappop(self.agenda)[2](now)
            self._hand_out(now)
        ended = self.until or now + SETTLE
        engine.sweep_within(self.c, ended)
        return ended

    def _next(self) -> datetime | None:
        """The next thing on the agenda, or the next instant at which the engine's own time does something."""
        wake = engine.next_wake(self.c)
        return min((at for at in (self.agenda[0][0] if self.agenda else None, wake) if at is not None), default=None)

    def _plan(self, at: datetime, what: Callable[[datetime], None]) -> None:
        self.number += 1
        heapq.heappush(self.agenda, (at, self.number, what))

    def _arrivals(self, begin: datetime) -> list[datetime]:
        """Poisson arrivals in working time: exponential gaps with the mean of a working day over the daily number."""
        random = Random(f"{self.seed}:arrivals")  # noqa: S311 - a simulation wants a repeatable stream, not a secret one
        day = self.calendar.working_seconds_of(self._first_working_day(begin))
        instants: list[datetime] = []
        passed = 0.0
        while len(instants) < self.cases:
            passed += random.expovariate(self.assumptions.per_working_day / day)
            at = self.calendar.add(begin, Duration(max(1, round(passed)), Unit.WORKING_TIME))
            if self.until is not None and at > self.until:
                break
            instants.append(at)
        return instants

    def _first_working_day(self, begin: datetime) -> date:
        return self.calendar.next_working_instant(begin).astimezone(self.calendar.zone).date()

    def _arrive(self, now: datetime) -> None:
        self.started += 1
        answers = self._answers("intake", self.started, 1)
        case = engine.start_case(self.c, self.code, answers, by=None, now=now, channel="rehearsal", pilot_id=self.pilot_id)
        self.index_of[case.id] = self.started
        if self.progress is not None:
            self.progress(self.started, self.cases)

    def _hand_out(self, now: datetime) -> None:
        """Whoever is free takes what has waited longest at one of their posts, in working hours only."""
        if not any(not person.busy for person in self.staff):
            return
        waiting = engine.offered_items(self.c, self.pilot_id)
        if not waiting:
            return
        opens = self.calendar.next_working_instant(now)
        if opens != now:
            if self.look_at != opens:
                self.look_at = opens
                self._plan(opens, lambda _: None)
            return
        for person in self.staff:
            mine = next((item for item in waiting if item.post in person.actor.posts), None)
            if person.busy or mine is None:
                continue
            waiting.remove(mine)
            self._take(person, mine, now)

    def _take(self, person: _Person, item: engine.Offered, now: datetime) -> None:
        engine.claim(self.c, item.item, by=person.actor, now=now)
        person.busy = True
        index = self.index_of[item.case_id]
        visit = self.visits[index, item.step] = self.visits.get((index, item.step), 0) + 1
        low, mode, high = self.assumptions.touch_of(item.step)
        # A stream per case, step and visit: another staff plan meets the same cases (common random numbers).
        random = Random(f"{self.seed}:touch:{index}:{item.step}:{visit}")  # noqa: S311
        seconds = max(1, round(random.triangular(low, high, mode) * 60))
        done = self.calendar.add(now, Duration(seconds, Unit.WORKING_TIME))
        self._plan(done, lambda at: self._finish(person, item, index, visit, at))

    def _finish(self, person: _Person, item: engine.Offered, index: int, visit: int, now: datetime) -> None:
        person.busy = False
        answers = self._answers(item.step, index, visit)
        try:
            engine.complete(self.c, item.item, answers, by=person.actor, now=now)
        except engine.WrongState:
            return  # a timer of the model took the work away meanwhile, as it would from a real person

    def _answers(self, step: str, index: int, visit: int) -> dict[str, Any]:
        random = Random(f"{self.seed}:answers:{index}:{step}:{visit}")  # noqa: S311
        return {
            name: _draw(random, rule, f"answers.{step}.{name}") for name, rule in self.assumptions.answers.get(step, {}).items()
        }


def _draw(random: Random, rule: Mapping[str, Any], where: str) -> Any:
    """One answer: share (of yes), choice (value: weight), number (min, mode, max) or a fixed value."""
    if "value" in rule:
        return rule["value"]
    if "share" in rule:
        return random.random() < rule["share"]
    if "choice" in rule:
        return random.choices(list(rule["choice"]), weights=list(rule["choice"].values()))[0]
    if "number" in rule:
        bounds = rule["number"]
        return round(random.triangular(bounds["min"], bounds["max"], bounds["mode"]), 2)
    raise BadRehearsal(f"rehearsal.yaml: {where} needs share, choice, number or value")
