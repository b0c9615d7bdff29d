"""The public door: a form that anybody may send, and a receipt that tells the number and the state, nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import engine
from webapp import forms, words
from webapp.access import public
from webapp.edge import edge, now, reading, transaction
from webapp.errors import page
from webapp.language import pick
from webapp.pages.start import kept_start, render_intake, start
from webapp.sentences import gettext

pages = Blueprint("intake", __name__)


@pages.get("/intake/<code>")
@public
def form(code: str) -> ResponseReturnValue:
    """The form of a process that is open to the public."""
    return _page(code)


@pages.post("/intake/<code>")
@public
def send(code: str) -> ResponseReturnValue:
    """Take it in, once, if the sender's address has not sent too much lately."""
    if not edge().public_rate.allows(request.remote_addr or "", now()):
        return page(429)
    entered = forms.entered_texts(request.form)
    try:
        with transaction() as c:
            _open_form(c, code)
            started = start(c, code, entered, by=None, channel="public")
    except engine.BadInput as wrong:
        return _page(code, entered, wrong)
    except engine.CannotGoOn as stuck:
        return kept_start(code, entered, stuck, by=None, channel="public")
    return redirect(url_for("intake.receipt", token=started.receipt), 303)


@pages.get("/receipt/<token>")
@public
def receipt(token: str) -> ResponseReturnValue:
    """How far the case behind a receipt is."""
    with reading() as c:
        found = engine.receipt(c, token)
    if found is None:
        return page(404)
    return render_template("receipt.html", receipt=found, state=words.case_state(found.state))


def _open_form(c: engine.Connection, code: str) -> engine.StartForm:
    """A process that is not open to the public looks like none at all. Raises NotFound."""
    about = engine.start_form(c, code)
    if not about.public:
        raise engine.NotFound
    return about


def _page(code: str, entered: Mapping[str, str] | None = None, wrong: engine.BadInput | None = None) -> ResponseReturnValue:
    with reading() as c:
        about = _open_form(c, code)
    return render_intake(
        about,
        entered,
        wrong,
        title=pick((about.schema or {}).get("title")) or pick(about.name),
        lead=gettext("Fields with a star are needed. What you send is read only by the people who work on it."),
        action=gettext("Send"),
    )
