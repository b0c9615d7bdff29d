"""Which cases count, from when on, and how: the mature cohort. A case that is still open after its limit is late.

Every outcome is fixed at one instant, `counts_at`: for a time, when the limit is used up; for an answer, when the case is
closed and old enough. So the cohort of any review is found by asking which outcomes were fixed by then, and no case counts
sooner because it went well (statistics.md 2.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pilots.measure import CaseTimes
from pilots.plan import Criterion
from pilots.worktime import WorkTime

Fate = Literal["counts", "set_aside", "unanswered", "open"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that a criterion counts: a case or, for a step, a work item (`number/step/item`).

    `fate` other than counts: cancelled and set aside, closed without the answer, still open without it.
    """

    label: str
    monday: date
    counts_at: datetime
    good: bool
    fate: Fate = "counts"
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Cohort:
    """What was known of a criterion at one instant."""

    at: datetime
    n: int
    good: int
    open_late: int
    not_yet: int
    unanswered: int
    set_aside: tuple[str, ...]
    weeks: tuple[tuple[date, int, int], ...]

    @property
    def missed(self) -> int:
        """Late, or answered with no."""
        return self.n - self.good

    @property
    def closed(self) -> int:
        """Answered or not."""
        return self.n + self.unanswered


def cohort(units: Sequence[Unit], at: datetime) -> Cohort:
    """The mature cohort at an instant; `weeks` has (Monday of the start, counted, missed)."""
    known = [unit for unit in units if unit.counts_at <= at]
    counted = [unit for unit in known if unit.fate == "counts"]
    fates = Counter(unit.fate for unit in known)
    weeks = Counter(unit.monday for unit in counted)
    missed = Counter(unit.monday for unit in counted if not unit.good)
    return Cohort(
        at=at,
        n=len(counted),
        good=sum(unit.good for unit in counted),
        open_late=sum(not unit.closed for unit in counted),
        not_yet=len(units) - len(known) + fates["open"],
        unanswered=fates["unanswered"],
        set_aside=tuple(unit.label for unit in known if unit.fate == "set_aside"),
        weeks=tuple((monday, n, missed[monday]) for monday, n in sorted(weeks.items())),
    )


def units_of(criterion: Criterion, cases: Sequence[CaseTimes], work: WorkTime) -> tuple[Unit, ...]:
    """Everything the criterion is about. Raises CalendarMissing when a limit cannot be counted."""
    if criterion.metric == "share_true":
        return tuple(_answer(criterion, case, work) for case in cases)
    return tuple(_time(criterion, span, work) for case in cases for span in _spans(criterion, case))


@dataclass(frozen=True, slots=True)
class _Span:
    """From a start to what had to happen; `ended_at` is when it no longer could."""

    label: str
    started_at: datetime
    reached_at: datetime | None
    dropped_at: datetime | None


def _spans(criterion: Criterion, case: CaseTimes) -> Iterator[_Span]:
    dropped = case.ended_at if case.outcome == "cancelled" else None
    if criterion.metric == "cycle_time":
        yield _Span(case.number, case.started_at, case.completed_at, dropped)
    elif criterion.metric == "first_response":
        reached = case.first_response_at
        yield _Span(case.number, case.started_at, reached, None if reached else dropped)
    else:
        for item in case.activations:
            if item.step == criterion.step:
                label = f"{case.number}/{item.step}/{item.item}"
                yield _Span(label, item.offered_at, item.completed_at, item.withdrawn_at)


def _time(criterion: Criterion, span: _Span, work: WorkTime) -> Unit:
    """Good when reached within the limit. Dropped after its limit it was late by then, however it ended."""
    due = work.due(span.started_at, criterion.limit)
    monday = work.week(span.started_at)
    if _is_set_aside(criterion, span.dropped_at, due):
        return Unit(span.label, monday, span.dropped_at or due, good=False, fate="set_aside")
    good = span.reached_at is not None and span.reached_at <= due
    closed = span.reached_at is not None or span.dropped_at is not None
    return Unit(span.label, monday, due, good, closed=closed)


def _answer(criterion: Criterion, case: CaseTimes, work: WorkTime) -> Unit:
    """Good when the closed case answered with true; a case counts when it is closed and old enough."""
    due, monday = work.due(case.started_at, criterion.limit), work.week(case.started_at)
    if case.ended_at is None:
        return Unit(case.number, monday, due, good=False, fate="open", closed=False)
    counts_at = max(due, case.ended_at)
    if case.outcome == "cancelled":
        fate: Fate = "counts" if criterion.cancelled == "late" else "set_aside"
        return Unit(case.number, monday, counts_at, good=False, fate=fate)
    answer = case.measures.get(criterion.field or "")
    if answer is None:
        return Unit(case.number, monday, counts_at, good=False, fate="unanswered")
    return Unit(case.number, monday, counts_at, good=answer is True)


def _is_set_aside(criterion: Criterion, dropped_at: datetime | None, due: datetime) -> bool:
    if dropped_at is None or criterion.cancelled == "late":
        return False
    return criterion.cancelled == "exclude" or dropped_at <= due
