"""The clock of a step: how it is armed, and how it ends when Chen Jing is on time, late, or called off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpmn import Standard
from engine.errors import CalendarMissing
from engine.sla import ClockState, Settlement, arm, is_late, settle
from tests.time.hours import at, cn, of

RECEIVE = Standard(of("15 working minutes"), reaction=of("10 working minutes"), calendar="cn")
WHOLE_CASE = Standard(of("PT48H"), calendar="cn")
DUE = at("2026-03-06 10:00")


@dataclass(frozen=True)
class Row:
    """A clock as any room may hold it."""

    state: str = "running"
    due_at: datetime = DUE


def test_a_complaint_received_on_friday_evening_is_due_on_monday_morning() -> None:
    armed = arm(RECEIVE, at("2026-03-06 17:50"), {"cn": cn()})
    assert armed.due_at == at("2026-03-09 09:05")
    assert armed.reaction_due_at == at("2026-03-06 18:00")
    assert [(rung.percent, rung.action, rung.to, rung.at) for rung in armed.rungs] == [
        (80, "remind", "assignee", at("2026-03-09 09:02")),
        (100, "escalate", "accountable", at("2026-03-09 09:05")),
        (120, "look_back", "owner", at("2026-03-09 09:08")),
    ]


def test_the_whole_case_is_timed_in_elapsed_hours_and_needs_no_calendar() -> None:
    armed = arm(WHOLE_CASE, at("2026-02-14 17:00"), {})
    assert armed.due_at == at("2026-02-16 17:00")
    assert armed.reaction_due_at is None
    assert [rung.at - at("2026-02-14 17:00") for rung in armed.rungs] == [
        timedelta(hours=38, minutes=24),
        timedelta(hours=48),
        timedelta(hours=57, minutes=36),
    ]


def test_the_first_look_is_right_after_the_reminder_is_due_and_no_look_is_needed_before() -> None:
    armed = arm(RECEIVE, at("2026-03-06 09:00"), {"cn": cn()})
    assert armed.wake_at == at("2026-03-06 09:12") + timedelta(microseconds=1)


def test_a_standard_on_a_calendar_that_is_not_loaded_is_refused_by_name() -> None:
    with pytest.raises(CalendarMissing, match="15 working minutes is counted on the working calendar 'de', which is not loaded"):
        arm(Standard(of("15 working minutes"), calendar="de"), at("2026-03-06 09:00"), {"cn": cn()})


def test_a_reaction_in_working_time_needs_the_calendar_even_when_the_completion_does_not() -> None:
    with pytest.raises(CalendarMissing, match="10 working minutes"):
        arm(Standard(of("PT4H"), reaction=of("10 working minutes"), calendar="cn"), at("2026-03-06 09:00"), {})


def test_a_look_back_in_a_year_that_nobody_knows_is_refused_when_the_clock_is_armed_and_not_when_it_is_due() -> None:
    with pytest.raises(CalendarMissing, match="120 % of 1 working hour from 2026-12-31 17:00"):
        arm(Standard(of("1 working hour"), calendar="cn"), at("2026-12-31 17:00"), {"cn": cn()})


@pytest.mark.parametrize(
    ("ended", "settlement"),
    [
        (DUE - timedelta(minutes=5), Settlement(ClockState.MET)),
        (DUE, Settlement(ClockState.MET)),
        (DUE + timedelta(microseconds=1), Settlement(ClockState.BREACHED, DUE)),
        (DUE + timedelta(days=3), Settlement(ClockState.BREACHED, DUE)),
    ],
)
def test_done_at_the_deadline_is_done_in_time_and_later_is_late_since_the_deadline(
    ended: datetime, settlement: Settlement
) -> None:
    assert settle(Row(), ended) == settlement


def test_a_late_completion_does_not_heal_a_breach() -> None:
    breached = Row("breached")
    assert settle(breached, DUE + timedelta(hours=1)) == Settlement(ClockState.BREACHED, DUE)
    assert settle(breached, DUE - timedelta(hours=1)) == Settlement(ClockState.BREACHED, DUE)
    assert settle(breached, DUE, cancelled=True) == Settlement(ClockState.BREACHED, DUE)


def test_a_case_withdrawn_in_time_is_cancelled_and_one_withdrawn_late_was_late() -> None:
    assert settle(Row(), DUE - timedelta(hours=1), cancelled=True) == Settlement(ClockState.CANCELLED)
    assert settle(Row(), DUE + timedelta(hours=1), cancelled=True) == Settlement(ClockState.BREACHED, DUE)


def test_a_paused_clock_does_not_run_out() -> None:
    assert settle(Row("paused"), DUE + timedelta(days=1)) == Settlement(ClockState.MET)
    assert settle(Row("paused"), DUE + timedelta(days=1), cancelled=True) == Settlement(ClockState.CANCELLED)


@pytest.mark.parametrize("state", ["met", "cancelled"])
def test_a_clock_that_has_ended_stays_as_it_ended(state: str) -> None:
    assert settle(Row(state), DUE + timedelta(days=1)) == Settlement(ClockState(state))


def test_a_clock_in_an_unknown_state_is_a_mistake_and_not_a_success() -> None:
    with pytest.raises(ValueError, match="stopped"):
        settle(Row("stopped"), DUE)


def test_the_states_are_the_words_of_the_database() -> None:
    assert [str(state) for state in ClockState] == ["running", "paused", "met", "breached", "cancelled"]


ends = st.integers(-(10**7), 10**7).map(lambda microseconds: DUE + timedelta(microseconds=microseconds))


@given(ends, st.booleans())
def test_late_means_breached_whoever_ends_it_and_however_often_it_is_asked(ended: datetime, cancelled: bool) -> None:
    settlement = settle(Row(), ended, cancelled=cancelled)
    assert (settlement.state is ClockState.BREACHED) == is_late(DUE, ended)
    assert settle(Row(settlement.state), ended, cancelled=cancelled) == settlement


@given(st.integers(0, 6 * 24 * 60), st.sampled_from(["15 working minutes", "4 working hours", "2 working days", "PT48H"]))
def test_the_ladder_of_any_standard_begins_after_the_start_and_never_goes_back(minutes: int, completion: str) -> None:
    start = at("2026-03-06 09:00") + timedelta(minutes=minutes)
    armed = arm(Standard(of(completion), calendar="cn"), start, {"cn": cn()})
    instants = [rung.at for rung in armed.rungs]
    assert start < instants[0] < instants[1] < instants[2]
    assert armed.due_at == instants[1]
    assert arm(Standard(of(completion), calendar="cn"), start, {"cn": cn()}) == armed
