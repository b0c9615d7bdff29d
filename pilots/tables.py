"""Figures by step and by post. Whole seconds and shares of six digits are rounded here, in `summary` and in `verdict`, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pilots.measure import Activation, CaseTimes
from pilots.statistics import quantile_interval
from pilots.worktime import WorkTime, wall_seconds

State = Literal["in_time", "late", "not_yet", "set_aside", "no_standard"]


def share_of(part: int, whole: int) -> float | None:
    """A share with six digits; None of nothing."""
    return round(part / whole, 6) if whole else None


@dataclass(frozen=True, slots=True)
class Spread:
    """Times in whole seconds: mean, median, p90 (linear between neighbours, type 7) and their 95 % order-statistic intervals.

    None as an end of an interval: too few values to bound that side.
    """

    n: int
    mean_s: int
    median_s: int
    p90_s: int
    median_interval_s: tuple[int | None, int | None]
    p90_interval_s: tuple[int | None, int | None]


def spread(values: Iterable[int | None]) -> Spread | None:
    """The spread of the known values; None when there is none."""
    ordered = sorted(value for value in values if value is not None)
    if not ordered:
        return None
    return Spread(
        n=len(ordered),
        mean_s=round(sum(ordered) / len(ordered)),
        median_s=_quantile(ordered, 50),
        p90_s=_quantile(ordered, 90),
        median_interval_s=quantile_interval(ordered, 0.5),
        p90_interval_s=quantile_interval(ordered, 0.9),
    )


def _quantile(ordered: Sequence[int], percent: int) -> int:
    """In whole numbers, so that the same values give the same second everywhere."""
    rank, rest = divmod(percent * (len(ordered) - 1), 100)
    upper = ordered[min(rank + 1, len(ordered) - 1)]
    return ordered[rank] + (rest * (upper - ordered[rank]) + 50) // 100


def state_at(at: datetime, due: datetime | None, ended: datetime | None, dropped: datetime | None) -> State:
    """Where something stands against its deadline: open past it is late, dropped before it is set aside."""
    if due is None:
        return "no_standard"
    if dropped is not None and dropped <= due:
        return "set_aside"
    if due > at:
        return "not_yet"
    return "in_time" if ended is not None and ended <= due else "late"


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step. `mature` counts work items whose deadline has passed, `in_time` those of them that were done by then.

    Queue: nobody had claimed it; touch: somebody had. Both are unknown, not zero, for items completed without a claim.
    """

    step: str
    name: str
    standard: str | None
    offered: int
    completed: int
    open: int
    withdrawn: int
    oldest_open_s: int | None
    mature: int
    in_time: int
    late_open: int
    share_in_time: float | None
    again: int
    share_again: float | None
    sojourn: Spread | None
    sojourn_working: Spread | None
    queue_working: Spread | None
    touch_working: Spread | None
    times_s: tuple[int, ...]
    times_late: tuple[bool, ...]


def step_rows(cases: Sequence[CaseTimes], at: datetime, work: WorkTime) -> tuple[StepRow, ...]:
    """One row a step, in the order in which the steps were first offered."""
    by_step: dict[str, list[Activation]] = {}
    for case in cases:
        for activation in case.activations:
            by_step.setdefault(activation.step, []).append(activation)
    again = Counter[str]()
    for case in cases:
        again.update(case.times_again)
    ordered = sorted(by_step.items(), key=lambda item: item[1][0].offered_at)  # ties keep the order of the log
    return tuple(_step_row(step, found, again[step], at, work) for step, found in ordered)


def _step_row(step: str, found: list[Activation], again: int, at: datetime, work: WorkTime) -> StepRow:
    done = [(a, a.completed_at) for a in found if a.completed_at is not None]
    still = [a for a in found if a.closed_at is None]
    states = [state_at(at, a.due_at, a.completed_at, a.withdrawn_at) for a in found]
    mature, in_time = states.count("in_time") + states.count("late"), states.count("in_time")
    working = [work.seconds(a.offered_at, end, a.calendar) for a, end in done]
    touch = [_touch(a, end, work) for a, end in done]
    queue = [None if t is None or s is None else s - t for s, t in zip(working, touch, strict=True)]
    wall = [wall_seconds(a.offered_at, end) for a, end in done]
    on_calendar = found[-1].standard is not None and "working" in found[-1].standard
    shown = [w if s is None or not on_calendar else s for w, s in zip(wall, working, strict=True)]
    late = [a.due_at is not None and end > a.due_at for a, end in done]
    return StepRow(
        step=step,
        name=found[-1].name,
        standard=found[-1].standard,
        offered=len(found),
        completed=len(done),
        open=len(still),
        withdrawn=len(found) - len(done) - len(still),
        oldest_open_s=max((wall_seconds(a.offered_at, at) for a in still), default=None),
        mature=mature,
        in_time=in_time,
        late_open=sum(1 for a in still if a.due_at is not None and a.due_at <= at),
        share_in_time=share_of(in_time, mature),
        again=again,
        share_again=share_of(again, len(done)),
        sojourn=spread(wall),
        sojourn_working=spread(working),
        queue_working=spread(queue),
        touch_working=spread(touch),
        times_s=tuple(shown),
        times_late=tuple(late),
    )


def _touch(activation: Activation, end: datetime, work: WorkTime) -> int | None:
    """Working seconds in which somebody held it; unknown without a claim."""
    if not activation.held:
        return None
    spans = [work.seconds(start, stop or end, activation.calendar) for start, stop in activation.held]
    return None if None in spans else sum(span for span in spans if span is not None)


@dataclass(frozen=True, slots=True)
class PostRow:
    """How busy a post was: working time in which its people held something, over the working time they had.

    Only people who were seen doing it count; what one person holds at the same time counts once. Whoever claims early is
    busy here longer than in truth, so `busy` is an upper estimate.
    """

    post: str
    people: int
    completed: int
    held_working_s: int
    available_s: int
    busy: float | None


def post_rows(cases: Sequence[CaseTimes], at: datetime, work: WorkTime) -> tuple[PostRow, ...]:
    """One row a post, by its code."""
    if not cases:
        return ()
    window = work.seconds(min(case.started_at for case in cases), at) or 0
    by_post: dict[str, list[Activation]] = {}
    for case in cases:
        for activation in case.activations:
            if activation.post and activation.completed_at:
                by_post.setdefault(activation.post, []).append(activation)
    return tuple(_post_row(post, found, window, work) for post, found in sorted(by_post.items()))


def _post_row(post: str, found: Sequence[Activation], window: int, work: WorkTime) -> PostRow:
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    for activation in found:
        held = [(start, stop) for start, stop in activation.held if stop is not None]
        spans.setdefault(activation.person or "", []).extend(held)
    held_s = sum(work.seconds(start, stop) or 0 for own in spans.values() for start, stop in _merged(own))
    available = len(spans) * window
    return PostRow(post, len(spans), len(found), held_s, available, share_of(held_s, available))


def _merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Joined where they touch or overlap."""
    merged: list[tuple[datetime, datetime]] = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], stop)
        else:
            merged.append((start, stop))
    return merged
