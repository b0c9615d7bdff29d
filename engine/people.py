"""Persons, posts and departments: who holds what, and who may do what. Sign-in sessions live beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from engine.errors import BadInput
from engine.model import department, holding, person, post, sign_in_attempt, web_session
from engine.values import Names

ROLES = frozenset({"performer", "owner", "reviewer", "director", "administrator"})
# The throttle: after this many failures inside the window, an account or an address waits. Never a lock: a colleague
# could otherwise lock somebody out.
FAILURES_ACCOUNT, FAILURES_ADDRESS, WINDOW = 5, 40, timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Actor:
    """The person on whose behalf a command runs."""

    id: int
    login: str
    name: Names
    posts: frozenset[str]
    departments: frozenset[str]
    roles: frozenset[str]
    locale: str = "zh"

    def may_oversee(self) -> bool:
        """Owners, directors, reviewers and administrators see every case; performers see those of their posts."""
        return bool(self.roles & {"owner", "director", "reviewer", "administrator"})


def import_organisation(c: Connection, organisation: Mapping[str, Any], *, password_hash: str | None, now: datetime) -> None:
    """Add the departments, posts and persons of `organisation.yaml` that are not there yet; existing ones are left alone."""
    _insert_missing(
        c,
        department,
        "code",
        [{"code": d["code"], "name": d["name"], "part": d.get("part", "supporting")} for d in organisation["departments"]],
    )
    _insert_missing(
        c,
        post,
        "code",
        [{"code": p["code"], "name": p["name"], "department_code": p["department"]} for p in organisation["posts"]],
    )
    for someone in organisation["persons"]:
        add_person(c, someone, password_hash=password_hash)


def _insert_missing(c: Connection, table: sa.Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    known = set(c.execute(sa.select(table.c[key])).scalars())
    if fresh := [row for row in rows if row[key] not in known]:
        c.execute(table.insert(), fresh)


def add_person(c: Connection, someone: Mapping[str, Any], *, password_hash: str | None) -> int:
    """Add one person with posts and roles; a login that exists keeps what it has. Returns the person's id."""
    if unknown := set(someone.get("roles", ())) - ROLES:
        raise BadInput(f"{someone['login']}: unknown role {', '.join(sorted(unknown))}")
    existing = c.execute(sa.select(person.c.id).where(person.c.login == someone["login"])).scalar()
    if existing is not None:
        return int(existing)
    person_id = c.execute(
        person.insert()
        .values(
            login=someone["login"],
            name=someone["name"],
            roles=sorted(someone.get("roles", ["performer"])),
            locale=someone.get("locale", "zh"),
            password_hash=password_hash,
            active=True,
        )
        .returning(person.c.id)
    ).scalar_one()
    if posts := someone.get("posts"):
        c.execute(holding.insert(), [{"person_id": person_id, "post_code": code} for code in posts])
    return int(person_id)


def set_password(c: Connection, login: str, password_hash: str) -> None:
    """Replace the password and end every session of the person."""
    person_id = c.execute(
        person.update().where(person.c.login == login).values(password_hash=password_hash).returning(person.c.id)
    ).scalar_one()
    c.execute(web_session.delete().where(web_session.c.person_id == person_id))


def anybody(c: Connection) -> bool:
    """Whether there is any person yet."""
    return c.execute(sa.select(person.c.id).limit(1)).scalar() is not None


def actor(c: Connection, login: str) -> Actor | None:
    """The active person with this login."""
    return _actor(c, person.c.login == login)


def actor_by_id(c: Connection, person_id: int) -> Actor | None:
    """The active person with this id."""
    return _actor(c, person.c.id == person_id)


def _actor(c: Connection, condition: sa.ColumnElement[bool]) -> Actor | None:
    rows = c.execute(
        sa.select(
            person.c.id, person.c.login, person.c.name, person.c.roles, person.c.locale, post.c.code, post.c.department_code
        )
        .select_from(
            person.outerjoin(holding, holding.c.person_id == person.c.id).outerjoin(post, post.c.code == holding.c.post_code)
        )
        .where(condition, person.c.active)
    ).all()
    if not rows:
        return None
    first = rows[0]
    return Actor(
        first.id,
        first.login,
        first.name,
        frozenset(row.code for row in rows if row.code),
        frozenset(row.department_code for row in rows if row.department_code),
        frozenset(first.roles),
        first.locale,
    )


def holders(c: Connection, posts: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Post code -> ids of the active persons who hold it."""
    rows = c.execute(
        sa.select(holding.c.post_code, holding.c.person_id)
        .join(person, person.c.id == holding.c.person_id)
        .where(holding.c.post_code.in_(sorted(set(posts))), person.c.active)
        .order_by(holding.c.person_id)
    )
    found: dict[str, tuple[int, ...]] = {}
    for code, person_id in rows:
        found[code] = (*found.get(code, ()), person_id)
    return found


def post_names(c: Connection) -> dict[str, Names]:
    """Every post's name in both languages."""
    return {row.code: row.name for row in c.execute(sa.select(post.c.code, post.c.name))}


def department_names(c: Connection) -> dict[str, Names]:
    """Every department's name in both languages."""
    return {row.code: row.name for row in c.execute(sa.select(department.c.code, department.c.name))}


def password_hash_of(c: Connection, login: str) -> str | None:
    """The stored hash of an active person, or None; the caller spends the same time either way."""
    return c.execute(sa.select(person.c.password_hash).where(person.c.login == login, person.c.active)).scalar()


def open_session(c: Connection, person_id: int, token_hash: str, expires_at: datetime, now: datetime) -> None:
    """Remember a signed-in browser by the hash of its token; the token itself is never stored."""
    c.execute(web_session.delete().where(web_session.c.expires_at <= now))
    c.execute(
        web_session.insert().values(
            token_hash=token_hash, person_id=person_id, created_at=now, seen_at=now, expires_at=expires_at
        )
    )


def session_actor(c: Connection, token_hash: str, now: datetime, *, idle: timedelta | None = None) -> Actor | None:
    """Whose session this is, if it has neither expired nor been idle for too long."""
    row = c.execute(
        sa.select(web_session.c.person_id, web_session.c.seen_at).where(
            web_session.c.token_hash == token_hash, web_session.c.expires_at > now
        )
    ).first()
    if row is None or (idle is not None and row.seen_at + idle <= now):
        return None
    return actor_by_id(c, row.person_id)


def touch_session(c: Connection, token_hash: str, now: datetime) -> None:
    """Say that the session is in use; called at most once a minute or so, since it writes."""
    c.execute(web_session.update().where(web_session.c.token_hash == token_hash).values(seen_at=now))


def session_seen_at(c: Connection, token_hash: str) -> datetime | None:
    """When the session was last touched."""
    return c.execute(sa.select(web_session.c.seen_at).where(web_session.c.token_hash == token_hash)).scalar()


def close_session(c: Connection, token_hash: str) -> None:
    """Sign out: a stolen cookie is worth nothing afterwards."""
    c.execute(web_session.delete().where(web_session.c.token_hash == token_hash))


def sign_in_blocked(c: Connection, login: str, address: str, now: datetime) -> bool:
    """Whether too many attempts failed lately for this account or from this address."""
    recent = sa.and_(sign_in_attempt.c.at > now - WINDOW, sa.not_(sign_in_attempt.c.ok))
    counts = c.execute(
        sa.select(
            sa.func.count().filter(sign_in_attempt.c.login == login),
            sa.func.count().filter(sign_in_attempt.c.address == address),
        ).where(recent, sa.or_(sign_in_attempt.c.login == login, sign_in_attempt.c.address == address))
    ).one()
    return counts[0] >= FAILURES_ACCOUNT or counts[1] >= FAILURES_ADDRESS


def record_sign_in(c: Connection, login: str, address: str, ok: bool, now: datetime) -> None:
    """Remember an attempt; a success forgets the account's earlier failures."""
    c.execute(sign_in_attempt.delete().where(sign_in_attempt.c.at <= now - WINDOW))
    if ok:
        c.execute(sign_in_attempt.delete().where(sign_in_attempt.c.login == login))
    c.execute(sign_in_attempt.insert().values(login=login[:200], address=address[:100], at=now, ok=ok))
