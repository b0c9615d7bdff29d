"""Figures over all cases: one row a case, one row a week, the backlog, and how long everything took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pilots.measure import CaseTimes
from pilots.tables import Spread, State, share_of, spread, state_at
from pilots.worktime import WorkTime, wall_seconds


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case; `state` stands against the standard of the whole process.

    `time_s` is what that standard measures, on its own clock: from the start to the end, or to now while the case is open.
    """

    number: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    channel: str
    due_at: datetime | None
    state: State
    time_s: int | None
    cycle_s: int | None
    cycle_working_s: int | None
    first_response_s: int | None
    handovers: int
    repeated_steps: tuple[str, ...]


def case_rows(cases: Sequence[CaseTimes], at: datetime, work: WorkTime) -> tuple[CaseRow, ...]:
    """One row a case, in the order of their start. Cycle times are those of cases carried through."""
    return tuple(_case_row(case, at, work) for case in cases)


def _case_row(case: CaseTimes, at: datetime, work: WorkTime) -> CaseRow:
    done, response = case.completed_at, case.first_response_at
    dropped = case.ended_at if case.outcome == "cancelled" else None
    end, on_calendar = case.ended_at or at, "working" in (case.standard or "")
    return CaseRow(
        number=case.number,
        started_at=case.started_at,
        ended_at=case.ended_at,
        outcome=case.outcome,
        channel=case.channel,
        due_at=case.due_at,
        state=state_at(at, case.due_at, done, dropped),
        time_s=work.seconds(case.started_at, end, case.calendar) if on_calendar else wall_seconds(case.started_at, end),
        cycle_s=wall_seconds(case.started_at, done) if done else None,
        cycle_working_s=work.seconds(case.started_at, done) if done else None,
        first_response_s=wall_seconds(case.started_at, response) if response else None,
        handovers=case.handovers,
        repeated_steps=case.repeated_steps,
    )


@dataclass(frozen=True, slots=True)
class Backlog:
    """Cases in the house from the first start to `at`: now, at most, and on average over time.

    `average` is the integral of the step curve; by Little's law it equals arrivals per second times the mean time that a
    case spent in the window.
    """

    now: int
    most: int
    average: float
    window_s: int
    arrivals: int
    mean_in_window_s: int
    oldest_open_s: int | None


def backlog(cases: Sequence[CaseTimes], at: datetime) -> Backlog | None:
    """None before the first case."""
    if not cases:
        return None
    first = min(case.started_at for case in cases)
    changes = sorted([(case.started_at, 1) for case in cases] + [(case.ended_at, -1) for case in cases if case.ended_at])
    level = most = 0
    area, before = timedelta(), first
    for instant, change in changes:
        area += level * (instant - before)
        level, before = level + change, instant
        most = max(most, level)
    area += level * (at - before)
    window = at - first
    return Backlog(
        now=level,
        most=most,
        average=round(area / window, 6) if window else float(level),
        window_s=window // timedelta(seconds=1),
        arrivals=len(cases),
        mean_in_window_s=area // len(cases) // timedelta(seconds=1),
        oldest_open_s=max((wall_seconds(case.started_at, at) for case in cases if case.ended_at is None), default=None),
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """All cases. Times are of completed cases only: `open` and the oldest open one stand beside them, never left out."""

    standard: str | None
    started: int
    completed: int
    cancelled: int
    open: int
    in_time: int
    late: int
    late_open: int
    not_yet: int
    set_aside: int
    share_in_time: float | None
    cycle: Spread | None
    cycle_working: Spread | None
    first_response: Spread | None
    handovers_mean: float | None
    repeated: int
    share_repeated: float | None
    backlog: Backlog | None


def summarise(cases: Sequence[CaseTimes], rows: Sequence[CaseRow], at: datetime) -> Summary:
    """The figures over all cases."""
    states, outcomes = Counter(row.state for row in rows), Counter(row.outcome for row in rows)
    repeated = sum(1 for row in rows if row.repeated_steps)
    return Summary(
        standard=cases[-1].standard if cases else None,
        started=len(rows),
        completed=outcomes["completed"],
        cancelled=outcomes["cancelled"],
        open=outcomes["open"],
        in_time=states["in_time"],
        late=states["late"],
        late_open=sum(1 for row in rows if row.state == "late" and row.outcome == "open"),
        not_yet=states["not_yet"],
        set_aside=states["set_aside"],
        share_in_time=share_of(states["in_time"], states["in_time"] + states["late"]),
        cycle=spread(row.cycle_s for row in rows),
        cycle_working=spread(row.cycle_working_s for row in rows),
        first_response=spread(row.first_response_s for row in rows),
        handovers_mean=share_of(sum(row.handovers for row in rows), len(rows)),
        repeated=repeated,
        share_repeated=share_of(repeated, len(rows)),
        backlog=backlog(cases, at),
    )


@dataclass(frozen=True, slots=True)
class WeekRow:
    """The cases that started in one local week (`monday`), as they stand at the time of the assessment."""

    monday: date
    started: int
    completed: int
    in_time: int
    late: int
    not_yet: int
    set_aside: int


def week_rows(rows: Sequence[CaseRow], week: Callable[[datetime], date]) -> tuple[WeekRow, ...]:
    """Every week from the first to the last start, empty ones too."""
    by_week: dict[date, list[CaseRow]] = {}
    for row in rows:
        by_week.setdefault(week(row.started_at), []).append(row)
    if not by_week:
        return ()
    count = (max(by_week) - min(by_week)).days // 7 + 1
    return tuple(
        _week_row(monday, by_week.get(monday, [])) for monday in (min(by_week) + timedelta(weeks=k) for k in range(count))
    )


def _week_row(monday: date, rows: Sequence[CaseRow]) -> WeekRow:
    states = Counter(row.state for row in rows)
    completed = sum(1 for row in rows if row.outcome == "completed")
    return WeekRow(monday, len(rows), completed, states["in_time"], states["late"], states["not_yet"], states["set_aside"])
