"""A pilot assessed at one instant: plan and log in, every figure out, as frozen values and as JSON. The same in, the same out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any, cast

from engine import Calendar, LogEntry
from pilots.errors import MixedLog
from pilots.measure import CaseTimes, read_cases
from pilots.plan import Plan, plan_hash
from pilots.reasons import Reason
from pilots.summary import CaseRow, Summary, WeekRow, case_rows, summarise, week_rows
from pilots.tables import PostRow, StepRow, post_rows, step_rows
from pilots.verdict import CriterionResult, Decision, decide, judge
from pilots.worktime import WorkTime

SCHEMA_VERSION = 1
BUSY = 0.7  # from here on waiting times depend on the load so much that a formula cannot speak for more of it


@dataclass(frozen=True, slots=True)
class LogPart:
    """Which part of the event log the figures come from; `head` is the hash of its last entry."""

    entries: int
    first_seq: int | None
    last_seq: int | None
    head: str | None


@dataclass(frozen=True, slots=True)
class Frozen:
    """What the log says was fixed before the first case."""

    at: datetime
    seq: int
    plan_hash: str
    model_sha256: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases the figures are about, and how many of the log they are not about."""

    assessed: int
    left_out_rehearsed: int
    later_entries: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that a page, a report, a workbook and a verification show. Figures are rounded already."""

    at: datetime
    rehearsal: bool
    processes: tuple[str, ...]
    departments: tuple[str, ...]
    starts: date
    weeks_planned: int
    max_cases: int | None
    reviews: tuple[date, ...]
    calendar: str
    plan_hash: str
    frozen: Frozen | None
    log: LogPart
    counts: Counts
    decision: Decision
    criteria: tuple[CriterionResult, ...]
    summary: Summary
    steps: tuple[StepRow, ...]
    posts: tuple[PostRow, ...]
    weeks: tuple[WeekRow, ...]
    cases: tuple[CaseRow, ...]
    calendar_gaps: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready and in a fixed order; instants as ISO text in UTC, times in whole seconds, shares as 0 to 1."""
        return {"schema_version": SCHEMA_VERSION, **cast(dict[str, Any], plain(self))}


def assess(
    plan: Plan, entries: Sequence[LogEntry], calendars: Mapping[str, Calendar], at: datetime, *, rehearsal: bool
) -> Assessment:
    """Assess the pilot as it stood at `at` (aware): entries dated later are counted and not used.

    `entries` are those of one pilot, in the order of the log. Rehearsed cases are left out of a real assessment, and a
    rehearsal with real cases in it raises MixedLog. Raises BadLog when the entries are no history.
    """
    happened = [entry for entry in entries if entry.at <= at]
    cases, left_out = _of_one_kind(read_cases(happened), rehearsal)
    work = WorkTime(calendars, plan.calendar)
    criteria = tuple(judge(criterion, cases, at=at, plan=plan, work=work) for criterion in plan.criteria)
    rows = case_rows(cases, at, work)
    steps, posts = step_rows(cases, at, work), post_rows(cases, at, work)
    frozen = _frozen(happened)
    gates = () if rehearsal else _gates(plan, frozen, cases)
    notes = (*((Reason("rehearsal"),) if rehearsal else ()), *_busy(posts))
    return Assessment(
        at=at.astimezone(UTC),
        rehearsal=rehearsal,
        processes=tuple(sorted({case.process for case in cases if case.process})),
        departments=plan.departments,
        starts=plan.starts,
        weeks_planned=plan.weeks,
        max_cases=plan.max_cases,
        reviews=plan.reviews,
        calendar=plan.calendar,
        plan_hash=plan_hash(plan),
        frozen=frozen,
        log=_part(happened),
        counts=Counts(len(cases), left_out, len(entries) - len(happened)),
        decision=decide(criteria, gates=gates, notes=notes),
        criteria=criteria,
        summary=summarise(cases, rows, at),
        steps=steps,
        posts=posts,
        weeks=week_rows(rows, work.week),
        cases=rows,
        calendar_gaps=tuple(sorted(work.missing)),
    )


def _of_one_kind(everything: Sequence[CaseTimes], rehearsal: bool) -> tuple[tuple[CaseTimes, ...], int]:
    """The real or the rehearsed cases, and how many others are left out."""
    cases = tuple(case for case in everything if case.rehearsal == rehearsal)
    left_out = len(everything) - len(cases)
    if rehearsal and left_out:
        raise MixedLog(f"{left_out} of the {len(everything)} cases are real: no verdict is drawn from both")
    return cases, left_out


def report_dict(assessment: Assessment) -> dict[str, Any]:
    """The assessment as one JSON document, each reason with its sentence in English and Chinese."""
    return assessment.to_dict()


def plain(value: Any) -> Any:
    """Frozen values as JSON would hold them."""
    if isinstance(value, Reason):
        return {"key": value.key, "params": dict(value.params), "text": {"en": value.text("en"), "zh": value.text("zh")}}
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def _part(entries: Sequence[LogEntry]) -> LogPart:
    if not entries:
        return LogPart(0, None, None, None)
    return LogPart(len(entries), entries[0].seq, entries[-1].seq, entries[-1].hash)


def _frozen(entries: Sequence[LogEntry]) -> Frozen | None:
    """The last freeze in the log."""
    found = next((entry for entry in reversed(entries) if entry.kind == "pilot.frozen"), None)
    if found is None:
        return None
    return Frozen(found.at, found.seq, str(found.data.get("plan_hash", "")), found.data.get("model_sha256"))


def _gates(plan: Plan, frozen: Frozen | None, cases: Sequence[CaseTimes]) -> Sequence[Reason]:
    """What was promised must have been fixed before it was measured."""
    if frozen is None or any(case.started_at < frozen.at for case in cases):
        return [Reason("plan_not_frozen")]
    if frozen.plan_hash != plan_hash(plan):
        return [Reason("plan_changed", {"frozen": frozen.plan_hash[:12]})]
    return []


def _busy(posts: Sequence[PostRow]) -> list[Reason]:
    return [Reason("busy", {"post": row.post, "busy": row.busy}) for row in posts if row.busy is not None and row.busy >= BUSY]
