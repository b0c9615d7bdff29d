"""What a move means for messages: subscriptions follow what the case listens for, what it threw is kept for the sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from engine.message_tables import delivery, message, subscription
from engine.model import cases, process_version
from engine.values import Position, Thrown, Wait

KEPT = timedelta(days=7)
"""How long a message that nobody waits for is kept, unless its sender says otherwise."""

_SUBSCRIBE = subscription.insert()
_UNSUBSCRIBE = subscription.delete().where(
    subscription.c.case_id == sa.bindparam("of_case"), subscription.c.task.in_(sa.bindparam("tasks", expanding=True))
)
# What nobody waited for so far is looked at again at once when somebody begins to wait.
_LOOK_AGAIN = message.update().where(
    message.c.state == "waiting", message.c.kind == "message", message.c.name.in_(sa.bindparam("names", expanding=True))
)
_KEEP = message.insert().returning(message.c.id)
_WAITING = message.update().where(message.c.id == sa.bindparam("message_id"))
_SOURCE = cases.alias("source")
_REHEARSED = sa.select(_SOURCE.c.rehearsal).where(_SOURCE.c.id == sa.bindparam("thrown_by")).scalar_subquery()
_MISSED = (
    sa.select(delivery.c.id)
    .where(delivery.c.message_id == sa.bindparam("of_message"), delivery.c.task == "", delivery.c.state == "missed")
    .limit(1)
)
_LISTENERS = (
    sa.select(subscription.c.case_id)
    .select_from(subscription.join(cases, cases.c.id == subscription.c.case_id))
    .where(
        subscription.c.kind == "signal",
        subscription.c.name == sa.bindparam("heard"),
        cases.c.rehearsal == sa.func.coalesce(_REHEARSED, sa.false()),  # what is rehearsed reaches no real case
    )
    .distinct()
    .order_by(subscription.c.case_id)
)
_IS_REHEARSED = sa.select(cases.c.rehearsal).where(cases.c.id == sa.bindparam("thrown_by"))
_NEWEST = sa.select(sa.func.max(process_version.c.id)).group_by(process_version.c.code)
_STARTERS = sa.select(process_version.c.code).where(
    process_version.c.id.in_(_NEWEST), process_version.c.starts_on == sa.bindparam("starts_on")
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message or signal on its way; `dedupe` is what makes it the same one when it is sent twice."""

    kind: str
    name: str
    key: str | None
    payload: Mapping[str, Any]
    dedupe: str
    source_case: int | None = None


def follow(c: Connection, case_id: int, position: Position, at: datetime) -> None:
    """Make the subscriptions of a case agree with what it listens for; says nothing to the database if nothing changed."""
    if position.disarmed:
        c.execute(_UNSUBSCRIBE, {"of_case": case_id, "tasks": list(position.disarmed)})
    if position.armed:
        c.execute(_SUBSCRIBE, [_row(case_id, wait) for wait in position.armed])
    if names := [wait.name for wait in position.armed if wait.kind == "message"]:
        c.execute(_LOOK_AGAIN, {"names": names, "wake_at": at})


def _row(case_id: int, wait: Wait) -> dict[str, Any]:
    return {"case_id": case_id, "kind": wait.kind, "name": wait.name, "task": wait.task, "key": wait.key}


def forget(c: Connection, case_id: int) -> None:
    """A case that was cancelled listens for nothing any more."""
    c.execute(subscription.delete().where(subscription.c.case_id == case_id))


def letter_of(thrown: Thrown, case_id: int, dedupe: str) -> Letter:
    """What a case threw, to be kept."""
    return Letter(thrown.kind, thrown.name, thrown.key, thrown.payload, dedupe, case_id)


def keep(c: Connection, letter: Letter, at: datetime, keep_for: timedelta = KEPT) -> int:
    """Keep a letter for the sweep; a signal reaches exactly those who listen at this moment. Returns its id."""
    row: dict[str, Any] = {
        "kind": letter.kind,
        "name": letter.name,
        "key": letter.key,
        "payload": dict(letter.payload),
        "dedupe": letter.dedupe,
    }
    row |= {"source_case": letter.source_case, "thrown_at": at, "wake_at": at, "expires_at": at + keep_for, "state": "waiting"}
    message_id = int(c.execute(_KEEP, row).scalar_one())
    if letter.kind == "signal":
        _address(c, message_id, letter)
    return message_id


def _address(c: Connection, message_id: int, letter: Letter) -> None:
    listening = c.execute(_LISTENERS, {"heard": letter.name, "thrown_by": letter.source_case}).all()
    places = [str(row.case_id) for row in listening if row.case_id != letter.source_case]
    if letter.source_case is None or not c.execute(_IS_REHEARSED, {"thrown_by": letter.source_case}).scalar():
        places += [f"start:{code}" for code in starters(c, "signal", letter.name)]
    if not places:
        settle(c, message_id, "delivered")
        return
    c.execute(delivery.insert(), [{"message_id": message_id, "place": place, "task": "", "state": "waiting"} for place in places])


def starters(c: Connection, kind: str, name: str) -> list[str]:
    """The codes of the processes whose newest version begins with this message or signal."""
    return list(c.execute(_STARTERS.order_by(process_version.c.code), {"starts_on": f"{kind} {name}"}).scalars())


def settle(c: Connection, message_id: int, state: str) -> None:
    """A letter that is done with, delivered or expired: what was in it is in the case by now, or nobody's business any more.

    A signal that a case could not take keeps its contents, since it may be tried again.
    """
    done: dict[str, Any] = {"message_id": message_id, "state": state, "wake_at": None}
    missed = c.execute(_MISSED, {"of_message": message_id}).first() if state == "delivered" else None
    c.execute(_WAITING, done if missed else done | {"payload": {}})


def send_again(c: Connection, message_id: int, case_id: int | None, at: datetime) -> None:
    """Look at a letter again that a case could not take, unless it has arrived elsewhere or has expired."""
    at_case = (delivery.c.message_id == message_id, delivery.c.place == str(case_id), delivery.c.task == "")
    again = c.execute(delivery.update().where(*at_case, delivery.c.state == "missed").values(state="waiting")).rowcount
    alive = message.c.state != "expired" if again else message.c.state == "waiting"
    c.execute(message.update().where(message.c.id == message_id, alive).values(state="waiting", wake_at=at))


def put_off(c: Connection, message_id: int, until: datetime) -> None:
    """A letter that is looked at again later."""
    c.execute(_WAITING, {"message_id": message_id, "wake_at": until})
