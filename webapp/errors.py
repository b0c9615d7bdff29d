"""What went wrong, in the words of a page: the one place that knows both the engine's errors and HTTP."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

import engine
import pilots
from webapp.sentences import gettext

log = logging.getLogger(__name__)

STATUS: dict[type[engine.EngineError], int] = {
    engine.NotFound: 404,
    engine.NotYours: 403,
    engine.WrongState: 409,
    engine.CalendarMissing: 409,
    engine.CannotGoOn: 409,
    engine.BadInput: 422,
    engine.Refused: 422,
}


@dataclass(frozen=True, slots=True)
class Words:
    """A title, what happened, and what to do now."""

    title: str
    what: str
    next: str


def status_of(error: engine.EngineError) -> int:
    """The status code of an engine error. What is not yours to see is not there to see."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    return 404 if status == 403 and request.method == "GET" else status


def words_for(status: int) -> Words:
    """What the page says for a status."""
    known = {
        400: lambda: Words(
            gettext("This form was not taken"),
            gettext("The page had been open for too long, or was opened before you signed in."),
            gettext("Go back, reload the page and send it again. Nothing was changed."),
        ),
        403: lambda: Words(
            gettext("This is not yours to do"),
            gettext("It belongs to another post or needs another role."),
            gettext("Ask the owner of the process if you think it should be yours. Nothing was changed."),
        ),
        404: lambda: Words(
            gettext("There is nothing here"),
            gettext("The address is wrong, or what it shows is not on your list."),
            gettext("Go to your tasks, or check the address."),
        ),
        405: lambda: Words(
            gettext("This address does not work that way"),
            gettext("It can only be reached from the button on its page."),
            gettext("Go to your tasks and start from there."),
        ),
        409: lambda: Words(
            gettext("Somebody was faster"),
            gettext("This has changed since you opened the page."),
            gettext("Look at it again before you go on. Nothing of yours was changed."),
        ),
        413: lambda: Words(
            gettext("This is too large"),
            gettext("More was sent than a form can hold."),
            gettext("Shorten what you entered and send it again."),
        ),
        422: lambda: Words(
            gettext("Some of this cannot be taken"),
            gettext("What was entered does not fit."),
            gettext("Go back, correct it and send it again. Nothing was changed."),
        ),
        429: lambda: Words(
            gettext("Too many at once"),
            gettext("Many requests came from your address within a minute."),
            gettext("Wait a minute and try again."),
        ),
    }
    return known.get(status, _unexpected)()


def _unexpected() -> Words:
    return Words(
        gettext("Something went wrong here"),
        gettext("It is not your fault, and nothing of what you sent was kept."),
        gettext("Try again in a moment. If it happens again, tell your administrator when it happened."),
    )


def page(status: int, *, detail: str | None = None) -> ResponseReturnValue:
    """The page of an error."""
    if request.path == "/healthz":
        return jsonify(status="error"), status
    if status >= 500:
        g.setdefault("person", None)  # the database may be what failed: do not ask it again who is looking
    return render_template("error.html", status=status, words=words_for(status), detail=detail), status


def _on_engine(error: engine.EngineError) -> ResponseReturnValue:
    status = status_of(error)
    if status == 500:
        log.error("unmapped engine error", exc_info=error)
        return page(500)
    if isinstance(error, engine.CalendarMissing):
        return page(409, detail=gettext("The working calendar does not reach that far. An administrator has to extend it."))
    if isinstance(error, engine.CannotGoOn):
        log.error("case cannot go on", exc_info=error)
        return page(409, detail=gettext("With these answers the process cannot go on as it was drawn. Please tell its owner."))
    return page(status)


def _on_pilot(error: pilots.PilotError) -> ResponseReturnValue:
    log.error("a pilot cannot be judged", exc_info=error)
    return page(409, detail=gettext("The figures of this pilot cannot be computed: %(reason)s", reason=error))


def _on_http(error: HTTPException) -> ResponseReturnValue:
    return page(error.code or 500) if not error.response else error.response


def _on_anything(error: Exception) -> ResponseReturnValue:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return page(500)


def install(app: Flask) -> None:
    """Register the pages. A traceback goes to the log, never to a browser."""
    app.register_error_handler(engine.EngineError, _on_engine)
    app.register_error_handler(pilots.PilotError, _on_pilot)
    app.register_error_handler(CSRFError, _on_http)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(Exception, _on_anything)
