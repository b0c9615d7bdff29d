"""Whether this installation is well: for load balancers, containers and the person on call."""

from __future__ import annotations

import logging

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

import engine
from webapp.access import public
from webapp.edge import now, reading

pages = Blueprint("health", __name__)
log = logging.getLogger(__name__)


@pages.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """200 while the database answers. The age of the worker's last beat (seconds, null before the first) is told beside it."""
    try:
        with reading() as c:
            beat = engine.heartbeat_at(c)
    except Exception:
        log.exception("the database does not answer")
        return jsonify(status="error", database="unreachable", worker_heartbeat_age_s=None), 503
    age = None if beat is None else max(0, round((now() - beat).total_seconds()))
    return jsonify(status="ok", database="ok", worker_heartbeat_age_s=age)
