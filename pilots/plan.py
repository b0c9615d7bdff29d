"""The pilot plan as values: what is promised, by when it is looked at, and the hash that freezes it before the first case."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, cast

import orjson

from bpmn import BadDuration, Duration, Unit
from pilots.errors import BadPlan

Metric = Literal["cycle_time", "step_sojourn", "first_response", "share_true"]
Clock = Literal["wall", "working"]
Cancelled = Literal["late", "separate", "exclude"]

METRICS = ("cycle_time", "step_sojourn", "first_response", "share_true")
CANCELLED = ("late", "separate", "exclude")
MIN_WEEKS = 4  # waiting times of fewer weeks say little: cases of one week wait in the same queue
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FIELD = re.compile(r"([A-Za-z_][\w.-]*/)*[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)+")
_TOP = {"pilot", "criteria", "reviews", "baseline"}
_PILOT = {"departments", "starts", "weeks", "max_cases", "calendar"}
_CRITERION = {
    *("id", "title", "metric", "step", "field", "clock", "limit"),
    *("goal", "tolerance", "must", "alpha", "cancelled", "min_weeks"),
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One measurable condition: at least the share `goal` of the cases within `limit` (or with `field` true).

    `tolerance` was agreed before the pilot: met means "more than goal - tolerance". For `share_true`, `limit` is how long
    ago a case must have started to count. `alpha` is the risk of a wrong "met" and of a wrong "not met". `cancelled` says
    what a case cancelled within its limit counts as: late, set aside (separate), or set aside whenever it was (exclude).
    """

    id: str
    title: Mapping[str, str]
    metric: Metric
    step: str | None
    field: str | None
    clock: Clock
    limit: Duration
    goal: float
    tolerance: float
    must: bool
    alpha: float
    cancelled: Cancelled
    min_weeks: int

    @property
    def floor(self) -> float:
        """The share that has to be exceeded: goal - tolerance."""
        return round(self.goal - self.tolerance, 9)

    @property
    def is_time(self) -> bool:
        """Whether it is about a time, and so about waiting."""
        return self.metric != "share_true"


@dataclass(frozen=True, slots=True)
class Plan:
    """A pilot plan with its bounds checked. `source` is the plan as it was written, dates as ISO text: that is what is hashed."""

    departments: tuple[str, ...]
    starts: date
    weeks: int
    max_cases: int | None
    calendar: str
    criteria: tuple[Criterion, ...]
    reviews: tuple[date, ...]
    baseline: Mapping[str, Any]
    source: Mapping[str, Any] = field(repr=False)

    @property
    def must_haves(self) -> tuple[Criterion, ...]:
        """The criteria that decide."""
        return tuple(criterion for criterion in self.criteria if criterion.must)

    def to_dict(self) -> dict[str, Any]:
        """What `read_plan` reads back to an equal plan with the same hash."""
        return cast(dict[str, Any], orjson.loads(_canonical(self.source)))


def plan_hash(plan: Plan | Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON of the plan as it was written: sorted keys, no spaces, dates as ISO text."""
    return hashlib.sha256(plan_bytes(plan)).hexdigest()


def plan_bytes(plan: Plan | Mapping[str, Any]) -> bytes:
    """The canonical JSON that is hashed."""
    return _canonical(plan.source if isinstance(plan, Plan) else plan)


def _canonical(data: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise BadPlan(f"the plan holds something that is not plain data: {error}") from None


def read_plan(data: Mapping[str, Any], steps: Collection[str] | None = None) -> Plan:
    """Read a plan as YAML or JSON gives it. With `steps`, criteria may name no other step of the model.

    Raises BadPlan with a sentence that says which entry, what is wrong with it and what to do.
    """
    source = orjson.loads(_canonical(data))
    _no_others(source, _TOP, "the plan")
    pilot = _mapping(source.get("pilot"), "pilot")
    _no_others(pilot, _PILOT, "pilot")
    starts = _date(pilot.get("starts"), "pilot.starts")
    given = source.get("criteria")
    if not isinstance(given, list) or not given:
        raise BadPlan("criteria: the plan promises nothing; list at least one criterion")
    default = _default_horizon(given)
    criteria = tuple(_criterion(_mapping(entry, f"criteria[{number}]"), default) for number, entry in enumerate(given))
    _check_criteria(criteria, steps)
    return Plan(
        departments=_texts(pilot.get("departments", []), "pilot.departments"),
        starts=starts,
        weeks=_whole(pilot.get("weeks"), "pilot.weeks", 1, 520),
        max_cases=None if pilot.get("max_cases") is None else _whole(pilot["max_cases"], "pilot.max_cases", 1, 100_000),
        calendar=_text(pilot.get("calendar"), "pilot.calendar"),
        criteria=criteria,
        reviews=_reviews(source.get("reviews") or [], starts),
        baseline=_mapping(source.get("baseline") or {}, "baseline"),
        source=source,
    )


def _check_criteria(criteria: tuple[Criterion, ...], steps: Collection[str] | None) -> None:
    ids = [criterion.id for criterion in criteria]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise BadPlan(f"criteria: {twice[0]!r} is the id of two criteria; give each its own")
    if not any(criterion.must for criterion in criteria):
        raise BadPlan("criteria: no criterion is a must-have, so nothing could decide; set must: true on at least one")
    for criterion in criteria:
        if steps is not None and criterion.step is not None and criterion.step not in steps:
            raise BadPlan(
                f"criterion {criterion.id}: the model has no step {criterion.step!r}; it has {', '.join(sorted(steps))}"
            )


def _default_horizon(given: list[Any]) -> str | None:
    """The limit of the first cycle time: how long ago a case must have started for its true/false answers to count."""
    for entry in given:
        if isinstance(entry, Mapping) and entry.get("metric") == "cycle_time" and isinstance(entry.get("limit"), str):
            return cast(str, entry["limit"])
    return None


def _criterion(entry: Mapping[str, Any], horizon: str | None) -> Criterion:
    name = _text(entry.get("id"), "criterion id")
    if not _ID.fullmatch(name):
        raise BadPlan(f"criterion {name!r}: an id is made of letters, digits, dots and dashes, at most 64")
    where = f"criterion {name}"
    _no_others(entry, _CRITERION, where)
    metric = _one_of(entry.get("metric"), METRICS, f"{where}: metric")
    limit = _limit(entry, metric, horizon, where)
    goal = _number(entry.get("goal"), f"{where}: goal", lambda value: 0 < value <= 1, "a share above 0 and up to 1, like 0.9")
    return Criterion(
        id=name,
        title=_title(entry.get("title"), where),
        metric=cast(Metric, metric),
        step=_step(entry, metric, where),
        field=_field(entry, metric, where),
        clock=_clock(entry, limit, where),
        limit=limit,
        goal=goal,
        tolerance=_number(
            entry.get("tolerance", 0), f"{where}: tolerance", lambda value: 0 <= value < goal, "a share from 0 to below the goal"
        ),
        must=_flag(entry.get("must", True), f"{where}: must"),
        alpha=_number(entry.get("alpha", 0.05), f"{where}: alpha", lambda value: 0 < value < 0.5, "a risk between 0 and 0.5"),
        cancelled=cast(Cancelled, _one_of(entry.get("cancelled", "separate"), CANCELLED, f"{where}: cancelled")),
        min_weeks=_whole(entry.get("min_weeks", MIN_WEEKS), f"{where}: min_weeks", 0, 520),
    )


def _limit(entry: Mapping[str, Any], metric: str, horizon: str | None, where: str) -> Duration:
    text = entry.get("limit")
    if text is None and metric == "share_true":
        text = horizon
    if text is None:
        raise BadPlan(f"{where}: the limit is missing; write how long one case may take, like PT48H or 30 working minutes")
    try:
        return Duration.parse(str(text))
    except BadDuration as error:
        raise BadPlan(f"{where}: limit: {error}") from None


def _clock(entry: Mapping[str, Any], limit: Duration, where: str) -> Clock:
    """The clock follows from the limit's unit; where the plan says it as well, both must say the same."""
    own: Clock = "wall" if limit.unit is Unit.ELAPSED else "working"
    said = entry.get("clock")
    if entry.get("limit") is not None and said not in (None, own):
        raise BadPlan(f"{where}: clock is {said!r}, but {limit} is counted on the {own} clock; make them agree")
    return own


def _step(entry: Mapping[str, Any], metric: str, where: str) -> str | None:
    step = entry.get("step")
    if metric == "step_sojourn":
        return _text(step, f"{where}: step")
    if step is not None:
        raise BadPlan(f"{where}: {metric} is about the whole case; leave step out")
    return None


def _field(entry: Mapping[str, Any], metric: str, where: str) -> str | None:
    named = entry.get("field")
    if metric != "share_true":
        if named is not None:
            raise BadPlan(f"{where}: {metric} reads no field; leave field out")
        return None
    if not isinstance(named, str) or not _FIELD.fullmatch(named):
        raise BadPlan(f"{where}: field must name a step and its yes/no answer, like feedback.satisfied")
    return named


def _title(value: object, where: str) -> Mapping[str, str]:
    if isinstance(value, str) and value.strip():
        return {"en": value.strip(), "zh": value.strip()}
    if isinstance(value, Mapping) and value and all(isinstance(text, str) and text.strip() for text in value.values()):
        return dict(value)
    raise BadPlan(f"{where}: the title is missing; say in en and zh what is promised")


def _reviews(given: object, starts: date) -> tuple[date, ...]:
    if not isinstance(given, list) or len(given) > 60:
        raise BadPlan("reviews: must be a list of at most 60 dates")
    reviews = tuple(_date(value, f"reviews[{number}]") for number, value in enumerate(given))
    for earlier, later in zip((starts, *reviews), reviews, strict=False):
        if later <= earlier:
            raise BadPlan(f"reviews: {later} does not come after {earlier}; list the reviews in order, after the start")
    return reviews


def _no_others(entry: Mapping[str, Any], known: set[str], where: str) -> None:
    if others := sorted(entry.keys() - known):
        raise BadPlan(f"{where}: {others[0]!r} is not an entry of a plan; known here are {', '.join(sorted(known))}")


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadPlan(f"{where}: must be a set of named entries")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 200:
        raise BadPlan(f"{where}: must be a text of 1 to 200 characters")
    return value.strip()


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise BadPlan(f"{where}: must be a list of codes")
    return tuple(_text(entry, where) for entry in value)


def _date(value: object, where: str) -> date:
    try:
        return datetime.fromisoformat(value).date() if isinstance(value, str) else date.fromisoformat("")
    except ValueError:
        raise BadPlan(f"{where}: {value!r} is not a date like 2026-03-02") from None


def _number(value: object, where: str, within: Callable[[float], bool], wanted: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not within(value):
        raise BadPlan(f"{where}: {value!r} is not {wanted}")
    return float(value)


def _whole(value: object, where: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadPlan(f"{where}: {value!r} is not a whole number from {least} to {most}")
    return value


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise BadPlan(f"{where}: {value!r} is neither true nor false")
    return value


def _one_of(value: object, known: tuple[str, ...], where: str) -> str:
    if value not in known:
        raise BadPlan(f"{where}: {value!r} is unknown; use one of {', '.join(known)}")
    return str(value)
