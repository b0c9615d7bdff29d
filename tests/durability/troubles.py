"""What happens to the database itself during a run: its server crashes, its disk is full for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

import engine

_FULL_FOR = 0.6  # seconds
_NO_LIMIT = 1_073_741_823


class Troubled(Protocol):
    """The part of a plan that says how often."""

    @property
    def crashes_every(self) -> float: ...

    @property
    def full_every(self) -> float: ...


class Troubles:
    """Comes and goes in the rhythm of a plan."""

    def __init__(self, plan: Troubled, folder: Path, crash: Callable[[], None] | None) -> None:
        assert (crash is not None) or not plan.crashes_every, "a server is needed that may crash"
        self._plan, self._crash, self._mark = plan, crash, folder / "disk-is-full"
        now = time.monotonic()
        self._next_crash, self._turn = now + plan.crashes_every, now + plan.full_every

    def come(self) -> int:
        """Do what is due; returns the number of crashes, one or none."""
        now = time.monotonic()
        if self._plan.full_every and now > self._turn:
            if self._mark.exists():
                self.go()
                self._turn = now + self._plan.full_every
            else:
                self._mark.touch()
                self._turn = now + _FULL_FOR
        if self._crash is None or now < self._next_crash or not self._plan.crashes_every:
            return 0
        self._crash()
        self._next_crash = time.monotonic() + self._plan.crashes_every
        return 1

    def go(self) -> None:
        """There is room again."""
        self._mark.unlink(missing_ok=True)


def suffer(database: engine.Engine, folder: Path) -> None:
    """While the disk is full, a file of SQLite grows no more: not by one page beyond what it is."""
    mark = folder / "disk-is-full"
    if database.dialect.name != "sqlite":
        return

    @sa.event.listens_for(database, "checkout")
    def _limit(connection: Any, *_rest: object) -> None:
        # A limit below the size that a file has already means exactly that size.
        connection.execute(f"PRAGMA max_page_count = {1 if mark.exists() else _NO_LIMIT}").fetchall()
