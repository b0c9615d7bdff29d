"""SLA clocks as rows: started with a step or a case, moved on by time, stopped by completion. Policies: `sla`, `ladder`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bpmn import Standard
from engine.db import AnyRow
from engine.errors import CalendarMissing
from engine.eventlog import Fact, instant
from engine.ladder import Climb, RungDue, climb, wake_for
from engine.model import escalation, notice, sla_clock
from engine.people import holders
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
        columns = row._mapping
        if columns[prefix + "id"] is None:
            return None
        return cls(*(columns[prefix + name] for name in ("id", "state", "due_at", "rung", "rungs")))

    @staticmethod
    def columns(prefix: str) -> list[sa.Label[Any]]:
        """What to select so that `of` can read it."""
        return [sla_clock.c[name].label(prefix + name) for name in ("id", "state", "due_at", "rung", "rungs")]


def plan(version: Version, subject: Subject, standard: Standard, at: datetime, facts: list[Fact]) -> Armed | None:
    """The due instants of a standard that starts at `at`.

    None, and an incident among the facts, when the calendar does not cover them: the work goes on, its clock is never guessed.
    """
    try:
        return arm(standard, at, version.calendars)
    except CalendarMissing as missing:
        facts.append(subject.fact("incident.raised", at, {"reason": "calendar missing", "detail": str(missing)}))
        return None


def start(c: Connection, version: Version, subjects: Sequence[tuple[Subject, Standard, Armed]], at: datetime) -> None:
    """One running clock per subject, in one statement."""
    if not subjects:
        return
    c.execute(
        sla_clock.insert(),
        [
            {
                "case_id": subject.case_id,
                "item_id": subject.item_id,
                "standard": str(standard.completion),
                "calendar": standard.calendar,
                "calendar_version": _calendar_version(version, standard),
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


def _calendar_version(version: Version, standard: Standard) -> str:
    calendar = version.calendars.get(standard.calendar)
    return calendar.version if calendar is not None else ""


def stop(
    c: Connection, clock: ClockRow, subject: Subject, version: Version, at: datetime, *, cancelled: bool = False
) -> list[Fact]:
    """The work is over at `at`: first what time had already made true by then, then met or cancelled.

    Breached is sticky. The figures do not depend on how promptly the sweep came by.
    """
    while True:
        passed = _passed(clock, at)
        ended = passed.state if passed.state is ClockState.BREACHED else ClockState.CANCELLED if cancelled else ClockState.MET
        if _write(c, clock, passed, state=ended, wake_at=None, stopped_at=at):
            break
        # A sweep moved the clock on after we had read it: its rungs are climbed, look again.
        clock = locked(c, clock.id)
    facts = _tell(c, clock, passed, subject, version)
    if ended is not ClockState.BREACHED:
        facts.append(subject.fact(f"clock.{ended}", at, {"clock": subject.clock}))
    return facts


def pass_time(c: Connection, clock: ClockRow, subject: Subject, version: Version, now: datetime) -> list[Fact]:
    """Everything that time has made true of a running clock by `now`: the breach and the rungs, each dated when it was due.

    The caller holds the clock's row.
    """
    passed = _passed(clock, now)
    _write(c, clock, passed, state=passed.state, wake_at=passed.wake_at)
    return _tell(c, clock, passed, subject, version)


def locked(c: Connection, clock_id: int) -> ClockRow:
    """The clock as it is now, held until the end of the transaction."""
    row = c.execute(sa.select(*ClockRow.columns("")).where(sla_clock.c.id == clock_id).with_for_update(key_share=True)).one()
    clock = ClockRow.of(row)
    assert clock is not None
    return clock


@dataclass(frozen=True, slots=True)
class _Passed:
    """What time has made of a clock: its state, the rungs that are due, where it goes on."""

    state: ClockState
    newly_breached: bool
    climbed: Climb
    wake_at: datetime | None


def _passed(clock: ClockRow, upto: datetime) -> _Passed:
    """The policies of `sla` and `ladder`, applied to a row."""
    rungs = [RungDue(percent, action, to, datetime.fromisoformat(at)) for percent, action, to, at in clock.rungs]
    climbed = climb(rungs, clock.rung, upto)
    breached = settle(clock, upto).state is ClockState.BREACHED
    waiting = [climbed.next_wake] if climbed.next_wake else []
    wake_at = min(waiting + ([] if breached else [wake_for(clock.due_at)]), default=None)
    was = ClockState(clock.state)
    return _Passed(ClockState.BREACHED if breached else was, breached and was is not ClockState.BREACHED, climbed, wake_at)


def _write(c: Connection, clock: ClockRow, passed: _Passed, **values: Any) -> bool:
    """Change the row if it still is as it was read; says whether it was."""
    if passed.newly_breached:
        values["breached_at"] = clock.due_at
    seen = (sla_clock.c.id == clock.id, sla_clock.c.rung == clock.rung, sla_clock.c.state == clock.state)
    return c.execute(sla_clock.update().where(*seen).values(rung=passed.climbed.rung, **values)).rowcount == 1


def _tell(c: Connection, clock: ClockRow, passed: _Passed, subject: Subject, version: Version) -> list[Fact]:
    """Raise the rungs that are due; the facts of the clock in the order in which they became true."""
    facts = [_climb(c, clock, subject, version, rung) for rung in passed.climbed.due]
    if passed.newly_breached:
        data = {"clock": subject.clock, "due_at": instant(clock.due_at)}
        facts.append(subject.fact("clock.breached", clock.due_at, data))
    return sorted(facts, key=lambda fact: fact.at)


def _climb(c: Connection, clock: ClockRow, subject: Subject, version: Version, rung: RungDue) -> Fact:
    """Raise one rung: the escalation and its notices are rows of the same transaction, once each by constraint."""
    post_code, people = _recipients(c, subject, version, rung.to)
    raised = c.execute(
        escalation.insert()
        .values(
            clock_id=clock.id,
            case_id=subject.case_id,
            item_id=subject.item_id,
            percent=rung.percent,
            action=rung.action,
            to_post=post_code,
            recipients=list(people),
            raised_at=rung.at,
        )
        .returning(escalation.c.id)
    ).scalar_one()
    if people:
        c.execute(
            notice.insert(),
            [
                {
                    "key": f"clock:{clock.id}:{rung.percent}:{person_id}",
                    "person_id": person_id,
                    "escalation_id": raised,
                    "state": "due",
                    "created_at": rung.at,
                    "due_at": rung.at,
                    "attempts": 0,
                }
                for person_id in people
            ],
        )
    data = {"clock": subject.clock, "percent": rung.percent, "action": rung.action, "to": post_code or "assignee"}
    return subject.fact("clock.escalated", rung.at, data)


def _recipients(c: Connection, subject: Subject, version: Version, to: str) -> tuple[str | None, tuple[int, ...]]:
    """(post, person ids) of a rung's `to`: assignee, accountable or owner. A case has no assignee: its owner answers for it."""
    model = version.bundle.model
    if to == "assignee" and subject.claimed_by is not None:
        return None, (subject.claimed_by,)
    node = model.by_id.get(subject.step or "")
    raci = node.raci if node else None
    wanted = {"assignee": raci.responsible if raci else None, "accountable": raci.accountable if raci else None}.get(to)
    chosen = wanted or model.owner
    return chosen, holders(c, [chosen]).get(chosen, ()) if chosen else ()
