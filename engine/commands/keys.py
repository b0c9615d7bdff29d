"""Idempotency keys: a request that is sent twice has its effect once, and gets the same answer again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from engine.errors import BadInput, WrongState
from engine.model import command_key
from engine.prepared import Prepared

LONGEST_KEY = 200
_KEY = Prepared(sa.select(command_key.c.command, command_key.c.result).where(command_key.c.key == sa.bindparam("key")))
_BIND = Prepared(command_key.insert())


def recall(c: Connection, key: str | None, command: str) -> Mapping[str, Any] | None:
    """The result that this key got earlier; None when it is new. A key of another command is refused."""
    if key is None:
        return None
    row = _KEY.run(c, {"key": key}).first()
    if row is None:
        return None
    if row.command != command:
        raise BadInput("This idempotency key was used for something else already.")
    result: Mapping[str, Any] = row.result
    return result


def remember(c: Connection, key: str | None, command: str, result: Mapping[str, Any], now: datetime) -> None:
    """Bind the key to its result. A key that is taken refuses the command, which then rolls back whole."""
    if key is None:
        return
    if not 0 < len(key) <= LONGEST_KEY:
        raise BadInput(f"An idempotency key has 1 to {LONGEST_KEY} characters.")
    try:
        bound = _BIND.run(c, {"key": key, "command": command, "result": dict(result), "at": now})
        assert bound.rowcount == 1  # asked for here: a key that is taken is answered with an error
    except IntegrityError as error:
        raise WrongState("This idempotency key was used already.") from error
