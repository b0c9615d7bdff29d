"""Timers run on the clock they are given: armed once, fired in the order of their due times, caught up after an outage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.errors import WrongState
from tests.door.paper import HOUR, MORNING, Case

LATE = {"a": "user", "late": "on a PT4H", "chase": "user"}
LATE_FLOWS = ["start a", "a end", "late chase", "chase end"]


def test_an_interrupting_timer_takes_the_step_away_at_its_very_instant():
    case = Case.of(LATE, LATE_FLOWS)
    assert case.at.timer_at == MORNING + 4 * HOUR
    assert case.later(hours=4, seconds=-1).open == ["a"]
    assert case.later(seconds=1).open == ["chase"]
    assert case.passed[-1] == "late"
    assert case.at.timer_at is None
    assert case.do("chase").at.done


def test_a_step_done_in_time_ends_its_timer():
    case = Case.of(LATE, LATE_FLOWS).do("a")
    assert case.at.done
    assert case.at.timer_at is None
    assert case.later(hours=10).passed == ["start", "end"]


def test_looking_fires_nothing():
    case = Case.of(LATE, LATE_FLOWS)
    looked = case.machine.position(case.at.state, MORNING + 100 * HOUR)
    assert looked.state == case.at.state
    assert [item.step for item in looked.items] == ["a"]
    assert looked.timer_at == MORNING + 4 * HOUR


def test_a_person_who_comes_after_the_timer_was_due_is_told_so_even_if_the_sweep_was_not_there_yet():
    case = Case.of(LATE, LATE_FLOWS)
    with pytest.raises(WrongState, match="not open any more"):
        case.machine.complete(case.at.state, case.task("a"), {}, MORNING + 5 * HOUR)
    assert case.later(hours=5).open == ["chase"]


def test_a_reminder_beside_the_step_leaves_it_open():
    case = Case.of({"a": "user", "ring": "aside a PT2H", "call": "user"}, ["start a", "a end", "ring call", "call end"])
    case.later(hours=2)
    assert case.open == ["a", "call"]
    case.do("a")
    assert case.open == ["call"]
    assert case.do("call").at.done


def test_three_reminders_come_one_after_the_other_and_then_no_more():
    case = Case.of({"a": "user", "ring": "aside a R3/PT1H", "call": "user"}, ["start a", "a end", "ring call", "call end"])
    for number in (1, 2, 3):
        assert case.at.timer_at == MORNING + number * HOUR
        case.later(hours=1)
        assert case.open == ["a", *["call"] * number]
    assert case.at.timer_at is None
    assert len({item.task for item in case.at.items}) == 4
    case.later(hours=9)
    assert case.passed.count("ring") == 3
    for _ in range(3):
        case.do("call")
    assert case.do("a").at.done


def test_reminders_missed_in_an_outage_are_caught_up_without_drift():
    case = Case.of({"a": "user", "ring": "aside a R5/PT1H", "call": "user"}, ["start a", "a end", "ring call", "call end"])
    case.later(hours=3, minutes=20)
    assert case.open == ["a", "call", "call", "call"]
    assert case.at.timer_at == MORNING + 4 * HOUR


def test_reminders_stop_when_the_step_is_done_and_those_that_came_stay():
    case = Case.of({"a": "user", "ring": "aside a R5/PT1H", "call": "user"}, ["start a", "a end", "ring call", "call end"])
    case.later(hours=1)
    task = case.task("call")
    case.do("a")
    assert case.open == ["call"]
    assert case.task("call") == task
    assert case.at.timer_at is None


def test_after_an_outage_timers_fire_in_the_order_in_which_they_were_due():
    """The reminder at two hours came before the interruption at three, so it happened; the one at four did not."""
    steps = {"a": "user", "late": "on a PT3H", "ring": "aside a R5/PT2H", "call": "user", "chase": "user"}
    case = Case.of(steps, ["start a", "a end", "late chase", "chase end", "ring call", "call end"])
    case.later(hours=48)
    assert case.open == ["call", "chase"]
    assert case.passed == ["start", "ring", "late"]


def test_waiting_for_an_instant_and_for_a_duration():
    steps = {"day": "wait 2026-03-03T08:00:00+08:00", "more": "wait PT30M", "a": "user"}
    case = Case.of(steps, ["start day", "day more", "more a", "a end"])
    assert case.at.timer_at == datetime(2026, 3, 3, tzinfo=UTC)
    assert case.open == []
    case.later(hours=15)
    assert case.at.timer_at == MORNING + 15 * HOUR + timedelta(minutes=30)
    assert case.later(minutes=30).open == ["a"]


def test_an_instant_that_has_passed_does_not_hold_anyone_up():
    case = Case.of({"day": "wait 2001-01-01T00:00:00Z", "a": "user"}, ["start day", "day a", "a end"])
    assert case.open == ["a"]
    assert case.passed == ["start", "day"]


def test_a_duration_is_elapsed_time_across_a_change_of_the_clocks():
    """Berlin loses an hour in the night of 28 March 2026; twelve hours stay twelve hours."""
    berlin = ZoneInfo("Europe/Berlin")
    case = Case.of({"w": "wait PT12H", "a": "user"}, ["start w", "w a", "a end"])
    evening = datetime(2026, 3, 28, 20, tzinfo=berlin)
    at = case.machine.start({}, evening)
    assert at.timer_at == datetime(2026, 3, 29, 9, tzinfo=berlin).astimezone(UTC)
    assert at.timer_at.tzinfo is UTC


def test_a_timer_at_a_sub_process_ends_everything_in_it():
    inner = ({"b": "user", "c": "user", "s": "and"}, ["sub_start s", "s b", "s c", "b sub_end", "c sub_end"])
    case = Case.of({"sub": inner, "late": "on sub PT1H", "chase": "user"}, ["start sub", "sub end", "late chase", "chase end"])
    assert case.do("b").open == ["c"]
    assert case.later(hours=1).open == ["chase"]
    assert case.do("chase").at.done


def test_timers_inside_a_sub_process_are_seen_from_outside():
    inner = ({"b": "user", "late": "on b PT1H"}, ["sub_start b", "b sub_end", "late sub_end"])
    case = Case.of({"sub": inner, "a": "user"}, ["start sub", "sub a", "a end"])
    assert case.at.timer_at == MORNING + HOUR
    assert case.later(hours=1).open == ["a"]
    assert case.passed == ["start", "sub_start", "late", "sub_end", "sub"]


def test_a_poll_every_five_minutes_goes_on_for_days_at_a_constant_size():
    steps = {"m": "xor", "w": "wait PT5M", "s": "script n = coalesce(s.n, 0) + 1", "x": "xor"}
    case = Case.of(steps, ["start m", "m w", "w s", "s x", "x m: s.n < 1000", "x end: default"])
    for _ in range(999):
        case.later(minutes=5)
        assert len(case.at.state) < 400
    assert not case.at.done
    assert case.later(minutes=5).at.done
    assert case.at.data == {"s": {"n": 1000}}


def test_time_cannot_be_told_without_a_zone():
    case = Case.of(LATE, LATE_FLOWS)
    with pytest.raises(ValueError, match="aware"):
        case.machine.advance(case.at.state, datetime(2026, 3, 2, 9))  # noqa: DTZ001
