"""What the log says of each case: spans, answers, ends; nothing open is lost."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilots.errors import BadLog
from pilots.measure import read_cases
from pilots.summary import backlog, case_rows, summarise, week_rows
from pilots.tables import post_rows, spread, state_at, step_rows
from pilots.worktime import WorkTime
from tests.pilots.desk import AGENT, CALENDARS, MONDAY, SUPERVISOR, Desk, hours, minutes, stream

ZHOU = ("zhou.min", "service-agent")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def work() -> WorkTime:
    return WorkTime(CALENDARS, "cn")


def two_steps(desk: Desk) -> str:
    """Chen Jing receives, Wang Fang classifies, Zhou Min receives once more: one complaint of 3 hours."""
    case = desk.open(MONDAY)
    first = desk.offer(case, "receive", MONDAY)
    desk.claim(case, first, "receive", MONDAY + minutes(10))
    desk.complete(case, first, "receive", MONDAY + minutes(25), complete=True)
    second = desk.offer(case, "classify", MONDAY + minutes(25), post=SUPERVISOR[1])
    desk.claim(case, second, "classify", MONDAY + minutes(40), SUPERVISOR)
    desk.complete(case, second, "classify", MONDAY + hours(1), SUPERVISOR)
    third = desk.offer(case, "receive", MONDAY + hours(1))
    desk.claim(case, third, "receive", MONDAY + hours(2), ZHOU)
    desk.complete(case, third, "receive", MONDAY + hours(3), ZHOU, complete=False)
    desk.say("case.completed", MONDAY + hours(3), case=case)
    return case


def test_a_case_is_read_with_its_spans_answers_and_end(desk):
    number = two_steps(desk)
    (case,) = read_cases(desk.log)
    assert (case.number, case.outcome, case.channel, case.rehearsal) == (number, "completed", "staff", False)
    assert case.ended_at == MONDAY + hours(3)
    assert case.due_at == MONDAY + hours(48)
    assert [a.step for a in case.activations] == ["receive", "classify", "receive"]
    assert case.measures == {"receive.complete": False}, "the last answer counts"
    assert case.first_response_at == MONDAY + minutes(10)
    assert case.handovers == 2
    assert case.repeated_steps == ("receive",)


def test_a_step_is_split_into_waiting_and_touch(desk, work):
    two_steps(desk)
    receive, classify = step_rows(read_cases(desk.log), MONDAY + hours(48), work)
    assert (receive.offered, receive.completed, receive.again, receive.share_again) == (2, 2, 1, 0.5)
    assert classify.sojourn.mean_s == 35 * 60
    assert classify.queue_working.mean_s == 15 * 60
    assert classify.touch_working.mean_s == 20 * 60
    assert receive.share_in_time == 0.0, "25 minutes and 2 hours against 15 minutes"


def test_lunch_is_not_working_time(desk, work):
    desk.work(MONDAY + hours(2.5), hours(2))  # 11:30 to 13:30
    (row,) = step_rows(read_cases(desk.log), MONDAY + hours(24), work)
    assert (row.sojourn.mean_s, row.sojourn_working.mean_s) == (7_200, 3_600)


def test_work_done_without_a_claim_has_an_unknown_touch_time_and_not_one_of_zero(desk, work):
    case = desk.open(MONDAY)
    item = desk.offer(case, "receive", MONDAY)
    desk.complete(case, item, "receive", MONDAY + minutes(30))
    (row,) = step_rows(read_cases(desk.log), MONDAY + hours(1), work)
    assert row.sojourn.mean_s == 1_800
    assert row.touch_working is None
    assert row.queue_working is None
    assert read_cases(desk.log)[0].first_response_at == MONDAY + minutes(30)


def test_work_that_was_given_back_waits_again(desk, work):
    """Chen Jing claims for 10 minutes, gives it back for 20, then Zhou Min does it in 5."""
    case = desk.open(MONDAY)
    item = desk.offer(case, "receive", MONDAY)
    desk.claim(case, item, "receive", MONDAY)
    desk.say("item.released", MONDAY + minutes(10), case=case, item=item, step="receive", by=AGENT)
    desk.claim(case, item, "receive", MONDAY + minutes(30), ZHOU)
    desk.complete(case, item, "receive", MONDAY + minutes(35), ZHOU)
    (row,) = step_rows(read_cases(desk.log), MONDAY + hours(1), work)
    assert row.touch_working.mean_s == 15 * 60
    assert row.queue_working.mean_s == 20 * 60


def test_open_work_is_counted_with_its_age_and_is_late_past_its_deadline(desk, work):
    desk.work(MONDAY, None)
    desk.work(MONDAY + minutes(50), None)
    (row,) = step_rows(read_cases(desk.log), MONDAY + hours(1), work)
    assert (row.offered, row.completed, row.open, row.late_open) == (2, 0, 2, 1)
    assert row.oldest_open_s == 3_600
    assert (row.mature, row.share_in_time) == (1, 0.0)
    assert row.sojourn is None


def test_a_withdrawn_item_is_late_only_if_its_deadline_had_passed(desk, work):
    first, second = desk.open(MONDAY), desk.open(MONDAY)
    desk.offer(first, "receive", MONDAY)
    desk.offer(second, "receive", MONDAY)
    desk.cancel(first, MONDAY + minutes(5))
    desk.cancel(second, MONDAY + minutes(20))
    (row,) = step_rows(read_cases(desk.log), MONDAY + hours(1), work)
    assert (row.withdrawn, row.mature, row.in_time) == (2, 1, 0)


def test_a_deadline_met_on_the_very_second_is_met():
    due = MONDAY + hours(48)
    assert state_at(due, due, due, None) == "in_time"
    assert state_at(due, due, due + timedelta(microseconds=1), None) == "late"
    assert state_at(due, due, None, None) == "late", "still open when it is due"
    assert state_at(due - timedelta(microseconds=1), due, None, None) == "not_yet"
    assert state_at(due, None, None, None) == "no_standard"


def test_without_a_calendar_working_times_are_empty_and_the_gap_is_named(desk):
    work = WorkTime({}, "cn")
    desk.work(MONDAY, hours(1))
    (row,) = step_rows(read_cases(desk.log), MONDAY + hours(2), work)
    assert row.sojourn.mean_s == 3_600
    assert row.sojourn_working is None
    assert work.missing == {"there is no working calendar 'cn'"}


def test_what_one_person_holds_at_the_same_time_counts_once(desk, work):
    """Chen Jing holds two items from 9:00 to 11:00: she was busy for two of two hours, not four."""
    for _ in range(2):
        desk.work(MONDAY, hours(2), claimed_after=minutes(0))
    (row,) = post_rows(read_cases(desk.log), MONDAY + hours(2), work)
    assert (row.people, row.completed, row.held_working_s, row.available_s, row.busy) == (1, 2, 7_200, 7_200, 1.0)


def test_quantiles_are_of_type_seven_and_in_whole_seconds():
    row = spread([10, 20, 30, 41])
    assert (row.n, row.mean_s, row.median_s, row.p90_s) == (4, 25, 25, 38)
    assert row.p90_interval_s == (20, None), "four values do not bound a p90 from above"
    assert spread([None, None]) is None
    assert spread([None, 7]).median_s == 7


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60))
def test_quantiles_are_those_of_numpy(values):
    import numpy as np

    row = spread(values)
    assert abs(row.p90_s - np.quantile(values, 0.9)) <= 0.5 + 1e-6
    assert abs(row.median_s - np.quantile(values, 0.5)) <= 0.5 + 1e-6


@given(st.lists(st.tuples(st.integers(0, 500), st.none() | st.integers(0, 500)), min_size=1, max_size=30))
def test_the_backlog_obeys_little(cases):
    """The area under the curve of open cases is the time that all cases spent in the house."""
    desk, end = Desk(), MONDAY + hours(1_000)
    for start, takes in sorted(cases, key=lambda case: case[0]):
        desk.work(MONDAY + hours(start), None if takes is None else hours(takes))
    read = read_cases(desk.log)
    row = backlog(read, end)
    spent = sum(((case.ended_at or end) - case.started_at).total_seconds() for case in read)
    assert row.average == pytest.approx(spent / row.window_s, abs=1e-6)
    assert row.now == sum(case.ended_at is None for case in read)
    assert row.now <= row.most <= len(read)


@given(st.lists(st.sampled_from(["done", "late", "open", "cancelled"]), min_size=1, max_size=25), st.integers(0, 200))
def test_every_case_is_in_exactly_one_place(fates, later):
    """In time, late, not due yet or set aside: the four add up to the cases that came, whatever happened to them."""
    desk = Desk()
    for number, fate in enumerate(fates):
        at = MONDAY + hours(3 * number)
        case = desk.work(at, {"done": hours(5), "late": hours(60)}.get(fate))
        if fate == "cancelled":
            desk.cancel(case, at + hours(1))
    at, work = MONDAY + hours(3 * len(fates) + later), WorkTime(CALENDARS, "cn")
    cases = read_cases(sorted((e for e in desk.log if e.at <= at), key=lambda e: e.seq))
    rows = case_rows(cases, at, work)
    row = summarise(cases, rows, at)
    assert row.in_time + row.late + row.not_yet + row.set_aside == row.started == len(fates)
    assert row.completed + row.cancelled + row.open == row.started
    weeks = week_rows(rows, work.week)
    assert sum(week.started for week in weeks) == row.started
    assert all((later.monday - earlier.monday).days == 7 for earlier, later in pairwise(weeks))


def test_a_week_begins_on_the_local_monday(work):
    """Sunday 23:30 in London is already Monday in Shanghai."""
    assert work.week(MONDAY - hours(1.5)).isoformat() == "2026-03-02"
    assert work.week(MONDAY - hours(9.5)).isoformat() == "2026-02-23"


def test_a_week_without_cases_is_shown_empty(desk, work):
    desk.work(MONDAY, hours(1))
    desk.work(MONDAY + timedelta(weeks=2), hours(1))
    rows = case_rows(read_cases(desk.log), MONDAY + timedelta(weeks=4), work)
    assert [week.started for week in week_rows(rows, work.week)] == [1, 0, 1]


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("item.claimed", "entry 2: item.claimed of item 7 in .*, which was never offered"),
        ("case.started", "entry 2: .* starts a second time"),
    ],
)
def test_a_log_that_is_no_history_is_refused(desk, kind, sentence):
    case = desk.open(MONDAY)
    desk.say(kind, MONDAY, case=case, item=7, step="receive")
    with pytest.raises(BadLog, match=sentence):
        read_cases(desk.log)


def test_an_entry_of_a_case_that_never_started_is_refused(desk):
    desk.say("case.completed", MONDAY, case="CSC-2024-001-00009")
    with pytest.raises(BadLog, match="which never started"):
        read_cases(desk.log)


def test_entries_about_no_case_are_passed_over(desk):
    desk.say("process.deployed", MONDAY, code="CSC-2024-001", version="V1.0", model_sha256="0" * 64)
    stream(desk, [True, False])
    assert len(read_cases(desk.log)) == 2
