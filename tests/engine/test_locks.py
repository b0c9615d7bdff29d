"""Locks on PostgreSQL are taken in one order, and none of them stops a row that only refers to what is locked."""

from __future__ import annotations

import threading
import time

import pytest

import engine
from engine.sweep import CLOCKS
from tests.world import World

pytestmark = pytest.mark.postgres


def _wait_until_somebody_waits(database: engine.Engine) -> None:
    give_up = time.monotonic() + 10
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while time.monotonic() < give_up:
        with engine.reading(database) as c:
            if c.exec_driver_sql(waiting).scalar_one():
                return
    raise AssertionError("nobody waits")


def test_cancelling_a_case_and_sweeping_its_clocks_do_not_wait_for_each_other(pg_world: World) -> None:
    """The sweep holds a clock that Li Na's cancellation wants; its escalation refers to the case that the cancellation holds."""
    case = pg_world.start()
    errors: list[Exception] = []
    pg_world.later(minutes=13, sweep=False)
    li_na = pg_world.who("li.na")

    def cancel() -> None:
        try:
            with engine.writing(pg_world.engine) as c:
                engine.cancel_case(c, case.id, "Entered twice", by=li_na, now=pg_world.now)
        except Exception as error:
            errors.append(error)

    cancelling = threading.Thread(target=cancel)
    with engine.writing(pg_world.engine) as c:
        claimed = CLOCKS.claim(c, pg_world.now, 20)
        cancelling.start()
        _wait_until_somebody_waits(pg_world.engine)
        CLOCKS.act(c, claimed, pg_world.now)
    cancelling.join(20)

    assert errors == []
    kinds = pg_world.kinds(case)
    assert kinds.index("clock.escalated") < kinds.index("item.withdrawn") < kinds.index("case.cancelled")
