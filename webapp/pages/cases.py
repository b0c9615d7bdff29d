"""One case from all sides: the diagram and its twin in words, what happened, what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import engine
from webapp import words
from webapp.access import actor, needs
from webapp.edge import now, reading, transaction
from webapp.language import pick, span
from webapp.pages.data import parts
from webapp.sentences import gettext

pages = Blueprint("cases", __name__)


@dataclass(frozen=True, slots=True)
class StepLine:
    """One row of the table that says the same as the diagram."""

    name: str
    state: words.Chip
    late: bool
    reached: bool
    times: int
    took: str
    standard: str | None
    item: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    at: datetime
    text: str
    who: str
    late: bool


@pages.get("/cases/<int:case>")
@needs()
def show(case: int) -> ResponseReturnValue:
    """The page of one case."""
    with reading() as c:
        view = engine.case(c, case, actor(), now())
        posts = engine.post_names(c)
    names = {step.step: step.name for step in view.steps}
    return render_template(
        "case.html",
        case=view,
        state=words.case_state(view.state),
        states=_marks(view),
        steps=_steps(view),
        timeline=[_entry(row, posts) for row in view.timeline if not _is_told_elsewhere(row)],
        data=parts(view.data, view.forms, names),
    )


def _marks(view: engine.CaseView) -> list[dict[str, Any]]:
    """What the drawing shows on each step: its state, how often it was passed, and whether the case stands there now."""
    tokens = set(view.tokens)
    return [
        {"step": step.step, "state": step.state, "times": step.times, "token": step.step in tokens}
        for step in view.steps
        if step.state != "untouched"
    ]


def _steps(view: engine.CaseView) -> list[StepLine]:
    may_open = {row.step: row.item for row in view.items if row.post in actor().posts or actor().may_oversee()}
    return [
        StepLine(
            name=step.name,
            state=words.step_state(step.state),
            late=step.state in {"late", "open-late"},
            reached=step.state != "untouched",
            times=step.times,
            took=span(step.sojourn_s) if step.sojourn_s is not None else "–",
            standard=step.standard,
            item=may_open.get(step.step),
        )
        for step in view.steps
    ]


def _is_told_elsewhere(row: engine.TimelineRow) -> bool:
    """A step's clock that stopped in time says nothing that its completion and the table of steps do not say."""
    return row.kind in {"clock.met", "clock.cancelled"} and row.data.get("clock") == "step"


def _entry(row: engine.TimelineRow, posts: dict[str, engine.Names]) -> Entry:
    text = words.event(row.kind, row.step_name or row.step or "", row.data, lambda code: pick(posts.get(code)) or code)
    return Entry(row.at, text, pick(row.person_name), words.is_bad(row.kind, row.data))


@pages.get("/cases/<int:case>/model.bpmn")
@needs()
def model(case: int) -> ResponseReturnValue:
    """The model that the case runs on, as the diagram viewer reads it."""
    with reading() as c:
        view = engine.case(c, case, actor(), now())
    return Response(view.xml, mimetype="application/xml", headers={"Content-Disposition": "inline; filename=model.bpmn"})


@pages.get("/cases/<int:case>/cancel")
@needs()
def back(case: int) -> ResponseReturnValue:
    """Where a reload lands after a refusal."""
    return redirect(url_for("cases.show", case=case))


@pages.post("/cases/<int:case>/cancel")
@needs("owner", "director", "administrator")
def cancel(case: int) -> ResponseReturnValue:
    """End the case with a reason."""
    try:
        with transaction() as c:
            engine.cancel_case(c, case, request.form.get("reason", ""), by=actor(), now=now())
    except engine.BadInput:
        flash(gettext("Say why the case is cancelled."), "bad")
        return redirect(url_for("cases.show", case=case), 303)
    flash(gettext("The case is cancelled. Its open tasks are off every list."), "note")
    return redirect(url_for("cases.show", case=case), 303)
