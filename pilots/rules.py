"""How a criterion is decided: planned reviews at their exact boundary, the evidence in between, and what holds a "met" back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pilots import statistics
from pilots.cohort import Cohort, Unit, cohort
from pilots.plan import Criterion, Plan
from pilots.reasons import Param, Reason
from pilots.tables import share_of
from pilots.worktime import WorkTime

Verdict = Literal["met", "not_met", "not_enough_evidence"]

RESPONSE = 0.8  # fewer answers than this, and those who kept silent could turn the result
DISAGREE = 0.10  # p-value of the weekly dispersion below which the weeks disagree


@dataclass(frozen=True, slots=True)
class Question:
    """One criterion asked at one instant. `against` is the risk of a wrong "not met"."""

    criterion: Criterion
    units: Sequence[Unit]
    at: datetime
    plan: Plan
    work: WorkTime
    against: float


@dataclass(frozen=True, slots=True)
class Ruling:
    """`held_back`: the figures alone would have meant met."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    held_back: bool = False


@dataclass(frozen=True, slots=True)
class PlannedLook:
    """One planned review that has been reached: what was there, and how many misses it takes either way (None: no number)."""

    number: int
    of: int
    date: date
    n: int
    good: int
    missed: int
    most_missed: int | None
    least_missed: int | None
    lower_level: float
    upper_level: float

    @property
    def met(self) -> bool:
        """Few enough misses to show more than goal - tolerance."""
        return self.most_missed is not None and self.missed <= self.most_missed

    @property
    def not_met(self) -> bool:
        """Enough misses to show less than the goal."""
        return self.least_missed is not None and self.missed >= self.least_missed


def planned_looks(question: Question) -> tuple[PlannedLook, ...]:
    """The reviews reached so far at which there was something new to look at; none without a planned number of cases."""
    plan, criterion = question.plan, question.criterion
    taken: list[tuple[int, date, Cohort]] = []
    for number, day in enumerate(plan.reviews, start=1):
        instant = question.work.midnight(day)
        seen = cohort(question.units, instant)
        if instant <= question.at and seen.n > (taken[-1][2].n if taken else 0):
            taken.append((number, day, seen))
    if not taken or plan.max_cases is None:
        return ()
    counts, final = [seen.n for _, _, seen in taken], taken[-1][0] == len(plan.reviews)
    above = statistics.boundary(counts, criterion.floor, criterion.alpha, n_max=plan.max_cases, final=final)
    below = statistics.boundary(counts, round(1 - criterion.goal, 9), question.against, n_max=plan.max_cases, final=final)
    return tuple(
        PlannedLook(
            number=number,
            of=len(plan.reviews),
            date=day,
            n=seen.n,
            good=seen.good,
            missed=seen.missed,
            most_missed=high.most_late,
            least_missed=low.needed if low.needed <= low.n else None,
            lower_level=round(high.level, 9),
            upper_level=round(low.level, 9),
        )
        for (number, day, seen), high, low in zip(taken, above, below, strict=True)
    )


def rule(question: Question, now: Cohort, looks: Sequence[PlannedLook]) -> Ruling:
    """The first planned look that decides, else the evidence of now."""
    criterion, held_back = question.criterion, False
    for look in looks:
        then = cohort(question.units, question.work.midnight(look.date))
        when: dict[str, Param] = {"date": look.date.isoformat(), "missed": look.missed, "n": look.n}
        if look.met:
            if not any(_doubts(criterion, then)):
                met = Reason("met_at_review", {**when, "most": look.most_missed or 0})
                return Ruling("met", (met, *_tolerated(criterion, then)))
            held_back = True
        elif look.not_met and _silence_cannot_save(question, then):
            not_met = Reason("not_met_at_review", {**when, "least": look.least_missed or 0, "goal": criterion.goal})
            return Ruling("not_met", (not_met,))
    return _rule_by_evidence(question, now, held_back)


def _rule_by_evidence(question: Question, now: Cohort, held_back: bool) -> Ruling:
    criterion = question.criterion
    counts: dict[str, Param] = {"good": now.good, "n": now.n}
    doubts = tuple(_doubts(criterion, now)) if now.closed else ()
    odds = statistics.evidence(now.good, now.n, criterion.floor)
    if odds >= 1 / criterion.alpha:
        if doubts:
            return Ruling("not_enough_evidence", doubts, held_back=True)
        params = {**counts, "floor": criterion.floor, "odds": round(odds, 3), "wanted": round(1 / criterion.alpha, 3)}
        return Ruling("met", (Reason("met_by_evidence", params), *_tolerated(criterion, now)))
    odds = statistics.evidence_against(now.good, now.n, criterion.goal)
    if odds >= 1 / question.against and _silence_cannot_save(question, now):
        params = {**counts, "goal": criterion.goal, "odds": round(odds, 3), "wanted": round(1 / question.against, 3)}
        return Ruling("not_met", (Reason("not_met_by_evidence", params),))
    return Ruling("not_enough_evidence", doubts, held_back and bool(doubts))


def _tolerated(criterion: Criterion, then: Cohort) -> tuple[Reason, ...]:
    share = share_of(then.good, then.n)
    if share is None or share >= criterion.goal:
        return ()
    return (Reason("within_tolerance", {"share": share, "goal": criterion.goal}),)


def _doubts(criterion: Criterion, then: Cohort) -> Iterator[Reason]:
    """What keeps a good figure from being evidence: too few or disagreeing weeks, too many silent customers."""
    if criterion.is_time:
        if len(then.weeks) < criterion.min_weeks:
            yield Reason("too_few_weeks", {"weeks": len(then.weeks), "wanted": criterion.min_weeks})
        p = statistics.weeks_agree([(n, missed) for _, n, missed in then.weeks])
        if p < DISAGREE:
            yield Reason("weeks_disagree", {"p": round(p, 6)})
        return
    silence_matters = then.n < RESPONSE * then.closed
    if silence_matters and statistics.lower_bound(then.good, then.closed, criterion.alpha) <= criterion.floor:
        share = share_of(then.n, then.closed) or 0.0
        yield Reason("low_response", {"answered": then.n, "closed": then.closed, "share": share})


def _silence_cannot_save(question: Question, then: Cohort) -> bool:
    """Whether it stays not met when few answered and every silent customer would have said yes."""
    if question.criterion.is_time or then.n >= RESPONSE * then.closed:
        return True
    return statistics.upper_bound(then.good + then.unanswered, then.closed, question.against) < question.criterion.goal


def still_needed(question: Question, now: Cohort) -> int | None:
    """How many more cases decide with a chance of 80 % if the share stays as it is; None: no number can be expected to."""
    criterion, against = question.criterion, question.against
    if not now.n:
        return statistics.all_good(criterion.floor, criterion.alpha)
    share = share_of(now.good, now.n) or 0.0
    if share > criterion.floor:
        total = statistics.cases_for(criterion.floor, share, criterion.alpha)
        least = statistics.good_in_a_row(now.good, now.n, criterion.floor, criterion.alpha)
    else:
        total = statistics.cases_for(round(1 - criterion.goal, 9), round(1 - share, 6), against)
        least = statistics.good_in_a_row(now.missed, now.n, round(1 - criterion.goal, 9), against)
    return None if total is None else max(total - now.n, least or 0, 1)


def chance_at_the_end(question: Question, now: Cohort) -> float | None:
    """The chance that one look at the planned number of cases shows it."""
    most, criterion = question.plan.max_cases, question.criterion
    if most is None or not 0 < now.n < most:
        return None
    return round(statistics.chance_met(now.good, now.n, most - now.n, criterion.floor, criterion.alpha), 6)


def open_questions(
    question: Question, now: Cohort, ruling: Ruling, looks: Sequence[PlannedLook], more: int | None
) -> Iterator[Reason]:
    """Why it is open, and what would close it."""
    criterion, plan = question.criterion, question.plan
    if not now.closed:
        yield Reason("no_cases", {"limit": str(criterion.limit)})
    elif now.n and not ruling.held_back and more is not None:
        yield Reason("undecided", {"good": now.good, "n": now.n, "more": more})
    elif now.n and not ruling.held_back:
        yield Reason("undecided_edge", {"good": now.good, "n": now.n, "floor": criterion.floor})
    if criterion.floor >= 1:
        yield Reason("unprovable")
    if looks and looks[-1].most_missed is None:
        yield Reason("too_few_to_decide", {"date": looks[-1].date.isoformat(), "n": looks[-1].n})
    following = next((day for day in plan.reviews if question.work.midnight(day) > question.at), None)
    if following is not None and plan.max_cases is not None:
        yield Reason("next_review", {"date": following.isoformat()})
