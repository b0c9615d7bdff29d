"""Sending a message or a signal to the cases that wait for it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from engine import messages
from engine.errors import BadInput
from engine.eventlog import Fact, append
from engine.json_values import clean
from engine.message_tables import message
from engine.messages import KEPT, Letter
from engine.people import Actor

LONGEST = 200
_KNOWN = sa.select(message.c.id, message.c.kind, message.c.name).where(message.c.dedupe == sa.bindparam("dedupe"))


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message or signal that is kept for delivery; `again` says that it had been sent before, under the same key."""

    id: int
    again: bool = False


def send_message(
    c: Connection,
    name: str,
    *,
    key: str | None = None,
    payload: Mapping[str, Any] | None = None,
    by: Actor | None,
    now: datetime,
    dedupe: str | None = None,
    keep_for: timedelta = KEPT,
) -> SentMessage:
    """Send a message to one case: the one that waits for `name` and whose number or business key is `key`, or, without a
    key, the only one that waits for it; else it starts a case of the process that begins with it.

    The sweep delivers it. One that nobody waits for is kept for `keep_for`, then it expires. The same `dedupe` again
    sends nothing. Raises BadInput.
    """
    return _send(c, "message", name, key, payload, by, now, dedupe, keep_for)


def send_signal(
    c: Connection,
    name: str,
    *,
    payload: Mapping[str, Any] | None = None,
    by: Actor | None,
    now: datetime,
    dedupe: str | None = None,
) -> SentMessage:
    """Send a signal to every case that listens for it now, and start a case of every process that begins with it."""
    return _send(c, "signal", name, None, payload, by, now, dedupe, KEPT)


def _send(
    c: Connection,
    kind: str,
    name: str,
    key: str | None,
    payload: Mapping[str, Any] | None,
    by: Actor | None,
    now: datetime,
    dedupe: str | None,
    keep_for: timedelta,
) -> SentMessage:
    for what, text in (("name", name), ("key", key), ("idempotency key", dedupe)):
        if text is not None and not 0 < len(text) <= LONGEST:
            raise BadInput(f"The {what} of a {kind} has 1 to {LONGEST} characters.")
    chosen = f"sent:{dedupe}" if dedupe is not None else f"once:{secrets.token_hex(16)}"
    known = c.execute(_KNOWN, {"dedupe": chosen}).first()
    if known is not None:
        if (known.kind, known.name) != (kind, name):
            raise BadInput("This idempotency key was used for something else already.")
        return SentMessage(known.id, again=True)
    message_id = messages.keep(c, Letter(kind, name, key, clean(payload or {}), chosen), now, keep_for)
    append(c, [Fact(f"{kind}.thrown", now, person=by.login if by else None, data={"name": name})], now)
    return SentMessage(message_id)
