"""Incidents: one per cause, in words, with what people did kept until it can be carried out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

import engine
from engine.model import cases, escalation, holding, incident, sla_clock
from tests.world import CODE, INTAKE, SIMPLE, World, unreadable


def open_incidents(world: World, **filters: Any) -> list[engine.IncidentRow]:
    with engine.reading(world.engine) as c:
        return engine.list_incidents(c, world.who("li.na"), **filters)


def facts(world: World, kind: str) -> list[engine.LogEntry]:
    return [entry for entry in world.log() if entry.kind == kind]


def fail(world: World, case: engine.StartedCase, step: str = "receive", by: str = "chen.jing") -> int:
    """Somebody does a step and hears that the case cannot go on; as the web does it, in two transactions."""
    item, actor = world.item(case, step), world.who(by)
    with engine.writing(world.engine) as c:
        if item.state == "offered":
            engine.claim(c, item.item, by=actor, now=world.now)
    with pytest.raises(engine.CannotGoOn) as said, engine.writing(world.engine) as c:
        engine.complete(c, item.item, SIMPLE[step], by=actor, now=world.now, key="one click")
    with engine.writing(world.engine) as c:
        engine.report_failure(c, item.item, SIMPLE[step], said.value, by=actor, now=world.now, key="one click")
    return item.item


def retry(world: World, row: engine.IncidentRow, by: str = "li.na") -> None:
    with engine.writing(world.engine) as c:
        engine.retry_incident(c, row.id, by=world.who(by), now=world.now)


def test_what_chen_jing_did_is_carried_out_when_the_case_can_go_on(world: World) -> None:
    """She fills in the form once; Li Na tries again after the repair, and the work is Chen Jing's."""
    case = world.start()
    with unreadable(world, case):
        fail(world, case)
        world.later(minutes=1, sweep=False)
        fail(world, case)
    (row,) = open_incidents(world)
    assert (row.kind, row.case_number, row.step, row.times, row.tried_by) == (
        "completion",
        case.number,
        "receive",
        2,
        "chen.jing",
    )
    assert "stored state of this case" in row.reason
    assert world.view(case).incident == row.reason

    retry(world, row)

    assert [item.step for item in world.open_items(case)] == ["classify"]
    assert world.view(case).incident is None
    (done,) = facts(world, "item.completed")
    assert (done.person, done.at) == ("chen.jing", world.now)
    (resolved,) = facts(world, "incident.resolved")
    assert resolved.data["incident"] == row.id
    assert open_incidents(world) == []
    with engine.reading(world.engine) as c:
        assert c.execute(sa.select(incident.c.attempt)).scalar_one() is None, "answers are kept no longer than they are needed"


def test_a_retry_that_fails_again_is_counted_and_changes_nothing_else(world: World) -> None:
    case = world.start()
    with unreadable(world, case):
        fail(world, case)
        (row,) = open_incidents(world)
        before = world.log()
        with pytest.raises(engine.CannotGoOn) as said:
            retry(world, row)
        with engine.writing(world.engine) as c:
            engine.count_failure(c, row.id, said.value, now=world.now)

    (after,) = open_incidents(world)
    assert (after.id, after.times, after.tried_by) == (row.id, 2, "chen.jing")
    assert world.log() == before


def test_a_step_that_is_completed_after_all_closes_its_incident(world: World) -> None:
    """Nobody has to tidy up behind people who simply try again."""
    case = world.start()
    with unreadable(world, case):
        fail(world, case)

    world.do(case, "receive")

    assert open_incidents(world) == []
    assert [entry.data["how"] for entry in facts(world, "incident.resolved")] == ["went on"]


def test_a_case_that_is_cancelled_takes_its_incidents_with_it(world: World) -> None:
    case = world.start()
    with unreadable(world, case):
        fail(world, case)

    with engine.writing(world.engine) as c:
        engine.cancel_case(c, case.id, "Entered twice", by=world.who("li.na"), now=world.now)

    assert open_incidents(world) == []
    assert world.kinds(case)[-2:] == ["case.cancelled", "incident.resolved"]


def test_a_complaint_that_could_not_be_opened_is_not_lost(world: World) -> None:
    """The customer wrote once. Nobody asks again."""
    with engine.writing(world.engine) as c:
        engine.report_failed_start(
            c, CODE, INTAKE, engine.CannotGoOn("The rule of the intake is broken."), by=None, now=world.now, channel="public"
        )
    (row,) = open_incidents(world)
    assert (row.kind, row.code, row.case_number, row.reason) == ("start", CODE, None, "The rule of the intake is broken.")

    retry(world, row)

    with engine.reading(world.engine) as c:
        (started,) = engine.list_cases(c, CODE)
    assert started.subject == INTAKE["subject"]
    assert open_incidents(world) == []


def test_a_timer_that_cannot_fire_waits_until_the_case_is_mended(world: World) -> None:
    """The sweep tries again every hour and says so once; Li Na need not wait for the hour."""
    case = world.start()
    world.walk(case, "receive", "classify", "handle")
    with unreadable(world, case):
        world.later(hours=73)
        world.later(hours=2)
        (row,) = open_incidents(world, kind="timer")
        assert row.times == 2
        assert len(facts(world, "incident.raised")) == 1

    retry(world, row)

    assert [item.step for item in world.open_items(case)] == ["archive"]
    assert open_incidents(world) == []


def test_the_sweep_that_succeeds_later_closes_the_incident_itself(world: World) -> None:
    case = world.start()
    world.walk(case, "receive", "classify", "handle")
    with unreadable(world, case):
        world.later(hours=73)

    world.later(hours=2)

    assert open_incidents(world) == []
    assert [item.step for item in world.open_items(case)] == ["archive"]


def test_a_clock_that_cannot_be_read_is_mended_and_goes_on(world: World) -> None:
    case = world.start()
    mine = (sla_clock.c.case_id == case.id, sla_clock.c.item_id.is_not(None))
    with engine.writing(world.engine) as c:
        rungs = c.execute(sa.select(sla_clock.c.rungs).where(*mine)).scalar_one()
        c.execute(sla_clock.update().where(*mine).values(rungs=[[80, "remind", "assignee", "no instant at all"]]))
    world.later(minutes=13)
    (row,) = open_incidents(world)
    assert row.kind == "clock"
    with engine.writing(world.engine) as c:
        c.execute(sla_clock.update().where(*mine).values(rungs=rungs))

    retry(world, row)

    assert world.kinds(case)[-2:] == ["clock.escalated", "incident.resolved"]
    assert world.view(case).incident is None


def test_escalations_to_a_post_that_nobody_holds_reach_whoever_holds_it_later(world: World) -> None:
    """One incident for the post, however many escalations it missed."""
    wang = world.who("wang.fang")
    with engine.writing(world.engine) as c:
        c.execute(holding.delete().where(holding.c.person_id == wang.id))
    for _ in range(3):
        world.start()
    world.later(minutes=16)
    (row,) = open_incidents(world)
    assert (row.kind, row.times) == ("recipient", 3)
    assert "'service-supervisor'" in row.reason
    with pytest.raises(engine.CannotGoOn, match="nobody holds"):
        retry(world, row)
    with engine.writing(world.engine) as c:
        c.execute(holding.insert(), {"person_id": wang.id, "post_code": "service-supervisor"})

    retry(world, row)

    with engine.reading(world.engine) as c:
        assert len(engine.notices_for(c, wang.id)) == 3
        assert set(c.execute(sa.select(escalation.c.to_post)).scalars()) >= {"service-supervisor"}


def test_a_calendar_that_ends_is_an_incident_of_the_step(sqlite_world: World) -> None:
    """It stays one until the years are loaded, and goes with the step."""
    world = sqlite_world
    world.now = world.now.replace(month=12, day=31, hour=9, minute=55)
    case = world.start()
    (row,) = open_incidents(world)
    assert (row.kind, row.step, row.reason) == ("calendar", "receive", "calendar missing")
    with pytest.raises(engine.CalendarMissing):
        retry(world, row)

    world.do(case, "receive")

    assert {(row.kind, row.step) for row in open_incidents(world)} == {("calendar", "classify")}


def test_incidents_are_assigned_filtered_and_dismissed_with_a_reason(world: World) -> None:
    one, two = world.start(), world.start()
    for case in (one, two):
        with unreadable(world, case):
            fail(world, case)
    second, first = open_incidents(world)
    with engine.writing(world.engine) as c:
        engine.assign_incident(c, first.id, "zhao.lei", by=world.who("li.na"), now=world.now)
        engine.dismiss_incident(c, second.id, "Entered by mistake", by=world.who("admin"), now=world.now)

    assert [row.id for row in open_incidents(world, assigned_to="zhao.lei")] == [first.id]
    assert [row.id for row in open_incidents(world, state="resolved")] == [second.id]
    assert open_incidents(world, kind="timer") == []
    assert [row.case_number for row in open_incidents(world, case_id=one.id)] == [one.number]
    (dismissed,) = facts(world, "incident.resolved")
    assert dismissed.data == {"incident": second.id, "how": "dismissed", "why": "Entered by mistake"}
    assert world.view(two).incident is None
    assert world.view(one).incident is not None
    with engine.reading(world.engine) as c:
        assert engine.check_log(c).ok


@pytest.mark.parametrize("login", ["chen.jing", "sun.hao"])
def test_performers_do_not_look_after_incidents(sqlite_world: World, login: str) -> None:
    world = sqlite_world
    case = world.start()
    with unreadable(world, case):
        fail(world, case)
    (row,) = open_incidents(world)
    with pytest.raises(engine.NotYours):
        retry(world, row, by=login)
    with pytest.raises(engine.NotYours), engine.reading(world.engine) as c:
        engine.list_incidents(c, world.who(login))


def test_bad_input_is_answered_and_nothing_is_written(sqlite_world: World) -> None:
    world, case = sqlite_world, sqlite_world.start()
    li = world.who("li.na")
    with unreadable(world, case):
        item = fail(world, case)
    (row,) = open_incidents(world)
    before = world.log()
    refused: list[tuple[type[engine.EngineError], Any]] = [
        (engine.NotFound, lambda c: engine.retry_incident(c, 999, by=li, now=world.now)),
        (engine.BadInput, lambda c: engine.assign_incident(c, row.id, "nobody", by=li, now=world.now)),
        (engine.BadInput, lambda c: engine.dismiss_incident(c, row.id, "  ", by=li, now=world.now)),
        (engine.NotFound, lambda c: engine.report_failure(c, item, {}, engine.CannotGoOn(), by=li, now=world.now)),
        (engine.NotFound, lambda c: engine.report_failure(c, 999, {}, engine.CannotGoOn(), by=li, now=world.now)),
    ]
    for error, command in refused:
        with pytest.raises(error), engine.writing(world.engine) as c:
            command(c)
    assert world.log() == before
    world.do(case, "receive")
    with pytest.raises(engine.WrongState, match="closed already"):
        retry(world, row)


@pytest.mark.postgres
def test_a_retry_and_a_completion_do_not_lock_each_other_out(pg_world: World) -> None:
    """Both want the case and its incident; whoever comes second waits for the case, holding nothing."""
    world, case = pg_world, pg_world.start()
    with unreadable(world, case):
        item = fail(world, case)
    (row,) = open_incidents(world)
    with ThreadPoolExecutor(1) as pool:
        with engine.writing(world.engine) as c:
            c.execute(sa.select(cases.c.id).where(cases.c.id == case.id).with_for_update(key_share=True))
            retried = pool.submit(retry, world, row)
            while not _somebody_waits(world):
                assert not retried.done()
            engine.complete(c, item, SIMPLE["receive"], by=world.who("chen.jing"), now=world.now)
        with pytest.raises(engine.WrongState, match="closed already"):
            retried.result(20)
    assert open_incidents(world) == []


def _somebody_waits(world: World) -> bool:
    with engine.reading(world.engine) as c:
        return bool(c.execute(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one())
