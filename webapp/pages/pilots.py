"""Pilots: what was promised, what the event log says of it, and the pack that anybody can recompute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

import engine
import pilots
from webapp.access import needs
from webapp.edge import edge, now, reading
from webapp.language import date_only, language, local, percent, pick, standard
from webapp.sentences import gettext
from webapp.view import OVERSEERS
from webapp.words import Chip

pages = Blueprint("pilots", __name__)


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval on a line from 0 to 100, with the share seen and the goal; ends are None where nothing bounds them."""

    low: float
    high: float
    seen: float
    goal: float


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One row of the table of criteria."""

    title: str
    must: bool
    target: str
    seen: str
    counted: str
    bar: Bar | None
    bar_says: str
    verdict: Chip
    reasons: list[str]


@pages.get("/pilots")
@needs(*OVERSEERS)
def index() -> ResponseReturnValue:
    """Every pilot, real ones first."""
    with reading() as c:
        listed = engine.list_pilots(c)
    return render_template("pilots.html", pilots=listed, state=_pilot_state)


@pages.get("/pilots/<int:pilot>")
@needs(*OVERSEERS)
def show(pilot: int) -> ResponseReturnValue:
    """The criteria with target, measured value, interval and verdict; what follows; and how long everything took."""
    seen = look(pilot)
    view, assessment = seen.view, seen.assessment
    titles = {result.id: pick(result.title) for result in assessment.criteria}
    ends = assessment.starts + timedelta(weeks=assessment.weeks_planned)
    return render_template(
        "pilot.html",
        pilot=view.row,
        state=_pilot_state(view.row.state),
        ends=ends,
        decision=_decision(assessment.decision.outcome),
        reasons=[_said(reason, titles | seen.names) for reason in assessment.decision.reasons],
        criteria=[_line(result, seen.names) for result in assessment.criteria],
        charts=_charts(assessment),
        a=assessment,
    )


@pages.get("/pilots/<int:pilot>/pack.zip")
@needs(*OVERSEERS)
def pack(pilot: int) -> ResponseReturnValue:
    """The evidence pack: one zip from which anybody can recompute every figure."""
    seen = look(pilot)
    with edge().pack_lock:
        made = pilots.build_pack(
            seen.assessment,
            seen.entries,
            model_xml=seen.view.bundle.model.xml,
            plan=seen.plan,
            names=seen.names,
            language=language(),
            calendars=seen.view.calendar_data,
            called=seen.called,
        )
    name = f"{seen.view.row.code}-pilot-{pilot}-{local(now()):%Y%m%d-%H%M}.zip"
    return Response(made, mimetype="application/zip", headers={"Content-Disposition": f"attachment; filename={name}"})


@dataclass(frozen=True)
class Look:
    """A pilot at one instant: all that a page or a pack is made of."""

    view: engine.PilotView
    plan: pilots.Plan
    entries: list[engine.LogEntry]
    assessment: pilots.Assessment
    names: dict[str, str | engine.Names]
    called: dict[str, str]


def look(pilot: int) -> Look:
    """The pilot and what its part of the log says now. Raises NotFound."""
    with reading() as c:
        view = engine.pilot_view(c, pilot)
        entries = engine.event_log(c, pilot_id=pilot)
        called = engine.called_models(c, entries)
        posts, departments = engine.post_names(c), engine.department_names(c)
    plan = pilots.read_plan(view.plan)
    assessment = pilots.assess(plan, entries, view.calendars, now(), rehearsal=view.row.rehearsal)
    return Look(
        view, plan, entries, assessment, {view.row.code: view.row.name, **view.step_names, **posts, **departments}, called
    )


def _charts(assessment: pilots.Assessment) -> list[Markup]:
    """Drawn by `pilots`, the same as in the report; every word in them is escaped there."""
    if not assessment.cases:
        return []
    return [Markup(draw(assessment, language())) for draw in (pilots.case_chart, pilots.week_chart)]  # noqa: S704


def _pilot_state(state: str) -> Chip:
    texts = {"planned": gettext("planned"), "running": gettext("running"), "closed": gettext("closed")}
    return Chip("open" if state == "running" else "quiet", texts.get(state, state))


def _decision(outcome: str) -> Chip:
    texts = {
        "go": gettext("Go: release it"),
        "no-go": gettext("No go: do not release it"),
        "extend": gettext("Extend: not enough evidence yet"),
    }
    return Chip({"go": "ok", "no-go": "late"}.get(outcome, "soon"), texts[outcome])


def _verdict(verdict: str) -> Chip:
    texts = {"met": gettext("met"), "not_met": gettext("not met"), "not_enough_evidence": gettext("not enough evidence")}
    return Chip({"met": "ok", "not_met": "late"}.get(verdict, "soon"), texts.get(verdict, verdict))


def _said(reason: pilots.Reason, names: Mapping[str, str | engine.Names]) -> str:
    """A reason in words: durations, dates, criteria and posts as people write them."""
    params = dict(reason.params)
    readers: dict[str, Callable[[str], str]] = {
        "limit": standard,
        "date": lambda text: date_only(date.fromisoformat(text)),
        "criteria": lambda text: gettext(", ").join(pick(names.get(one)) or one for one in text.split(", ")),
        "post": lambda code: pick(names.get(code)) or code,
    }
    for name, read in readers.items():
        if name in params:
            params[name] = read(str(params[name]))
    return pilots.Reason(reason.key, params).text(language())


def _line(result: pilots.CriterionResult, names: Mapping[str, str | engine.Names]) -> CriterionLine:
    counted = gettext("%(good)s of %(n)s cases", good=result.n_good, n=result.n_mature)
    bounds = result.interval
    says = ""
    if bounds:
        says = gettext("95%% interval from %(low)s to %(high)s", low=percent(bounds[0]), high=percent(bounds[1]))
    return CriterionLine(
        title=pick(result.title),
        must=result.must,
        target=_target(result, names),
        seen=percent(result.share) if result.share is not None else "–",
        counted=counted,
        bar=Bar(100 * bounds[0], 100 * bounds[1], 100 * (result.share or 0), 100 * result.goal) if bounds else None,
        bar_says=says,
        verdict=_verdict(result.verdict),
        reasons=[_said(reason, names) for reason in result.reasons],
    )


def _target(result: pilots.CriterionResult, names: Mapping[str, str | engine.Names]) -> str:
    """The promise in one sentence."""
    goal, limit = percent(result.goal), standard(result.limit)
    if result.metric == "cycle_time":
        return gettext("At least %(goal)s of the cases closed within %(limit)s", goal=goal, limit=limit)
    if result.metric == "first_response":
        return gettext("At least %(goal)s of the cases answered within %(limit)s", goal=goal, limit=limit)
    if result.metric == "step_sojourn":
        step = pick(names.get(result.step or "")) or result.step
        return gettext("At least %(goal)s of “%(step)s” within %(limit)s", goal=goal, step=step, limit=limit)
    return gettext("At least %(goal)s answered yes", goal=goal)
