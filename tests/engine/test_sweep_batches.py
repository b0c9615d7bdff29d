"""Many clocks in one transaction, still each for itself: a poisoned one steps aside alone, an earlier timer goes first."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

import engine
from engine.model import cases, escalation, sla_clock
from tests.durability.process import BEGINNING, CODE, furnish
from tests.world import World


def _spoil(world: World, case: engine.StartedCase, rungs: list[list[object]]) -> None:
    with engine.writing(world.engine) as c:
        mine = (sla_clock.c.case_id == case.id, sla_clock.c.item_id.is_not(None))
        c.execute(sla_clock.update().where(*mine).values(rungs=rungs))


def test_two_poisoned_clocks_among_thirty_step_aside_and_the_rest_escalate(world: World) -> None:
    """A batch that fails as a whole is done again one by one."""
    started = [world.start() for _ in range(30)]
    for poisoned in (started[3], started[20]):
        _spoil(world, poisoned, [[80, "remind", "assignee", "no instant at all"]])

    world.later(minutes=13, sweep=False)
    done = engine.beat(world.engine, world.now)

    assert (done.clocks, done.poisoned, done.more) == (28, 2, False)
    kinds = Counter(world.kinds(case)[-1] for case in started)
    assert kinds == {"clock.escalated": 28, "incident.raised": 2}


def test_a_value_that_the_database_refuses_is_the_rows_own_trouble(world: World) -> None:
    """Otherwise one bad row would stop every sweep for ever, since the next beat would meet it again."""
    spoiled, healthy = world.start(), world.start()
    _spoil(world, spoiled, [[80, None, "assignee", "2026-03-04T02:12:00.000000Z"]])

    world.later(minutes=13)

    assert world.kinds(spoiled)[-1] == "incident.raised"
    assert world.kinds(healthy)[-1] == "clock.escalated"


def test_a_batch_ends_where_it_was_told_to(sqlite_world: World) -> None:
    """People get their turn after so many rows, however many fit into a transaction."""
    for _ in range(50):
        sqlite_world.start()
    sqlite_world.later(minutes=13, sweep=False)

    beats = [engine.beat(sqlite_world.engine, sqlite_world.now, batch=23) for _ in range(3)]

    assert [(beat.clocks, beat.more) for beat in beats] == [(23, True), (23, True), (4, False)]


@pytest.mark.postgres
def test_two_sweeps_share_what_is_due(pg_world: World) -> None:
    """Each skips what the other holds; together they raise everything once."""
    started = [pg_world.start() for _ in range(60)]
    pg_world.later(minutes=13, sweep=False)

    with ThreadPoolExecutor(2) as threads:
        beats = list(threads.map(lambda _: engine.beat(pg_world.engine, pg_world.now), range(2)))
    engine.beat(pg_world.engine, pg_world.now)

    assert sum(beat.clocks for beat in beats) <= 60
    with engine.reading(pg_world.engine) as c:
        raised = sorted(c.execute(sa.select(escalation.c.case_id)).scalars())
        assert engine.check_log(c).ok
    assert raised == sorted(case.id for case in started)


@pytest.fixture
def rig(database_url: str) -> engine.Engine:
    """A step with a standard of 40 s that a timer takes away after 45 s; Mei started one case and went home."""
    furnish(database_url)
    database = engine.connect(database_url)
    with engine.writing(database) as c:
        engine.start_case(c, CODE, {}, by=engine.actor(c, "mei"), now=BEGINNING)
    return database


def _said_of_look(database: engine.Engine) -> list[tuple[str, object]]:
    with engine.reading(database) as c:
        entries = engine.event_log(c)
    return [(entry.kind, entry.data.get("percent")) for entry in entries if entry.step == "look"][1:]


def test_a_sweep_that_comes_late_climbs_no_rung_of_what_a_timer_had_taken_away(rig: engine.Engine) -> None:
    """80 % at 32 s and 100 % at 40 s were true; 120 % would have been at 48 s, and at 45 s the step was gone."""
    engine.beat(rig, BEGINNING + timedelta(seconds=60))

    assert _said_of_look(rig) == [
        ("clock.escalated", 80),
        ("clock.escalated", 100),
        ("clock.breached", None),
        ("item.withdrawn", None),
    ]
    rig.dispose()


@pytest.mark.postgres
def test_a_clock_waits_for_the_timer_that_was_due_before_it(pg_url: str) -> None:
    """Another sweep holds the case and its timer: the rung of 48 s is not raised behind its back."""
    furnish(pg_url)
    database = engine.connect(pg_url)
    with engine.writing(database) as c:
        started = engine.start_case(c, CODE, {}, by=engine.actor(c, "mei"), now=BEGINNING)
    engine.beat(database, BEGINNING + timedelta(seconds=41))

    with engine.writing(database) as other:
        other.execute(sa.select(cases).where(cases.c.id == started.id).with_for_update(key_share=True))
        held = engine.beat(database, BEGINNING + timedelta(seconds=60))
    freed = engine.beat(database, BEGINNING + timedelta(seconds=60))

    assert (held.clocks, held.timers, held.more) == (0, 0, True)
    assert freed.timers == 1
    assert ("clock.escalated", 120) not in _said_of_look(database)
    database.dispose()
