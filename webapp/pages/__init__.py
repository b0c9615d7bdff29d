"""The pages, one module a room. A view reads the request, opens one transaction, asks, and answers."""

from __future__ import annotations

from flask import Flask

from webapp.pages import assets, board, cases, drafts, health, incidents, intake, pilots, sign_in, start, tasks
from webapp.pages.drafts import limit_forms

__all__ = ["install", "limit_forms"]


def install(app: Flask) -> None:
    """Register every page."""
    for module in (assets, health, sign_in, tasks, start, cases, intake, board, incidents, pilots, drafts):
        app.register_blueprint(module.pages)
