"""Signing in and out: one token in a cookie, its hash in the database, a new one at every sign-in."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

import engine
from webapp.access import cookie_name, inside, needs, person, public, token_hash
from webapp.edge import edge, now, reading, transaction
from webapp.language import COOKIE
from webapp.sentences import gettext

pages = Blueprint("sign_in", __name__)
_A_YEAR = 31_536_000


@pages.get("/sign-in")
@public
def form() -> ResponseReturnValue:
    """The form; who is signed in already goes on to where they wanted to go."""
    if person() is not None:
        return redirect(inside(request.args.get("next")) or url_for("tasks.mine"))
    return render_template("sign_in.html", login="", problem="", next=inside(request.args.get("next")) or "")


@pages.post("/sign-in")
@public
def enter() -> ResponseReturnValue:
    """Check login and password. Every refusal sounds the same, takes the same time, and counts."""
    login, password = request.form.get("login", "").strip()[:200], request.form.get("password", "")
    goal = inside(request.form.get("next"))
    address = request.remote_addr or ""
    with reading() as c:
        blocked = engine.sign_in_blocked(c, login, address, now())
        stored = None if blocked else engine.password_hash_of(c, login)
    if blocked:
        problem = gettext("Too many attempts failed. Wait five minutes and try again.")
        return render_template("sign_in.html", login=login, problem=problem, next=goal or ""), 429
    # The hash is computed outside any transaction: it takes a tenth of a second, and others want to write.
    fits = edge().passwords.fits(stored, password)
    token = secrets.token_urlsafe(32)
    hours = edge().settings.session_hours
    with transaction() as c:
        engine.record_sign_in(c, login, address, fits, now())
        found = engine.actor(c, login) if fits else None
        if found is not None:
            if old := request.cookies.get(cookie_name()):
                engine.close_session(c, token_hash(old))
            engine.open_session(c, found.id, token_hash(token), now() + timedelta(hours=hours), now())
    if found is None:
        problem = gettext("Login and password do not belong together. Check both and try again.")
        return render_template("sign_in.html", login=login, problem=problem, next=goal or ""), 422
    session.clear()  # a form opened before signing in cannot be sent afterwards
    response = redirect(goal or url_for("tasks.mine"), 303)
    secure = edge().settings.cookie_secure
    response.set_cookie(cookie_name(), token, max_age=hours * 3_600, httponly=True, samesite="Lax", secure=secure, path="/")
    if COOKIE not in request.cookies:
        response.set_cookie(COOKIE, found.locale, max_age=_A_YEAR, httponly=True, samesite="Lax", secure=secure)
    return response


@pages.post("/sign-out")
@needs()
def leave() -> ResponseReturnValue:
    """End the session in the database: a copied cookie is worth nothing afterwards."""
    with transaction() as c:
        engine.close_session(c, token_hash(request.cookies.get(cookie_name(), "")))
    session.clear()
    flash(gettext("You have signed out."), "note")
    response = redirect(url_for("sign_in.form"), 303)
    response.delete_cookie(cookie_name(), path="/", secure=edge().settings.cookie_secure, httponly=True, samesite="Lax")
    return response
