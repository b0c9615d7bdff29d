"""Named points at which a process of the rig dies: told by an environment variable that nothing outside the rig reads.

`RIG_CRASHES="statement=0.001 before_commit=0.01 after_commit=0.01 sent=0.02"`: the probability at each passing.
"""

from __future__ import annotations

import os
import random
import signal
from typing import Any

import sqlalchemy as sa

import engine

VARIABLE = "RIG_CRASHES"
POINTS = ("statement", "before_commit", "after_commit", "sent")


class Crashes:
    """Dies by SIGKILL, as if the power had gone: no handler runs, nothing is flushed or rolled back by us."""

    def __init__(self, chance: random.Random) -> None:
        told = (word.split("=") for word in os.environ.get(VARIABLE, "").split())
        self._odds = {point: float(odds) for point, odds in told}
        assert self._odds.keys() <= set(POINTS), self._odds
        self._chance = chance

    def at(self, point: str) -> None:
        """Pass a point, or not."""
        if self._chance.random() < self._odds.get(point, 0.0):
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, database: engine.Engine) -> None:
        """Before any statement, before a commit is sent, after it came back."""
        committed: set[int] = set()

        def committing(connection: sa.Connection) -> None:
            self.at("before_commit")
            committed.add(id(connection.connection.dbapi_connection))

        def returned(dbapi_connection: Any, *_rest: object) -> None:
            if id(dbapi_connection) in committed:
                committed.discard(id(dbapi_connection))
                self.at("after_commit")

        sa.event.listen(database, "before_cursor_execute", lambda *_: self.at("statement"))
        sa.event.listen(database, "commit", committing)
        sa.event.listen(database, "reset", returned)
