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
from webapp.pages.data import Part, parts
from webapp.sentences import gettext

pages = Blueprint("cases", __name__)
_PRESSING = ("open-late", "open", "late", "done", "untouched")


@dataclass(frozen=True, slots=True)
class Inner:
    """A called process with what its drawing shows."""

    about: engine.CalledView
    states: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class StepLine:
    """One row of the table that says the same as the diagram."""

    name: str
    process: str
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
    return render_template(
        "case.html",
        case=view,
        state=words.case_state(view.state),
        states=_marks(view),
        called=[Inner(one, _marks(view, one.path)) for one in view.called if one.data is not None],
        steps=_steps(view),
        timeline=[_entry(row, posts) for row in view.timeline if not _is_told_elsewhere(row)],
        data=parts(view.data, view.forms, view.step_names) + [part for one in view.called for part in _parts_of(one)],
    )


def _parts_of(one: engine.CalledView) -> list[Part]:
    """What a called process holds, under its name."""
    return [Part(f"{one.name} · {part.title}", part.answers) for part in parts(one.data or {}, one.forms, one.step_names)]


def _marks(view: engine.CaseView, path: str = "") -> list[dict[str, Any]]:
    """What a drawing shows on each step: its state, how often it was passed, and whether the case stands there now.

    `path` is that of the called process whose drawing it is. A call shows the most pressing of what happens inside it.
    """
    inside: dict[str, list[engine.StepState]] = {}
    for step in view.steps:
        if step.step.startswith(path) and step.state != "untouched":
            inside.setdefault(step.step.removeprefix(path).partition("/")[0], []).append(step)
    return [
        {
            "step": node,
            "state": min((step.state for step in steps), key=_PRESSING.index),
            "times": steps[0].times if steps[0].step == path + node else 0,
            "token": any(token == path + node or token.startswith(f"{path}{node}/") for token in view.tokens),
        }
        for node, steps in inside.items()
    ]


def _steps(view: engine.CaseView) -> list[StepLine]:
    called = {one.code: one.name for one in view.called}
    may_open = {row.step: row.item for row in view.items if row.post in actor().posts or actor().may_oversee()}
    return [
        StepLine(
            name=step.name,
            process=called.get(step.process or "", ""),
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
    step = words.step_name(row.step_name or row.step or "", row.instance, row.of, row.about)
    text = words.event(row.kind, step, row.data, lambda code: pick(posts.get(code)) or code)
    return Entry(row.at, text, pick(row.person_name), words.is_bad(row.kind, row.data))


@pages.get("/cases/<int:case>/model.bpmn")
@needs()
def model(case: int) -> ResponseReturnValue:
    """The model that the case runs on, or that of a process it calls, as the diagram viewer reads it."""
    call = request.args.get("call", "")
    with reading() as c:
        view = engine.case(c, case, actor(), now())
    drawn = {"": view.xml} | {one.call: one.xml for one in view.called}
    if call not in drawn:
        raise engine.NotFound("The case calls no such process.")
    return Response(drawn[call], mimetype="application/xml", headers={"Content-Disposition": "inline; filename=model.bpmn"})


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
