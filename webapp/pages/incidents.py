"""What cannot go on by itself: seen, assigned, tried again one by one or together, dismissed with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import engine
from webapp.access import actor, needs
from webapp.edge import now, reading, transaction
from webapp.errors import page
from webapp.sentences import gettext, ngettext
from webapp.view import OVERSEERS

pages = Blueprint("incidents", __name__)
MENDERS = ("owner", "director", "administrator")
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; an empty text narrows nothing."""

    state: str
    kind: str
    code: str
    mine: bool


def kinds() -> dict[str, str]:
    """The kinds of trouble, in words."""
    return {
        "completion": gettext("a step that cannot be completed"),
        "start": gettext("a case that cannot begin"),
        "timer": gettext("a timer that cannot fire"),
        "clock": gettext("a clock that cannot be read"),
        "calendar": gettext("a calendar that ends too early"),
        "recipient": gettext("a post without anybody"),
        "job": gettext("an automated step that fails"),
        "message": gettext("a message that cannot be taken"),
    }


@pages.get("/incidents")
@needs(*OVERSEERS)
def index() -> ResponseReturnValue:
    """The list."""
    chosen = _filters()
    with reading() as c:
        rows = engine.list_incidents(
            c,
            actor(),
            state=chosen.state or None,
            code=chosen.code or None,
            kind=chosen.kind or None,
            assigned_to=actor().login if chosen.mine else None,
        )
        processes = engine.list_processes(c)
    may_mend = bool(actor().roles & set(MENDERS))
    return render_template("incidents.html", rows=rows, kinds=kinds(), filters=chosen, processes=processes, may_mend=may_mend)


def _filters() -> Filters:
    state = request.args.get("state", "open")
    return Filters(
        state=state if state in {"open", "resolved"} else "",
        kind=request.args.get("kind", "") if request.args.get("kind") in kinds() else "",
        code=request.args.get("code", ""),
        mine=request.args.get("mine") == "1",
    )


@pages.post("/incidents")
@needs(*MENDERS)
def act() -> ResponseReturnValue:
    """Try the ticked ones again, take them, or dismiss them with a reason; each has its own result."""
    ticked = request.form.getlist("incident", type=int)[:MOST_AT_ONCE]
    deed = _DEEDS.get(request.form.get("do", ""))
    if deed is None:
        abort(400)
    if not ticked:
        flash(gettext("Tick what you mean first: nothing was done."), "bad")
    told = Counter(_one(deed, number) for number in ticked)
    for failure, count in told.items():
        if failure is not None:
            flash(gettext("%(count)s: %(reason)s", count=count, reason=failure), "bad")
    if done := told[None]:
        flash(ngettext("%(num)s incident is done.", "%(num)s incidents are done.", done), "note")
    return redirect(url_for("incidents.index"), 303)


Deed = Callable[[engine.Connection, int], None]


def _one(deed: Deed, number: int) -> str | None:
    """One incident in a transaction of its own; why not, if not."""
    try:
        with transaction() as c:
            deed(c, number)
    except engine.BadInput as wrong:
        return "; ".join(wrong.fields.values()) if wrong.fields else str(wrong)
    except engine.EngineError as error:
        with transaction() as c:
            engine.count_failure(c, number, error, now=now())
        return str(error)
    return None


def _retry(c: engine.Connection, number: int) -> None:
    engine.retry_incident(c, number, by=actor(), now=now())


def _take(c: engine.Connection, number: int) -> None:
    engine.assign_incident(c, number, actor().login, by=actor(), now=now())


def _dismiss(c: engine.Connection, number: int) -> None:
    if not request.form.get("reason", "").strip():
        raise engine.BadInput(fields={"reason": gettext("Say why nothing has to be done about it.")})
    engine.dismiss_incident(c, number, request.form["reason"], by=actor(), now=now())


_DEEDS: Mapping[str, Deed] = {"retry": _retry, "take": _take, "dismiss": _dismiss}


def kept(report: Callable[[engine.Connection], None]) -> ResponseReturnValue:
    """What to answer when the engine rolled back what a person did: it is reported in a transaction of its own, and kept."""
    with transaction() as c:
        report(c)
    said = gettext(
        "With these answers the process cannot go on as it was drawn. What you entered is kept, and its owner sees why: "
        "you need not enter it again."
    )
    return page(409, detail=said)
