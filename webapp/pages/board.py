"""The owner's board: what runs, what is about to be late, what is late, and what was escalated."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import engine
from webapp.access import actor, inside, needs
from webapp.edge import now, reading, transaction
from webapp.pages.escalations import MISSED, of_board
from webapp.sentences import gettext
from webapp.view import OVERSEERS

pages = Blueprint("board", __name__)
SHOWN_CASES, SHOWN_ESCALATIONS, SHOWN_SEEN, MOST_ROWS = 50, 12, 10, 1_000


@pages.get("/board")
@needs(*OVERSEERS)
def first() -> ResponseReturnValue:
    """The board of the process that was asked for, else of the first one."""
    with reading() as c:
        processes = engine.list_processes(c)
        codes = [process.code for process in processes]
        asked = request.args.get("code")
        code = asked if asked in codes else next(iter(codes), None)
        which = _which(c, code) if code else "real"
        shown = _figures(c, code, which) if code else {}
    return render_template("board.html", processes=processes, code=code, which=which, **shown)


@pages.get("/board/<code>/figures")
@needs(*OVERSEERS)
def figures(code: str) -> ResponseReturnValue:
    """The figures alone, for the page that refreshes itself."""
    which = "rehearsal" if request.args.get("cases") == "rehearsal" else "real"
    with reading() as c:
        shown = _figures(c, code, which)
    return render_template("parts/board_figures.html", which=which, **shown)


def _which(c: engine.Connection, code: str) -> str:
    """Real cases, unless the rehearsal was asked for or is all there is."""
    asked = request.args.get("cases")
    if asked in {"real", "rehearsal"}:
        return asked
    board = engine.board(c, code, now(), rehearsal=False)
    rehearsed = any(row.rehearsal and row.cases for row in engine.list_pilots(c, code))
    return "rehearsal" if rehearsed and not board.running + board.completed else "real"


def _figures(c: engine.Connection, code: str, which: str) -> dict[str, Any]:
    board = engine.board(c, code, now(), rehearsal=which == "rehearsal", limit=MOST_ROWS)
    lines = [of_board(row) for row in board.escalations if row.percent >= MISSED]
    waiting = [line for line in lines if line.acknowledged_at is None]
    return {
        "board": board,
        "open_escalations": waiting[:SHOWN_ESCALATIONS],
        "more_escalations": max(0, len(waiting) - SHOWN_ESCALATIONS),
        "seen_escalations": [line for line in lines if line.acknowledged_at is not None][:SHOWN_SEEN],
        "cases": board.cases[:SHOWN_CASES],
        "more_cases": max(0, board.running - SHOWN_CASES),
        "back": url_for("board.first", code=code, cases=which),
    }


@pages.post("/escalations/<int:escalation>/acknowledge")
@needs()
def acknowledge(escalation: int) -> ResponseReturnValue:
    """Say that it was seen and what is done about it."""
    with transaction() as c:
        engine.acknowledge(c, escalation, request.form.get("note", ""), by=actor(), now=now())
    flash(gettext("The escalation is acknowledged."), "note")
    return redirect(inside(request.form.get("next")) or url_for("tasks.mine"), 303)
