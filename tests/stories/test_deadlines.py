"""What time does to a complaint: working hours, the ladder, and a worker that was asleep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

import engine
from tests.world import World

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(world: World, text: str) -> None:
    """Set the clock to a local time in Shanghai without beating the sweep."""
    world.now = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def local(instant: datetime) -> str:
    """How the department reads an instant."""
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def escalated(world: World, case: engine.StartedCase) -> list[tuple[int, str, str]]:
    """The rungs of the log: percent, action, local time at which each was due."""
    return [
        (entry.data["percent"], entry.data["action"], local(entry.at))
        for entry in world.log(case)
        if entry.kind == "clock.escalated" and entry.data["clock"] == "step"
    ]


@pytest.mark.parametrize(
    ("started", "due"),
    [
        ("2026-03-04T10:00", "2026-03-04 10:15"),
        ("2026-03-04T11:50", "2026-03-04 13:35"),  # ten minutes before lunch, five after
        ("2026-03-04T12:30", "2026-03-04 13:45"),  # during lunch
        ("2026-03-04T17:55", "2026-03-05 09:10"),
        ("2026-02-13T17:55", "2026-02-14 09:10"),  # the Saturday before the Spring Festival is worked
        ("2026-02-14T17:55", "2026-02-24 09:10"),  # and then nobody is there for nine days
    ],
)
def test_fifteen_working_minutes_are_counted_as_the_department_works(sqlite_world: World, started: str, due: str) -> None:
    """Lunch, evenings, weekends and holidays do not count; make-up days do."""
    at(sqlite_world, started)

    case = sqlite_world.start()

    deadline = sqlite_world.item(case, "receive").due_at
    assert deadline is not None
    assert local(deadline) == due


def test_a_late_step_climbs_its_ladder_one_rung_at_a_time(world: World) -> None:
    """At 80 % the agents are reminded, at 100 % the supervisor is told, at 120 % the owner looks back."""
    case = world.start()

    def told() -> dict[str, list[int]]:
        with engine.reading(world.engine) as c:
            notices = {
                login: engine.notices_for(c, world.who(login).id) for login in ("chen.jing", "zhou.min", "wang.fang", "li.na")
            }
        return {login: [notice.percent for notice in rows] for login, rows in notices.items() if rows}

    world.later(minutes=12)
    assert told() == {}, "at the instant itself nothing is late yet"
    world.later(seconds=1)
    assert told() == {"chen.jing": [80], "zhou.min": [80]}
    world.later(minutes=3)
    assert told() == {"chen.jing": [80], "zhou.min": [80], "wang.fang": [100]}
    world.later(minutes=3)
    assert told() == {"chen.jing": [80], "zhou.min": [80], "wang.fang": [100], "li.na": [120]}
    world.later(hours=5)

    assert escalated(world, case) == [
        (80, "remind", "2026-03-04 10:12"),
        (100, "escalate", "2026-03-04 10:15"),
        (120, "look_back", "2026-03-04 10:18"),
    ]


def test_only_whoever_claimed_the_step_is_reminded(world: World) -> None:
    """Once Chen Jing has taken it, Zhou Min is left in peace."""
    case = world.start()
    with engine.writing(world.engine) as c:
        engine.claim(c, world.item(case, "receive").item, by=world.who("chen.jing"), now=world.now)

    world.later(minutes=13)

    with engine.reading(world.engine) as c:
        assert len(engine.notices_for(c, world.who("chen.jing").id)) == 1
        assert engine.notices_for(c, world.who("zhou.min").id) == []


def test_a_worker_that_slept_raises_every_missed_rung_once_dated_when_it_was_due(world: World) -> None:
    """An outage neither loses nor doubles nor re-dates an escalation."""
    case = world.start()
    world.later(hours=6, sweep=False)

    world.later(seconds=0)
    world.later(seconds=0)

    assert escalated(world, case) == [
        (80, "remind", "2026-03-04 10:12"),
        (100, "escalate", "2026-03-04 10:15"),
        (120, "look_back", "2026-03-04 10:18"),
    ]
    breached = [entry for entry in world.log(case) if entry.kind == "clock.breached"]
    assert [(local(entry.at), entry.recorded_at) for entry in breached] == [("2026-03-04 10:15", world.now)]


@pytest.mark.parametrize("sweeping", [True, False])
def test_late_work_is_late_whether_or_not_the_worker_ran(world: World, sweeping: bool) -> None:
    """Completing half an hour late gives the same facts about the clock with the sweep and without it."""
    case = world.start()
    world.later(minutes=45, sweep=sweeping)

    world.do(case, "receive")

    clock = [
        (entry.kind, local(entry.at)) for entry in world.log(case) if entry.kind.startswith("clock.") and entry.step == "receive"
    ]
    assert sorted(clock) == [
        ("clock.breached", "2026-03-04 10:15"),
        ("clock.escalated", "2026-03-04 10:12"),
        ("clock.escalated", "2026-03-04 10:15"),
        ("clock.escalated", "2026-03-04 10:18"),
    ]
    assert next(step for step in world.view(case).steps if step.step == "receive").state == "late"


def test_the_deadline_itself_is_still_in_time_and_a_microsecond_later_is_not(world: World) -> None:
    """The edge of a promise is part of the promise."""
    punctual, late = world.start(), world.start()
    world.later(minutes=15)
    world.do(punctual, "receive")
    world.later(microseconds=1, sweep=False)
    world.do(late, "receive")

    ends = {
        case.number: [entry.kind for entry in world.log(case) if entry.kind in ("clock.met", "clock.breached")]
        for case in (punctual, late)
    }
    assert ends == {punctual.number: ["clock.met"], late.number: ["clock.breached"]}


def test_the_case_has_a_clock_of_its_own_that_runs_day_and_night(world: World) -> None:
    """48 hours are elapsed hours: a complaint of Friday evening is late on Sunday evening, and the owner is told."""
    at(world, "2026-03-06T17:00")
    case = world.start()

    world.later(hours=48, seconds=1)

    breached = [entry for entry in world.log(case) if entry.kind == "clock.breached" and entry.data["clock"] == "case"]
    assert [local(entry.at) for entry in breached] == ["2026-03-08 17:00"]
    with engine.reading(world.engine) as c:
        told = [notice.percent for notice in engine.notices_for(c, world.who("li.na").id) if notice.step_name is None]
    assert sorted(told) == [80, 100]


def test_the_owner_acknowledges_and_the_board_shows_who_and_why(world: World) -> None:
    """An escalation is answered by a person with a note, once."""
    case = world.start()
    world.later(minutes=20)
    with engine.reading(world.engine) as c:
        before = engine.board(c, "CSC-2024-001", world.now)
    escalate = next(row for row in before.escalations if row.percent == 100)
    assert [name["en"] for name in escalate.to_names] == ["Wang Fang"]
    assert (before.running, before.breached, before.escalations_open) == (1, 1, 3)

    with engine.writing(world.engine) as c:
        engine.acknowledge(c, escalate.id, "Two agents are ill; I take it", by=world.who("li.na"), now=world.now)

    with engine.reading(world.engine) as c:
        after = engine.board(c, "CSC-2024-001", world.now)
        row = next(row for row in after.escalations if row.id == escalate.id)
        assert engine.notices_for(c, world.who("wang.fang").id) == []
    assert row.acknowledged_by_name is not None
    assert (row.acknowledged_by_name["en"], row.note, after.escalations_open) == ("Li Na", "Two agents are ill; I take it", 2)
    assert world.kinds(case)[-1] == "escalation.acknowledged"


def test_a_date_beyond_the_calendar_leaves_the_work_without_a_clock_and_says_so(sqlite_world: World) -> None:
    """No official days are known for 2027 yet: the step can be done, its clock is an incident, never a guess."""
    at(sqlite_world, "2026-12-31T17:55")

    case = sqlite_world.start()

    assert sqlite_world.item(case, "receive").due_at is None
    reasons = [entry.data["reason"] for entry in sqlite_world.log(case) if entry.kind == "incident.raised"]
    assert reasons == ["calendar missing"]
    sqlite_world.do(case, "receive")
    sqlite_world.now += timedelta(days=4)
    engine.beat(sqlite_world.engine, sqlite_world.now)
