"""The sweep: claims what is due, one row at a time, beside others of its kind; a poisoned row steps aside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

import engine
from engine.model import cases, escalation, notice, sla_clock
from tests.world import World


def test_two_sweeps_on_one_database_raise_every_rung_once(world: World) -> None:
    """Twelve late complaints, four sweeps at once: three rungs each, no more, no fewer."""
    started = [world.start() for _ in range(12)]
    world.later(hours=1, sweep=False)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: engine.beat(world.engine, world.now), range(4)))
    engine.beat(world.engine, world.now)

    with engine.reading(world.engine) as c:
        raised = c.execute(sa.select(escalation.c.case_id, escalation.c.percent)).all()
        assert engine.check_log(c).ok
    assert sorted(raised) == sorted((case.id, percent) for case in started for percent in (80, 100, 120))


def test_a_beat_does_at_most_its_batch_and_says_that_there_is_more(sqlite_world: World) -> None:
    """So that people get their turn between beats."""
    for _ in range(5):
        sqlite_world.start()
    sqlite_world.later(hours=1, sweep=False)

    first = engine.beat(sqlite_world.engine, sqlite_world.now, batch=3)
    second = engine.beat(sqlite_world.engine, sqlite_world.now, batch=30)

    assert (first.clocks, first.more) == (3, True)
    assert (second.clocks, second.more) == (2, False)


def test_the_next_wake_is_the_first_instant_at_which_something_happens(sqlite_world: World) -> None:
    """80 % of fifteen working minutes; nothing at all before a case runs."""
    with engine.reading(sqlite_world.engine) as c:
        assert engine.next_wake(c) is None

    sqlite_world.start()

    with engine.reading(sqlite_world.engine) as c:
        assert engine.next_wake(c) == sqlite_world.now + timedelta(minutes=12, microseconds=1)


def test_a_poisoned_clock_steps_aside_and_the_others_go_on(world: World) -> None:
    """Its reason is in the log, it is looked at again in an hour, and the next case escalates as if nothing were."""
    poisoned, healthy = world.start(), world.start()
    with engine.writing(world.engine) as c:
        rungs = [[80, "remind", "assignee", "no instant at all"]]
        c.execute(
            sla_clock.update().where(sla_clock.c.case_id == poisoned.id, sla_clock.c.item_id.is_not(None)).values(rungs=rungs)
        )

    world.later(minutes=13)

    assert world.kinds(poisoned)[-1] == "incident.raised"
    assert world.kinds(healthy)[-1] == "clock.escalated"
    with engine.reading(world.engine) as c:
        wakes = c.execute(
            sa.select(sla_clock.c.wake_at).where(sla_clock.c.case_id == poisoned.id, sla_clock.c.item_id.is_not(None))
        )
        assert wakes.scalar_one() == world.now + timedelta(hours=1)


def test_a_case_whose_state_cannot_be_read_becomes_an_incident(world: World) -> None:
    """The timer of a broken case stops nobody else's."""
    case = world.start()
    world.walk(case, "receive", "classify", "handle")
    with engine.writing(world.engine) as c:
        c.execute(cases.update().where(cases.c.id == case.id).values(blob=b"nonsense"))

    world.later(hours=73)

    assert "incident.raised" in world.kinds(case)
    with engine.reading(world.engine) as c:
        assert c.execute(sa.select(cases.c.incident).where(cases.c.id == case.id)).scalar_one()


def test_the_worker_shows_that_it_is_alive(world: World) -> None:
    """Alive means: a beat was committed, not: a thread exists."""
    world.later(seconds=1)
    with engine.reading(world.engine) as c:
        assert engine.heartbeat_at(c) == world.now


def test_a_clock_that_jumps_back_fires_nothing_twice(world: World) -> None:
    """Forward a day, back, forward again."""
    case = world.start()
    for hours in (24, -24, 24):
        world.later(hours=hours)
    assert [entry.data["percent"] for entry in world.log(case) if entry.kind == "clock.escalated" and entry.step] == [
        80,
        100,
        120,
    ]


@pytest.fixture
def told(world: World) -> World:
    """A world in which two agents are to be reminded."""
    world.start()
    world.later(minutes=13)
    return world


def test_a_notice_is_sent_after_its_cause_was_committed_and_marked_when_accepted(told: World) -> None:
    """Claim, send, mark: what was marked does not come again."""
    with engine.writing(told.engine) as c:
        notices = engine.claim_notices(c, told.now)
    assert [(one.login, one.percent) for one in notices] == [("chen.jing", 80), ("zhou.min", 80)]

    with engine.writing(told.engine) as c:
        engine.mark_sent(c, [one.id for one in notices], told.now)

    told.now += timedelta(days=1)
    with engine.writing(told.engine) as c:
        assert engine.claim_notices(c, told.now) == []


def test_a_sender_that_dies_before_marking_sends_again_with_the_same_key(told: World) -> None:
    """At least once; the receiver can tell a repeat by its key."""
    with engine.writing(told.engine) as c:
        first = engine.claim_notices(c, told.now)
    with engine.writing(told.engine) as c:
        assert engine.claim_notices(c, told.now) == [], "leased to the first sender"

    with engine.writing(told.engine) as c:
        again = engine.claim_notices(c, told.now + timedelta(minutes=3))

    assert [one.key for one in again] == [one.key for one in first]
    with engine.reading(told.engine) as c:
        assert c.execute(sa.select(sa.func.max(notice.c.attempts))).scalar_one() == 2
