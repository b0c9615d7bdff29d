"""Puts the web application together: settings in, a Flask application out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from engine import Engine, connect
from webapp import access, errors, headers, language, pages, view
from webapp.bundle import read_manifest
from webapp.clock import utc_now
from webapp.edge import Edge
from webapp.passwords import Passwords
from webapp.rate import Rate
from webapp.settings import Settings

MOST_BYTES = 1 << 20  # no form of ours comes near; uploads have a limit of their own


def create_app(settings: Settings, engine: Engine | None = None, clock: Callable[[], datetime] = utc_now) -> Flask:
    """The application. `engine` is the database to use (else `settings.database_url`); its schema must be up to date.

    `clock` gives aware UTC instants: tests turn it by hand.
    """
    app = Flask("webapp", static_folder=None, template_folder="templates")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        SESSION_COOKIE_NAME="__Host-pilotrun-form" if settings.cookie_secure else "pilotrun-form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as the browser's session: forms stay open over lunch
        WTF_CSRF_SSL_STRICT=True,
    )
    app.extensions["pilotrun"] = Edge(
        settings=settings,
        database=engine or connect(settings.database_url),
        clock=clock,
        assets=read_manifest(),
        passwords=Passwords(),
        public_rate=Rate(settings.public_rate_per_minute),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.install(app)
    view.install(app)
    app.before_request(pages.limit_forms)
    CSRFProtect(app)
    access.install(app)
    errors.install(app)
    pages.install(app)
    app.after_request(headers.secure)
    return app
