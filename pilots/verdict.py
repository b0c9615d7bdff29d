"""What the data say of each criterion: met, not met, or not enough evidence, with figures and reasons. Pure.

Planned reviews are taken at the exact group-sequential boundary, each with the evidence of the midnight at which its day
begins, so that whoever asks later finds the same answer; between them the always-valid evidence speaks. The first review that
decides stands. Simulated at the very edge (six reviews of 25 cases, and the evidence read after every case) both together
say a wrong "met" in 4.4 to 5.3 of 100 pilots, the boundary alone in 4.0 to 4.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from engine import CalendarMissing
from pilots import statistics
from pilots.cohort import Cohort, cohort, units_of
from pilots.measure import CaseTimes
from pilots.plan import Criterion, Plan
from pilots.reasons import Reason
from pilots.rules import PlannedLook, Question, Verdict, chance_at_the_end, open_questions, planned_looks, rule, still_needed
from pilots.tables import share_of
from pilots.worktime import WorkTime

Outcome = Literal["go", "no-go", "extend"]


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One criterion with its figures, rounded.

    `lower` and `upper` are the one-sided bounds that the verdict rests on: at the level of the review on the day of one,
    always-valid on other days. `interval` is Wilson's, for display. `evidence_*` are e-values, `chance_met` the chance that
    the planned number of cases shows it. `weeks` has (Monday of the start, counted, missed); `n_not_yet` are too young or,
    for answers, still open; `set_aside` are the cancelled ones that are not counted.
    """

    id: str
    title: Mapping[str, str]
    metric: str
    step: str | None
    field: str | None
    clock: str
    limit: str
    goal: float
    tolerance: float
    must: bool
    alpha: float
    verdict: Verdict
    reasons: tuple[Reason, ...]
    method: Literal["review", "evidence"]
    as_of: datetime
    n_mature: int = 0
    n_good: int = 0
    n_missed: int = 0
    n_open_late: int = 0
    n_not_yet: int = 0
    n_unanswered: int = 0
    set_aside: tuple[str, ...] = ()
    share: float | None = None
    lower: float | None = None
    upper: float | None = None
    lower_level: float | None = None
    upper_level: float | None = None
    interval: tuple[float, float] | None = None
    evidence_for: float | None = None
    evidence_against: float | None = None
    cases_needed: int | None = None
    chance_met: float | None = None
    weeks_p: float | None = None
    weeks: tuple[tuple[date, int, int], ...] = ()
    looks: tuple[PlannedLook, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows for the release, and why. People may override it with a written reason; the figures stay."""

    outcome: Outcome
    reasons: tuple[Reason, ...]


def judge(criterion: Criterion, cases: Sequence[CaseTimes], *, at: datetime, plan: Plan, work: WorkTime) -> CriterionResult:
    """One criterion at one instant, from the cases as they were then."""
    blank = _blank(criterion, at)
    try:
        units = units_of(criterion, cases, work)
    except CalendarMissing as missing:
        return replace(blank, reasons=(Reason("calendar_missing", {"what": str(missing)}),))
    # A wrong "not met" of any one must-have stops the release, so they share the risk.
    against = criterion.alpha / len(plan.must_haves) if criterion.must else criterion.alpha
    question = Question(criterion, units, at, plan, work, against)
    looks = planned_looks(question)
    today = at.astimezone(work.zone).date()
    on_review = bool(looks) and looks[-1].date == today
    now = cohort(units, work.midnight(today) if on_review else at)
    figured = _figures(blank, question, now, looks, on_review)
    ruling = rule(question, now, looks)
    if ruling.verdict != "not_enough_evidence":
        return replace(figured, verdict=ruling.verdict, reasons=(*ruling.reasons, *_notes(now)))
    more = None if ruling.held_back else still_needed(question, now)
    reasons = (*ruling.reasons, *open_questions(question, now, ruling, looks, more), *_notes(now))
    return replace(figured, reasons=reasons, cases_needed=more, chance_met=chance_at_the_end(question, now))


def decide(results: Sequence[CriterionResult], *, gates: Sequence[Reason] = (), notes: Sequence[Reason] = ()) -> Decision:
    """Go when every must-have is met, no-go when one is not, otherwise extend.

    That all have to be met needs no correction of the risk of a wrong go (intersection-union). `gates` turn a go into an
    extension; `notes` only stand beside it.
    """
    must = [result for result in results if result.must]
    failed = [result.id for result in must if result.verdict == "not_met"]
    unclear = [result.id for result in must if result.verdict == "not_enough_evidence"]
    if failed:
        return Decision("no-go", (Reason("some_not_met", {"criteria": ", ".join(failed)}), *gates, *notes))
    if unclear:
        return Decision("extend", (Reason("some_undecided", {"criteria": ", ".join(unclear)}), *gates, *notes))
    return Decision("extend" if gates else "go", (Reason("all_met"), *gates, *notes))


def _blank(criterion: Criterion, at: datetime) -> CriterionResult:
    return CriterionResult(
        id=criterion.id,
        title=criterion.title,
        metric=criterion.metric,
        step=criterion.step,
        field=criterion.field,
        clock=criterion.clock,
        limit=str(criterion.limit),
        goal=criterion.goal,
        tolerance=criterion.tolerance,
        must=criterion.must,
        alpha=criterion.alpha,
        verdict="not_enough_evidence",
        reasons=(),
        method="evidence",
        as_of=at,
    )


def _figures(
    blank: CriterionResult, question: Question, now: Cohort, looks: tuple[PlannedLook, ...], on_review: bool
) -> CriterionResult:
    """The figures, rounded once: shares and levels to six digits, e-values to three."""
    criterion = question.criterion
    common = replace(
        blank,
        method="review" if on_review else "evidence",
        as_of=now.at,
        n_mature=now.n,
        n_good=now.good,
        n_missed=now.missed,
        n_open_late=now.open_late,
        n_not_yet=now.not_yet,
        n_unanswered=now.unanswered,
        set_aside=now.set_aside,
        share=share_of(now.good, now.n),
        weeks=now.weeks,
        looks=looks,
    )
    if not now.n:
        return common
    low, high = (looks[-1].lower_level, looks[-1].upper_level) if on_review else (criterion.alpha, question.against)
    lower, upper = _bounds_of_review(now, low, high) if on_review else _bounds_at_any_time(now, low, high)
    left, right = statistics.wilson(now.good, now.n)
    return replace(
        common,
        lower=lower,
        upper=upper,
        lower_level=round(low, 6),
        upper_level=round(high, 6),
        interval=(round(left, 6), round(right, 6)),
        evidence_for=round(statistics.evidence(now.good, now.n, criterion.floor), 3),
        evidence_against=round(statistics.evidence_against(now.good, now.n, criterion.goal), 3),
        weeks_p=round(statistics.weeks_agree([(n, missed) for _, n, missed in now.weeks]), 6),
    )


def _bounds_of_review(now: Cohort, low: float, high: float) -> tuple[float | None, float | None]:
    """Exact bounds at the levels of the review; no bound at a level of 0, where no result could have decided."""
    lower = round(statistics.lower_bound(now.good, now.n, low), 6) if low else None
    upper = round(statistics.upper_bound(now.good, now.n, high), 6) if high else None
    return lower, upper


def _bounds_at_any_time(now: Cohort, low: float, high: float) -> tuple[float | None, float | None]:
    lower = statistics.anytime_lower(now.good, now.n, low)
    return round(lower, 6), round(statistics.anytime_upper(now.good, now.n, high), 6)


def _notes(now: Cohort) -> list[Reason]:
    """What must never be silent."""
    found = {"open_late": now.open_late, "not_yet": now.not_yet, "set_aside": len(now.set_aside)}
    return [Reason(key, {"n": n}) for key, n in found.items() if n]
