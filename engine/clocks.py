"""SLA clocks as rows: started with a step or a case, moved on by time, stopped by completion. Policies: `sla`, `ladder`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Standard
from engine.db import AnyRow
from engine.errors import CalendarMissing
from engine.eventlog import Fact, instant
from engine.incidents import Trouble, raise_one
from engine.ladder import Climb, RungDue, climb, wake_for
from engine.model import escalation, notice, sla_clock
from engine.people import holders
from engine.prepared import Prepared, Ran, together
from engine.processes import Version
from engine.sla import Armed, ClockState, arm, settle


@dataclass(frozen=True, slots=True)
class Subject:
    """What a clock runs for: a work item, or the whole case when `item_id` is None."""

    case_id: int
    number: str
    item_id: int | None = None
    step: str | None = None
    post: str | None = None
    department: str | None = None
    claimed_by: int | None = None

    @property
    def clock(self) -> str:
        """The word of the log: step or case."""
        return "case" if self.item_id is None else "step"

    def fact(self, kind: str, at: datetime, data: Mapping[str, Any], person: str | None = None) -> Fact:
        """A fact about this subject."""
        return Fact(kind, at, self.case_id, self.number, self.item_id, self.step, person, self.post, self.department, data)


@dataclass(frozen=True, slots=True)
class ClockRow:
    """The columns of `sla_clock` that time and completion look at."""

    id: int
    state: str
    due_at: datetime
    rung: int
    rungs: Sequence[Sequence[Any]]

    @classmethod
    def of(cls, row: AnyRow, prefix: str = "") -> ClockRow | None:
        """From a row that has these columns, each under `prefix`; None when the joined clock is missing."""
        if getattr(row, prefix + "id") is None:
            return None
        return cls(*[getattr(row, prefix + name) for name in ("id", "state", "due_at", "rung", "rungs")])

    @staticmethod
    def columns(prefix: str) -> list[sa.Label[Any]]:
        """What to select so that `of` can read it."""
        return [sla_clock.c[name].label(prefix + name) for name in ("id", "state", "due_at", "rung", "rungs")]


_START = Prepared(sla_clock.insert())
_LOCKED = Prepared(
    sa.select(*ClockRow.columns("")).where(sla_clock.c.id == sa.bindparam("clock_id")).with_for_update(key_share=True)
)
_CLOCK = sla_clock.update().where(sla_clock.c.id == sa.bindparam("clock_id"))
_HELD = Prepared(_CLOCK)
_UNCHANGED = Prepared(
    _CLOCK.where(sla_clock.c.rung == sa.bindparam("seen_rung"), sla_clock.c.state == sa.bindparam("seen_state"))
)
_RAISE = Prepared(escalation.insert().returning(escalation.c.id))
_OWE = Prepared(notice.insert())


@dataclass(frozen=True, slots=True)
class Running:
    """A clock, what it runs for, and the process version whose people it calls."""

    clock: ClockRow
    subject: Subject
    version: Version


def plan(version: Version, subject: Subject, standard: Standard, at: datetime, troubles: list[Trouble]) -> Armed | None:
    """The due instants of a standard that starts at `at`.

    None, and one trouble more, when the calendar does not cover them: the work goes on, its clock is never guessed.
    """
    try:
        return arm(standard, at, version.release_of(subject.step).calendars)
    except CalendarMissing as missing:
        cause = f"calendar:item:{subject.item_id}" if subject.item_id is not None else f"calendar:case:{subject.case_id}"
        about = subject.fact("", at, {})
        troubles.append(Trouble("calendar", cause, "calendar missing", about, detail={"detail": str(missing)}))
        return None


def start(c: Connection, version: Version, subjects: Sequence[tuple[Subject, Standard, Armed]], at: datetime) -> None:
    """One running clock per subject, in one statement."""
    if not subjects:
        return
    _START.run_many(
        c,
        [
            {
                "case_id": subject.case_id,
                "item_id": subject.item_id,
                "standard": str(standard.completion),
                "calendar": standard.calendar,
                "calendar_version": _calendar_version(version, subject, standard),
                "started_at": at,
                "due_at": clock.due_at,
                "reaction_due_at": clock.reaction_due_at,
                "state": ClockState.RUNNING,
                "rungs": [[rung.percent, rung.action, rung.to, instant(rung.at)] for rung in clock.rungs],
                "rung": 0,
                "wake_at": clock.wake_at,
            }
            for subject, standard, clock in subjects
        ],
    )


def _calendar_version(version: Version, subject: Subject, standard: Standard) -> str:
    calendar = version.release_of(subject.step).calendars.get(standard.calendar)
    return calendar.version if calendar is not None else ""


def stop(
    c: Connection, clock: ClockRow, subject: Subject, version: Version, at: datetime, *, cancelled: bool = False
) -> Callable[[], list[Fact]]:
    """The work is over at `at`: first what time had already made true by then, then met or cancelled.

    Breached is sticky. The figures do not depend on how promptly the sweep came by. The facts are known once the database
    has answered: ask for them, once.
    """

    def end() -> tuple[_Passed, ClockState, Ran]:
        passed = _passed(clock, at)
        ended = passed.state if passed.state is ClockState.BREACHED else ClockState.CANCELLED if cancelled else ClockState.MET
        row = passed.row(clock) | {"state": ended, "wake_at": None, "stopped_at": at}
        return passed, ended, _UNCHANGED.run(c, {**row, "seen_rung": clock.rung, "seen_state": clock.state})

    passed, ended, written = end()

    def told() -> list[Fact]:
        nonlocal clock, passed, ended, written
        while written.rowcount != 1:
            # A sweep moved the clock on after we had read it: its rungs are climbed, look again.
            clock = locked(c, clock.id)
            passed, ended, written = end()
        facts = _tell(c, [(Running(clock, subject, version), passed)])
        if ended is not ClockState.BREACHED:
            facts.append(subject.fact(f"clock.{ended}", at, {"clock": subject.clock}))
        return facts

    return told


def pass_time(c: Connection, due: Sequence[tuple[Running, datetime]]) -> list[Fact]:
    """All that time has made true of clocks whose rows the caller holds, each up to its instant, dated when it was due."""
    passed = [(one, _passed(one.clock, upto)) for one, upto in due]
    with together(c):
        for one, what in passed:
            _HELD.run(c, what.row(one.clock))
        return _tell(c, passed)


def locked(c: Connection, clock_id: int) -> ClockRow:
    """The clock as it is now, held until the end of the transaction."""
    clock = ClockRow.of(_LOCKED.run(c, {"clock_id": clock_id}).one())
    assert clock is not None
    return clock


@dataclass(frozen=True, slots=True)
class _Passed:
    """What time has made of a clock: its state, the rungs that are due, where it goes on."""

    state: ClockState
    newly_breached: bool
    climbed: Climb
    wake_at: datetime | None

    def row(self, clock: ClockRow) -> dict[str, Any]:
        """What is written of it. A breach is dated at the deadline, whenever it is seen."""
        breached_at = clock.due_at if self.state is ClockState.BREACHED else None
        return {
            "clock_id": clock.id,
            "state": self.state,
            "rung": self.climbed.rung,
            "wake_at": self.wake_at,
            "breached_at": breached_at,
        }


def _passed(clock: ClockRow, upto: datetime) -> _Passed:
    """The policies of `sla` and `ladder`, applied to a row."""
    rungs = [RungDue(percent, action, to, datetime.fromisoformat(at)) for percent, action, to, at in clock.rungs]
    climbed = climb(rungs, clock.rung, upto)
    breached = settle(clock, upto).state is ClockState.BREACHED
    waiting = [climbed.next_wake] if climbed.next_wake else []
    wake_at = min(waiting + ([] if breached else [wake_for(clock.due_at)]), default=None)
    was = ClockState(clock.state)
    return _Passed(ClockState.BREACHED if breached else was, breached and was is not ClockState.BREACHED, climbed, wake_at)


def _tell(c: Connection, passed: Sequence[tuple[Running, _Passed]]) -> list[Fact]:
    """Raise the rungs that are due; the facts clock by clock, those of one in the order in which they became true."""
    unheard: list[Trouble] = []
    told = _climb(c, [(one, rung) for one, what in passed for rung in what.climbed.due], unheard)
    facts: list[Fact] = []
    for one, what in passed:
        mine = [next(told) for _ in what.climbed.due]
        if what.newly_breached:
            data = {"clock": one.subject.clock, "due_at": instant(one.clock.due_at)}
            mine.append(one.subject.fact("clock.breached", one.clock.due_at, data))
        facts += sorted(mine, key=lambda fact: fact.at)
    return facts + [fact for trouble in unheard if (fact := raise_one(c, trouble, trouble.about.at))]


def _climb(c: Connection, rungs: Sequence[tuple[Running, RungDue]], unheard: list[Trouble]) -> Iterator[Fact]:
    """Raise rungs, one fact each: escalations and their notices are rows of the same transaction, once each by constraint.

    A rung that reaches nobody is raised all the same, and is one trouble more.
    """
    if not rungs:
        return iter(())
    calls = [_called(one, rung.to) for one, rung in rungs]
    at_posts = holders(c, posts) if (posts := {post for post, person in calls if post and not person}) else {}
    people = [(person,) if person else at_posts.get(post or "", ()) for post, person in calls]
    rows = [_escalation(one, rung, post, who) for (one, rung), (post, _), who in zip(rungs, calls, people, strict=True)]
    unheard += [_nobody(one, rung, post) for (one, rung), (post, _), who in zip(rungs, calls, people, strict=True) if not who]
    raised = [_RAISE.run(c, row) for row in rows]
    owed = [
        notice_row(one.clock.id, rung.percent, written.one().id, person_id, rung.at)
        for (one, rung), who, written in zip(rungs, people, raised, strict=True)
        for person_id in who
    ]
    if owed:
        _OWE.run_many(c, owed)
    return (_escalated(one.subject, rung, post) for (one, rung), (post, _) in zip(rungs, calls, strict=True))


def _nobody(one: Running, rung: RungDue, post: str | None) -> Trouble:
    reason = (
        f"nobody holds the post {post!r}: its escalations reach nobody" if post else "the process names no owner to escalate to"
    )
    cause = f"post:{post}" if post else f"owner:{one.version.code}"
    return Trouble("recipient", cause, reason, Fact("", rung.at, post=post))


def _called(one: Running, to: str) -> tuple[str | None, int | None]:
    """(post, person) of a rung's `to`: assignee, accountable or owner. A case has no assignee: its owner answers for it."""
    subject = one.subject
    if to == "assignee" and subject.claimed_by is not None:
        return None, subject.claimed_by
    raci = one.version.node(subject.step).raci if subject.step else None
    wanted = {"assignee": raci.responsible if raci else None, "accountable": raci.accountable if raci else None}.get(to)
    return wanted or one.version.release_of(subject.step).bundle.model.owner or one.version.bundle.model.owner, None


def _escalation(one: Running, rung: RungDue, post: str | None, people: Sequence[int]) -> dict[str, Any]:
    return {
        "clock_id": one.clock.id,
        "case_id": one.subject.case_id,
        "item_id": one.subject.item_id,
        "percent": rung.percent,
        "action": rung.action,
        "to_post": post,
        "recipients": list(people),
        "raised_at": rung.at,
    }


def notice_row(clock_id: int, percent: int, escalation_id: int, person_id: int, at: datetime) -> dict[str, Any]:
    """A notice that is owed to a person from `at` on; its key makes it one for each rung and person."""
    return {
        "key": f"clock:{clock_id}:{percent}:{person_id}",
        "person_id": person_id,
        "escalation_id": escalation_id,
        "state": "due",
        "created_at": at,
        "due_at": at,
        "attempts": 0,
    }


def _escalated(subject: Subject, rung: RungDue, post: str | None) -> Fact:
    data = {"clock": subject.clock, "percent": rung.percent, "action": rung.action, "to": post or "assignee"}
    return subject.fact("clock.escalated", rung.at, data)
