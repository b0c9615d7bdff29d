"""The ladder: Chen Jing is reminded, Wang Fang is told, Li Na looks back; each once, each dated when it was due."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.ladder import LADDER, Climb, RungDue, climb, wake_for
from tests.time.hours import at

START = at("2026-03-06 09:00")
RUNGS = tuple(RungDue(r.percent, r.action, r.to, START + timedelta(minutes=r.percent)) for r in LADDER)
REMIND, ESCALATE, LOOK_BACK = RUNGS


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def test_the_ladder_reminds_at_80_escalates_at_100_and_looks_back_at_120_percent() -> None:
    assert [(rung.percent, rung.action, rung.to) for rung in LADDER] == [
        (80, "remind", "assignee"),
        (100, "escalate", "accountable"),
        (120, "look_back", "owner"),
    ]


def test_nothing_happens_before_the_reminder_is_due() -> None:
    assert climb(RUNGS, 0, after(79)) == Climb((), 0, wake_for(REMIND.at))


def test_at_the_deadline_itself_there_is_still_time_and_an_instant_later_there_is_none() -> None:
    assert climb(RUNGS, 1, ESCALATE.at).due == ()
    assert climb(RUNGS, 1, wake_for(ESCALATE.at)) == Climb((ESCALATE,), 2, wake_for(LOOK_BACK.at))


def test_each_rung_comes_out_when_its_time_has_come() -> None:
    rung, seen = 0, list[tuple[int, str]]()
    for minutes in range(0, 140, 10):
        due, rung, next_wake = climb(RUNGS, rung, after(minutes + 0.5))
        seen += [(minutes, climbed.action) for climbed in due]
    assert seen == [(80, "remind"), (100, "escalate"), (120, "look_back")]
    assert next_wake is None


def test_after_a_night_without_a_sweep_the_missed_rungs_come_in_order_dated_when_they_were_due() -> None:
    due, rung, next_wake = climb(RUNGS, 0, after(900))
    assert [(climbed.action, climbed.at) for climbed in due] == [
        ("remind", after(80)),
        ("escalate", after(100)),
        ("look_back", after(120)),
    ]
    assert climb(RUNGS, rung, after(901)) == Climb((), 3, None)
    assert next_wake is None


def test_a_clock_without_rungs_has_nothing_to_climb() -> None:
    assert climb((), 0, after(900)) == Climb((), 0, None)


looks = st.lists(st.integers(0, 200 * 60).map(lambda seconds: START + timedelta(seconds=seconds)), max_size=20).map(sorted)


@given(looks)
def test_however_often_somebody_looks_each_rung_comes_once_and_none_is_missed(looks: list[datetime]) -> None:
    rung, seen = 0, list[RungDue]()
    for now in looks:
        climbed = climb(RUNGS, rung, now)
        seen += climbed.due
        rung = climbed.rung
    assert seen == [each for each in RUNGS if looks and each.at < looks[-1]]


def test_waking_exactly_when_asked_to_always_makes_progress() -> None:
    rung, now, seen = 0, wake_for(REMIND.at), list[RungDue]()
    while True:
        climbed = climb(RUNGS, rung, now)
        assert climbed.due
        seen += climbed.due
        if climbed.next_wake is None:
            break
        rung, now = climbed.rung, climbed.next_wake
    assert tuple(seen) == RUNGS
