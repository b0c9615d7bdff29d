"""What a request has at hand: the settings, the database, one reading of the clock, one transaction at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app, g

import engine
from webapp.passwords import Passwords
from webapp.rate import Rate
from webapp.settings import Settings


@dataclass(frozen=True)
class Edge:
    """Made once by `create_app`; the same for every request of the process."""

    settings: Settings
    database: engine.Engine
    clock: Callable[[], datetime]
    assets: Mapping[str, str]
    passwords: Passwords
    public_rate: Rate
    pack_lock: threading.Lock = field(default_factory=threading.Lock)  # packs are built one at a time: they cost seconds


def edge() -> Edge:
    """The edge of the app that serves this request."""
    found = current_app.extensions["pilotrun"]
    assert isinstance(found, Edge)
    return found


def now() -> datetime:
    """The instant of this request (aware, UTC): read once, so that one page never disagrees with itself."""
    if "now" not in g:
        g.now = edge().clock()
    instant: datetime = g.now
    return instant


@contextmanager
def transaction() -> Iterator[engine.Connection]:
    """The writing transaction of a request. The one place where the web commits: on leaving, and never half."""
    with engine.writing(edge().database) as connection:
        yield connection


@contextmanager
def reading() -> Iterator[engine.Connection]:
    """One consistent look at the database."""
    with engine.reading(edge().database) as connection:
        yield connection
