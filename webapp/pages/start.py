"""Staff start a case: choose the process, fill in its intake form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import engine
from webapp import forms
from webapp.access import actor, needs
from webapp.edge import now, reading, transaction
from webapp.language import pick
from webapp.pages.incidents import kept
from webapp.sentences import gettext

pages = Blueprint("start", __name__)


@pages.get("/start")
@needs()
def choose() -> ResponseReturnValue:
    """The processes that can be started."""
    with reading() as c:
        processes = engine.list_processes(c)
    return render_template("start.html", processes=processes)


@pages.get("/start/<code>")
@needs()
def form(code: str) -> ResponseReturnValue:
    """The intake form of one process."""
    return _page(code)


@pages.post("/start/<code>")
@needs()
def begin(code: str) -> ResponseReturnValue:
    """Start the case and go to its page."""
    entered = forms.entered_texts(request.form)
    try:
        with transaction() as c:
            started = start(c, code, entered, by=actor(), channel="staff")
    except engine.BadInput as wrong:
        return _page(code, entered, wrong)
    except engine.CannotGoOn as stuck:
        return kept_start(code, entered, stuck, by=actor(), channel="staff")
    flash(gettext("Case %(number)s is open.", number=started.number), "note")
    return redirect(url_for("cases.show", case=started.id), 303)


def kept_start(
    code: str, entered: Mapping[str, str], error: engine.CannotGoOn, *, by: engine.Actor | None, channel: str
) -> ResponseReturnValue:
    """A case that cannot begin: what was sent in is kept for when it can."""

    def report(c: engine.Connection) -> None:
        key = request.form.get("key") or None
        engine.report_failed_start(c, code, _answers(c, code, entered), error, by=by, now=now(), channel=channel, key=key)

    return kept(report)


def start(
    c: engine.Connection, code: str, entered: Mapping[str, str], *, by: engine.Actor | None, channel: str
) -> engine.StartedCase:
    """Read the texts of the intake form and start the case once for this form's key. Raises BadInput by field."""
    answers = _answers(c, code, entered)
    return engine.start_case(c, code, answers, by=by, now=now(), channel=channel, key=request.form.get("key") or None)


def _answers(c: engine.Connection, code: str, entered: Mapping[str, str]) -> dict[str, Any]:
    schema = engine.start_form(c, code).schema
    return engine.read_answers(schema, forms.given_texts(entered), text=True) if schema else {}


def _page(code: str, entered: Mapping[str, str] | None = None, wrong: engine.BadInput | None = None) -> ResponseReturnValue:
    with reading() as c:
        about = engine.start_form(c, code)
    return render_intake(
        about,
        entered,
        wrong,
        lead=f"{pick(about.name)} · {code}",
        action=gettext("Start the case"),
        title=gettext("Start a case"),
    )


def render_intake(
    about: engine.StartForm,
    entered: Mapping[str, str] | None,
    wrong: engine.BadInput | None,
    *,
    title: str,
    lead: str,
    action: str,
) -> ResponseReturnValue:
    """The intake form with what was entered; 422 when something of it was wrong."""
    fields = forms.fields(about.schema, entered or {}, wrong)
    problem = forms.about_the_whole(wrong, fields)
    key = request.form.get("key") or forms.new_key()
    page = render_template("intake.html", title=title, lead=lead, action=action, fields=fields, problem=problem, key=key)
    return page, (422 if wrong else 200)
