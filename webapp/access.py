"""Who may open which page: every route says so itself, and a route that says nothing is closed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

import engine
from webapp.edge import edge, now, reading, transaction
from webapp.sentences import gettext

View = TypeVar("View", bound=Callable[..., Any])
_ATTRIBUTE = "pilotrun_policy"
_TOUCH_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Policy:
    """`signed_in` False means anybody; `roles` empty means every person who is signed in."""

    signed_in: bool
    roles: frozenset[str] = frozenset()


def public(view: View) -> View:
    """Anybody may ask, signed in or not."""
    setattr(view, _ATTRIBUTE, Policy(signed_in=False))
    return view


def needs(*roles: str) -> Callable[[View], View]:
    """A signed-in person with at least one of `roles`; with none given, every signed-in person."""

    def mark(view: View) -> View:
        setattr(view, _ATTRIBUTE, Policy(signed_in=True, roles=frozenset(roles)))
        return view

    return mark


def policy_of(view: Callable[..., Any] | None) -> Policy | None:
    """What the route says about itself, if anything."""
    found = getattr(view, _ATTRIBUTE, None)
    return found if isinstance(found, Policy) else None


def cookie_name() -> str:
    """`__Host-` binds the cookie to this host and to HTTPS; a browser takes it only with Secure set."""
    return "__Host-pilotrun" if edge().settings.cookie_secure else "pilotrun"


def token_hash(token: str) -> str:
    """What the database keeps of a session token: nobody who reads the table can use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def person() -> engine.Actor | None:
    """Who is asking, if signed in; looked up once a request."""
    if "person" not in g:
        token = request.cookies.get(cookie_name(), "")
        g.person = None
        if token:
            g.person = _known(token_hash(token))
    found: engine.Actor | None = g.person
    return found


def _known(hashed: str) -> engine.Actor | None:
    idle = timedelta(minutes=edge().settings.session_idle_minutes)
    with reading() as c:
        found = engine.session_actor(c, hashed, now(), idle=idle)
        seen_at = engine.session_seen_at(c, hashed)
    # A page that refreshes itself is not a person at work, and a write for every look would be one too many.
    if found and seen_at and now() - seen_at >= _TOUCH_AFTER and not request.headers.get("X-Fragment"):
        with transaction() as c:
            engine.touch_session(c, hashed, now())
    return found


def actor() -> engine.Actor:
    """Who is asking, on a page that only signed-in people reach."""
    found = person()
    if found is None:
        abort(401)
    return found


def guard() -> AnyResponse | None:
    """Runs before every view. An unknown address falls through to the 404 page."""
    if request.endpoint is None:
        return None
    policy = policy_of(current_app.view_functions.get(request.endpoint))
    if policy is None:
        abort(403)
    if not policy.signed_in:
        return None
    found = person()
    if found is None:
        return _to_sign_in()
    if policy.roles and not policy.roles & found.roles:
        abort(403)
    return None


def _to_sign_in() -> AnyResponse:
    if request.headers.get("X-Fragment"):
        return Response(status=401)
    if request.method == "GET":
        here = request.full_path if request.query_string else request.path
        return redirect(url_for("sign_in.form", next=here if here != "/" else None))
    flash(gettext("Your session has ended. Please sign in again; nothing was changed."), "bad")
    return redirect(url_for("sign_in.form"), 303)


def inside(address: str | None) -> str | None:
    """`address` if it is a path of this site, else None: a sign-in link must not lead anywhere else."""
    if not address or not address.startswith("/") or address[1:2] in {"/", "\\"} or any(ord(c) < 33 for c in address):
        return None
    parts = urlsplit(address)
    return None if parts.scheme or parts.netloc else address


def install(app: Flask) -> None:
    """Put the guard before every view."""
    app.before_request(guard)
