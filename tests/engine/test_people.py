"""People, their sessions, and the throttle at the door."""

from __future__ import annotations

from datetime import timedelta

import pytest

import engine
from tests.world import PASSWORD_HASH, World


def test_a_person_brings_posts_departments_and_roles(world: World) -> None:
    """Li Na manages customer service and owns the process."""
    li_na = world.who("li.na")
    assert (li_na.posts, li_na.departments, li_na.roles) == (
        frozenset({"service-manager"}),
        frozenset({"customer-service"}),
        frozenset({"performer", "owner"}),
    )
    assert li_na.may_oversee()
    assert not world.who("chen.jing").may_oversee()


def test_importing_the_organisation_again_changes_nothing(world: World) -> None:
    """A second import neither doubles people nor resets a password."""
    with engine.writing(world.engine) as c:
        engine.import_organisation(c, world.bundle.organisation, password_hash="another", now=world.now)
    with engine.reading(world.engine) as c:
        assert engine.password_hash_of(c, "chen.jing") == PASSWORD_HASH


def test_an_unknown_role_is_refused(world: World) -> None:
    """Rights are a closed list."""
    with pytest.raises(engine.BadInput, match="emperor"), engine.writing(world.engine) as c:
        engine.add_person(c, {"login": "x", "name": {"en": "X", "zh": "X"}, "roles": ["emperor"]}, password_hash=None)


def test_a_session_ends_by_sign_out_expiry_idleness_or_a_new_password(world: World) -> None:
    """A stolen token is worth nothing afterwards."""
    person, hour = world.who("chen.jing").id, timedelta(hours=1)

    def whose(token: str, later: timedelta) -> str | None:
        with engine.reading(world.engine) as c:
            actor = engine.session_actor(c, token, world.now + later, idle=timedelta(hours=2))
        return actor.login if actor else None

    with engine.writing(world.engine) as c:
        for token in ("a", "b"):
            engine.open_session(c, person, token, world.now + 3 * hour, world.now)
        engine.touch_session(c, "b", world.now + 2 * hour)
    assert [whose(token, hour) for token in ("a", "b", "unknown")] == ["chen.jing", "chen.jing", None]
    assert [whose(token, 2.5 * hour) for token in ("a", "b")] == [None, "chen.jing"]
    assert whose("b", 3 * hour) is None

    with engine.writing(world.engine) as c:
        engine.close_session(c, "a")
    assert [whose(token, hour) for token in ("a", "b")] == [None, "chen.jing"]

    with engine.writing(world.engine) as c:
        engine.set_password(c, "chen.jing", "new")
    assert whose("b", hour) is None


def test_five_wrong_passwords_make_the_account_wait_but_lock_nobody_out(world: World) -> None:
    """The wait ends by itself, a success forgets the failures, another account is not touched."""

    def blocked(login: str, later: timedelta = timedelta()) -> bool:
        with engine.reading(world.engine) as c:
            return engine.sign_in_blocked(c, login, "10.0.0.1", world.now + later)

    with engine.writing(world.engine) as c:
        for _ in range(5):
            engine.record_sign_in(c, "chen.jing", "10.0.0.1", False, world.now)
    assert (blocked("chen.jing"), blocked("zhou.min")) == (True, False)
    assert not blocked("chen.jing", timedelta(minutes=6))

    with engine.writing(world.engine) as c:
        engine.record_sign_in(c, "chen.jing", "10.0.0.1", True, world.now)
    assert not blocked("chen.jing")


def test_one_address_that_tries_many_accounts_is_made_to_wait(world: World) -> None:
    """Guessing one password at forty names."""
    with engine.writing(world.engine) as c:
        for n in range(40):
            engine.record_sign_in(c, f"person{n}", "10.0.0.66", False, world.now)
    with engine.reading(world.engine) as c:
        assert engine.sign_in_blocked(c, "chen.jing", "10.0.0.66", world.now)
        assert not engine.sign_in_blocked(c, "chen.jing", "10.0.0.1", world.now)
