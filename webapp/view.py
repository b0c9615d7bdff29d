"""What every template has at hand: who is signed in, the rooms they may enter, the addresses of the bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for

from engine import TaskRow
from webapp import words
from webapp.access import person
from webapp.edge import edge, now
from webapp.sentences import gettext

OVERSEERS = ("owner", "director", "reviewer", "administrator")


@dataclass(frozen=True, slots=True)
class Room:
    """One entry of the navigation."""

    title: str
    address: str
    here: bool


def asset(name: str) -> str:
    """The address of a bundle file, with the hash of its content."""
    return url_for("assets.file", name=name, v=edge().assets.get(name))


def rooms() -> list[Room]:
    """Where the person may go, in the order of a working day."""
    found = person()
    if found is None:
        return []
    entries = [
        (gettext("My tasks"), "tasks", "tasks.mine"),
        (gettext("Start a case"), "start", "start.choose"),
        (gettext("SLA board"), "board", "board.first"),
        (gettext("Incidents"), "incidents", "incidents.index"),
        (gettext("Pilots"), "pilots", "pilots.index"),
    ]
    overseer = bool(found.roles & set(OVERSEERS))
    shown = entries if overseer else entries[:2]
    if found.roles & {"owner", "administrator"}:
        shown = [*shown, (gettext("Processes"), "drafts", "drafts.index")]
    return [Room(title, url_for(endpoint), request.blueprint == blueprint) for title, blueprint, endpoint in shown]


def step_name(row: TaskRow) -> str:
    """What a task is called: the name of its step, of a repeated one with its instance."""
    return words.step_name(row.step_name, row.instance, row.of, row.about)


def here() -> str:
    """The address to come back to after switching the language."""
    return request.full_path if request.query_string else request.path


def _context() -> dict[str, Any]:
    zone = edge().settings.time_zone
    return {"person": person(), "rooms": rooms, "here": here, "now": now(), "zone": zone}


def install(app: Flask) -> None:
    """Hand all of it to the templates."""
    app.context_processor(_context)
    app.jinja_env.globals.update(asset=asset)
    app.jinja_env.filters["step_name"] = step_name
