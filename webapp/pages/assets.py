"""The front-end bundle, the language switch and the way in."""

from __future__ import annotations

from flask import Blueprint, redirect, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue

from webapp.access import inside, public
from webapp.bundle import DIST
from webapp.edge import edge
from webapp.errors import page
from webapp.language import COOKIE, LOCALES

pages = Blueprint("assets", __name__)
_A_YEAR = 31_536_000


@pages.get("/static/<path:name>")
@public
def file(name: str) -> ResponseReturnValue:
    """A file of the bundle, and nothing that the manifest does not list."""
    if name not in edge().assets:
        return page(404)
    return send_from_directory(DIST, name, max_age=0)


@pages.get("/")
@public
def home() -> ResponseReturnValue:
    """The way in is one's own tasks."""
    return redirect(url_for("tasks.mine"))


@pages.get("/language/<code>")
@public
def language(code: str) -> ResponseReturnValue:
    """Remember the language and go back to where the person was."""
    if code not in LOCALES:
        return page(404)
    response = redirect(inside(request.args.get("next")) or url_for("assets.home"), 303)
    response.set_cookie(COOKIE, code, max_age=_A_YEAR, samesite="Lax", httponly=True, secure=edge().settings.cookie_secure)
    return response
