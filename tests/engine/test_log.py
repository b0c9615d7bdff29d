"""The event log: nothing can be changed in it without showing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

import engine
from engine.eventlog import fields_of
from engine.model import event, event_head
from tests.world import World


@pytest.fixture
def written(world: World) -> World:
    """A world with one finished complaint."""
    world.walk(world.start(), "receive", "classify", "handle", "feedback", "archive")
    return world


@pytest.mark.parametrize("statement", [event.update().values(person="nobody"), event.delete()])
def test_the_database_itself_refuses_to_change_the_log(written: World, statement: sa.Executable) -> None:
    """A trigger stands guard, whoever asks."""
    with pytest.raises(DBAPIError, match="append-only"), engine.writing(written.engine) as c:
        c.execute(statement)


def without_guard(world: World, statement: sa.Executable) -> engine.LogCheck:
    """What the check says after somebody with the keys of the database has changed something."""
    drop = (
        ["DROP TRIGGER event_no_update", "DROP TRIGGER event_no_delete"]
        if world.engine.dialect.name == "sqlite"
        else ["DROP TRIGGER event_no_change ON event"]
    )
    with engine.writing(world.engine) as c:
        for text in drop:
            c.execute(sa.text(text))
        c.execute(statement)
    with engine.reading(world.engine) as c:
        return engine.check_log(c)


def test_a_whole_log_checks(written: World) -> None:
    """From the first entry to the head."""
    with engine.reading(written.engine) as c:
        check = engine.check_log(c)
    assert (check.ok, check.entries, check.broken_at) == (True, len(written.log()), None)


def test_an_edited_entry_is_named(written: World) -> None:
    """Seven hours earlier would have been in time."""
    check = without_guard(written, event.update().where(event.c.seq == 7).values(recorded_at=written.now - timedelta(hours=7)))
    assert (check.ok, check.broken_at, check.reason) == (False, 7, "entry 7 was changed")


def test_a_missing_entry_is_named(written: World) -> None:
    """An escalation nobody wants to have seen."""
    check = without_guard(written, event.delete().where(event.c.seq == 9))
    assert (check.ok, check.broken_at, check.reason) == (False, 9, "entry 9 is missing")


def test_a_tail_that_was_cut_off_shows(written: World) -> None:
    """The head remembers how long the log was."""
    last = len(written.log())
    check = without_guard(written, event.delete().where(event.c.seq == last))
    assert (check.ok, check.broken_at) == (False, last)


def test_a_head_that_was_moved_shows(written: World) -> None:
    """Nor can the head be turned back alone."""
    with engine.writing(written.engine) as c:
        c.execute(event_head.update().values(seq=3))
    with engine.reading(written.engine) as c:
        assert not engine.check_log(c).ok


def test_the_hash_covers_every_field(written: World) -> None:
    """Changing any one of them gives another hash."""
    entry = written.log()[5]
    changed = [
        replace(entry, seq=entry.seq + 1),
        replace(entry, at=entry.at + timedelta(microseconds=1)),
        replace(entry, recorded_at=entry.recorded_at + timedelta(microseconds=1)),
        replace(entry, kind="item.released"),
        replace(entry, case="CSC-2024-001-00002"),
        replace(entry, item=99),
        replace(entry, step="archive"),
        replace(entry, person="zhou.min"),
        replace(entry, post="legal-counsel"),
        replace(entry, department="sales"),
        replace(entry, data={**entry.data, "more": 1}),
    ]
    hashes = {engine.entry_hash(entry.prev, fields_of(one)) for one in changed}
    assert engine.entry_hash(entry.prev, fields_of(entry)) == entry.hash
    assert len(hashes) == len(changed)
    assert entry.hash not in hashes
