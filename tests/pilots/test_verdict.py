"""Three answers and their reasons: met, not met, not enough evidence; and what follows for the release."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilots.assessment import Assessment, assess
from pilots.plan import Plan
from pilots.reasons import SENTENCES, Reason
from pilots.statistics import boundary
from pilots.verdict import CriterionResult
from tests.pilots.desk import CALENDARS, MONDAY, SUPERVISOR, Desk, hours, minutes, plan_of, satisfied, stream, total


def assessed(plan: Plan, desk: Desk, at: datetime, **changes) -> Assessment:
    return assess(plan, desk.log, changes.pop("calendars", CALENDARS), at, rehearsal=desk.rehearsal)


def keys(result: CriterionResult) -> list[str]:
    return [reason.key for reason in result.reasons]


def story(plan: Plan, good: list[bool], **timing) -> tuple[Desk, datetime]:
    desk = Desk()
    desk.freeze(plan)
    return desk, stream(desk, good, **timing)


# The mature cohort


def test_a_case_that_ended_early_does_not_count_before_its_limit_has_passed():
    """Counting the fast ones first is the bias: after 24 hours nothing is known of a promise of 48."""
    plan = plan_of()
    desk, _ = story(plan, [True] * 5, every=hours(0))
    (early,) = assessed(plan, desk, MONDAY + hours(47)).criteria
    assert (early.n_mature, early.n_not_yet, early.share) == (0, 5, None)
    assert keys(early) == ["no_cases", "not_yet"]
    (mature,) = assessed(plan, desk, MONDAY + hours(48)).criteria
    assert (mature.n_mature, mature.n_good, mature.n_not_yet) == (5, 5, 0)


def test_a_case_that_is_still_open_after_its_limit_is_late():
    plan = plan_of()
    desk, at = story(plan, [True, True, False])
    (result,) = assessed(plan, desk, at).criteria
    assert (result.n_mature, result.n_good, result.n_missed, result.n_open_late) == (3, 2, 1, 1)
    assert Reason("open_late", {"n": 1}) in result.reasons


def test_the_limit_may_be_counted_in_working_time():
    """Friday 17:30 plus 4 working hours is Monday 12:30's other side: 13:30."""
    friday = MONDAY + timedelta(days=4) + hours(8.5)
    plan = plan_of(total(limit="4 working hours"))
    for takes, good in ((hours(68), 1), (hours(69), 0)):
        desk = Desk()
        desk.freeze(plan)
        desk.work(friday, takes)
        (result,) = assessed(plan, desk, friday + timedelta(days=5)).criteria
        assert (result.n_mature, result.n_good) == (1, good), takes


@pytest.mark.parametrize(
    ("mode", "within", "counted"),
    [("separate", True, 2), ("separate", False, 3), ("late", True, 3), ("exclude", True, 2), ("exclude", False, 2)],
)
def test_cancelled_cases_are_counted_as_agreed_and_never_silent(mode, within, counted):
    """A case cancelled after its limit was late by then, however it ended; only `exclude` says otherwise, and lists it."""
    plan = plan_of(total(cancelled=mode))
    desk, _ = story(plan, [True, True])
    case = desk.work(MONDAY, None)
    desk.cancel(case, MONDAY + (hours(3) if within else hours(60)))
    (result,) = assessed(plan, desk, MONDAY + hours(100)).criteria
    assert result.n_mature == counted
    assert result.set_aside == (() if counted == 3 else (case,))
    assert ("set_aside" in keys(result)) == (counted == 2)


def test_a_first_response_is_the_first_claim():
    plan = plan_of(total(id="response", metric="first_response", limit="PT1H"))
    desk = Desk()
    desk.freeze(plan)
    desk.work(MONDAY, hours(40), claimed_after=minutes(60))
    desk.work(MONDAY, hours(40), claimed_after=minutes(61))
    desk.open(MONDAY)
    (result,) = assessed(plan, desk, MONDAY + hours(2)).criteria
    assert (result.n_mature, result.n_good, result.n_open_late) == (3, 1, 1)


def test_a_step_is_judged_by_its_work_items():
    plan = plan_of(total(id="classify-30", metric="step_sojourn", step="classify", limit="30 working minutes"))
    desk = Desk()
    desk.freeze(plan)
    case = desk.open(MONDAY)
    for start, end in ((0, 20), (30, 75), (80, 110)):
        item = desk.offer(case, "classify", MONDAY + minutes(start), post=SUPERVISOR[1])
        desk.claim(case, item, "classify", MONDAY + minutes(start), SUPERVISOR)
        desk.complete(case, item, "classify", MONDAY + minutes(end), SUPERVISOR)
    (result,) = assessed(plan, desk, MONDAY + hours(5)).criteria
    assert (result.n_mature, result.n_good) == (3, 2), "one of the three activations took 45 minutes"


def test_answers_count_when_the_case_is_closed_and_old_enough():
    plan = plan_of(satisfied())
    desk = Desk()
    desk.freeze(plan)
    for answer in (True, True, False):
        desk.work(MONDAY, hours(20), step="feedback", satisfied=answer)
    desk.work(MONDAY, None)
    desk.work(MONDAY, hours(70), step="feedback", satisfied=True)
    (early,) = assessed(plan, desk, MONDAY + hours(47)).criteria
    assert early.n_mature == 0
    (result,) = assessed(plan, desk, MONDAY + hours(50)).criteria
    assert (result.n_mature, result.n_good, result.n_not_yet) == (3, 2, 2)
    (later,) = assessed(plan, desk, MONDAY + hours(70)).criteria
    assert (later.n_mature, later.n_good, later.n_not_yet) == (4, 3, 1)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.none() | st.integers(1, 100)), min_size=1, max_size=25),
    st.integers(0, 450),
    st.integers(0, 200),
)
def test_what_once_counted_counts_the_same_for_ever(cases, first, more):
    """The cohort only grows: no outcome changes and none disappears when one looks later."""
    plan, desk = plan_of(max_cases=None), Desk()
    for start, takes in sorted(cases, key=lambda case: case[0]):
        desk.work(MONDAY + hours(start), None if takes is None else hours(takes))
    (early,) = assessed(plan, desk, MONDAY + hours(first)).criteria
    (late,) = assessed(plan, desk, MONDAY + hours(first + more)).criteria
    assert early.n_mature <= late.n_mature
    assert early.n_good <= late.n_good
    assert early.n_missed <= late.n_missed


# Planned reviews


REVIEWS = (date(2026, 3, 12), date(2026, 3, 20))


def fifty_then(missed: int) -> list[bool]:
    """50 cases that count at the first review of REVIEWS, so many of them missed, at even distances."""
    good = [True] * 60
    for k in range(missed):
        good[7 + 11 * k] = False
    return good


@pytest.mark.parametrize(("missed", "verdict"), [(0, "met"), (1, "not_enough_evidence")])
def test_a_planned_review_is_taken_at_the_exact_boundary(missed, verdict):
    """At 48 of 150 cases not one may be late; with one the boundary is not crossed, though 47 of 48 looks well."""
    plan = plan_of(reviews=REVIEWS)
    desk, _ = story(plan, fifty_then(missed))
    (result,) = assessed(plan, desk, datetime.fromisoformat("2026-03-12T10:00+08:00")).criteria
    (look,) = result.looks
    expected = boundary([look.n], 0.9, 0.05, n_max=150)[0]
    assert (look.most_missed, look.missed) == (expected.most_late, missed) == (0, missed)
    assert result.method == "review"
    assert result.verdict == verdict
    assert result.as_of == datetime.fromisoformat("2026-03-12T00:00+08:00")
    assert (result.lower >= 0.9) == (verdict == "met"), "the bound shown is the one that decides"


def test_what_a_review_decided_stands():
    """Met on 12 March; a week later, after late ones have come, the page still says so and when it was."""
    plan = plan_of(reviews=REVIEWS)
    desk, at = story(plan, [True] * 60 + [False, True] * 4)
    (result,) = assessed(plan, desk, at).criteria
    assert result.verdict == "met"
    assert result.reasons[0].key == "met_at_review"
    assert result.reasons[0].params["date"] == "2026-03-12"


def test_the_answer_of_a_review_is_the_same_at_ten_and_at_five():
    plan = plan_of(reviews=REVIEWS)
    desk, _ = story(plan, fifty_then(0), every=hours(4))
    ten, five = (assessed(plan, desk, datetime.fromisoformat(f"2026-03-12T{hour}:00+08:00")).criteria[0] for hour in (10, 17))
    assert ten == five


def test_a_hopeless_criterion_is_not_met_at_the_first_review():
    plan = plan_of(reviews=REVIEWS)
    desk, _ = story(plan, [True, False] * 30)
    (result,) = assessed(plan, desk, datetime.fromisoformat("2026-03-12T10:00+08:00")).criteria
    assert result.verdict == "not_met"
    assert keys(result)[0] == "not_met_at_review"
    assert result.upper < 0.9


def test_a_review_so_early_that_nothing_could_pass_says_so():
    plan = plan_of(reviews=(date(2026, 3, 6), date(2026, 4, 10)))
    desk, _ = story(plan, [True] * 12)
    (result,) = assessed(plan, desk, datetime.fromisoformat("2026-03-06T10:00+08:00")).criteria
    assert result.verdict == "not_enough_evidence"
    assert {"too_few_to_decide", "next_review"} <= set(keys(result))
    assert result.lower is None
    assert result.looks[0].most_missed is None


def test_the_last_review_may_spend_what_is_left_of_the_risk():
    """Only 54 of 150 planned cases came: at the last review they are judged as all there will be, not as a third."""
    days = (date(2026, 3, 6), date(2026, 3, 12))
    last, more_to_come = plan_of(reviews=days), plan_of(reviews=(*days, date(2026, 5, 8)))
    at = datetime.fromisoformat("2026-03-12T10:00+08:00")
    most = []
    for plan in (last, more_to_come):
        desk, _ = story(plan, fifty_then(0))
        most.append(assessed(plan, desk, at).criteria[0].looks[-1].most_missed)
    assert most == [1, 0]


def test_a_review_that_would_mean_met_is_held_back_by_disagreeing_weeks():
    """All four late ones of 94 came in one week; the boundary alone would let them pass."""
    plan = plan_of(total(tolerance=0.05), reviews=(date(2026, 3, 20),))
    good = [True] * 60 + [False] * 4 + [True] * 60
    at = datetime.fromisoformat("2026-03-20T10:00+08:00")
    desk, _ = story(plan, good)
    (held,) = assessed(plan, desk, at).criteria
    assert held.looks[0].met
    assert held.verdict == "not_enough_evidence"
    assert {"weeks_disagree", "undecided"} & set(keys(held)) == {"weeks_disagree"}


# Evidence between the reviews


def test_between_reviews_the_evidence_decides_and_says_its_odds():
    plan = plan_of(max_cases=None)
    desk, at = story(plan, [True] * 60)
    (result,) = assessed(plan, desk, at).criteria
    assert (result.verdict, result.method) == ("met", "evidence")
    assert result.evidence_for > 20
    assert result.lower > 0.9
    assert keys(result)[0] == "met_by_evidence"


def test_thirty_good_cases_would_do_for_one_planned_look_and_not_for_whoever_looks_every_day():
    plan = plan_of(max_cases=None)
    desk, at = story(plan, [True] * 30)
    (result,) = assessed(plan, desk, at).criteria
    assert result.verdict == "not_enough_evidence"
    assert result.cases_needed == 1
    assert result.lower < 0.9


def test_the_tolerance_is_named_when_it_was_needed():
    plan = plan_of(total(tolerance=0.1), max_cases=None)
    desk, at = story(plan, ([True] * 7 + [False]) * 50)
    (result,) = assessed(plan, desk, at).criteria
    assert result.verdict == "met"
    assert keys(result)[:2] == ["met_by_evidence", "within_tolerance"]
    assert result.share == 0.875


def test_not_enough_evidence_says_how_many_more_cases():
    plan = plan_of(total(tolerance=0.05))
    desk, at = story(plan, [True] * 12 + [False] + [True] * 27)
    (result,) = assessed(plan, desk, at).criteria
    assert result.verdict == "not_enough_evidence"
    assert result.cases_needed is not None
    assert result.cases_needed > 0
    assert "undecided" in keys(result)
    assert 0 < result.chance_met < 1


def test_a_share_right_on_the_goal_can_not_be_decided_by_any_number_of_cases():
    plan = plan_of(max_cases=None)
    desk, at = story(plan, ([True] * 9 + [False]) * 4)
    (result,) = assessed(plan, desk, at).criteria
    assert result.share == 0.9
    assert result.cases_needed is None
    assert "undecided_edge" in keys(result)


def test_a_goal_of_all_cases_can_only_be_refuted():
    plan = plan_of(total(goal=1.0), max_cases=None)
    desk, at = story(plan, [True] * 80)
    (result,) = assessed(plan, desk, at).criteria
    assert result.verdict == "not_enough_evidence"
    assert "unprovable" in keys(result)
    desk.work(at, None)
    (result,) = assessed(plan, desk, at + hours(48)).criteria
    assert result.verdict == "not_met"


# What holds a good figure back


def test_weeks_that_disagree_hold_a_met_back():
    """120 good cases in five weeks, but all nine late ones in the second: they waited in the same queue."""
    weeks = [[True] * 40, [True] * 31 + [False] * 9, [True] * 40, [True] * 40, [True] * 40]
    plan = plan_of(total(goal=0.85), max_cases=None)
    desk, at = story(plan, [good for week in weeks for good in week], every=hours(4.2))
    (result,) = assessed(plan, desk, at).criteria
    assert result.evidence_for > 20
    assert result.verdict == "not_enough_evidence"
    assert "weeks_disagree" in keys(result)
    assert "undecided" not in keys(result), "more cases alone would not help"


def test_too_few_weeks_hold_a_met_back():
    plan = plan_of(total(min_weeks=4), max_cases=None)
    desk, at = story(plan, [True] * 60, every=hours(2))
    (result,) = assessed(plan, desk, at).criteria
    assert result.verdict == "not_enough_evidence"
    assert Reason("too_few_weeks", {"weeks": 1, "wanted": 4}) in result.reasons


def test_customers_who_do_not_answer_hold_a_satisfaction_back():
    plan = plan_of(satisfied(), max_cases=None)
    desk = Desk()
    desk.freeze(plan)
    for number in range(100):
        answers = {"satisfied": True} if number < 70 else {}
        desk.work(MONDAY, hours(5), step="feedback", **answers)
    (result,) = assessed(plan, desk, MONDAY + hours(50)).criteria
    assert (result.n_mature, result.n_good, result.n_unanswered) == (70, 70, 30)
    assert result.verdict == "not_enough_evidence"
    assert "low_response" in keys(result)


def test_customers_who_do_not_answer_can_save_a_bad_satisfaction():
    """20 of 40 said no, 160 said nothing: had they all said yes it would be 90 %."""
    plan = plan_of(satisfied(), max_cases=None)
    desk = Desk()
    desk.freeze(plan)
    for number in range(200):
        desk.work(MONDAY, hours(5), step="feedback", **({"satisfied": number % 2 == 0} if number < 40 else {}))
    (result,) = assessed(plan, desk, MONDAY + hours(50)).criteria
    assert result.evidence_against > 20
    assert result.verdict == "not_enough_evidence"


def test_nobody_answered_at_all():
    plan = plan_of(satisfied())
    desk, at = story(plan, [True] * 12)
    (result,) = assessed(plan, desk, at).criteria
    assert (result.n_mature, result.n_unanswered) == (0, 12)
    assert keys(result) == ["low_response"]


@pytest.mark.parametrize("calendars", [{}, None])
def test_without_a_calendar_there_is_no_verdict_and_the_reason_is_named(calendars):
    plan = plan_of(total(limit="16 working hours"))
    desk, at = story(plan, [True] * 5)
    if calendars is None:  # the calendar ends with 2026
        desk.work(datetime.fromisoformat("2026-12-31T17:00+08:00"), None)
        at, calendars = datetime.fromisoformat("2027-01-15T12:00+08:00"), CALENDARS
    (result,) = assessed(plan, desk, at, calendars=calendars).criteria
    assert result.verdict == "not_enough_evidence"
    assert keys(result) == ["calendar_missing"]
    assert result.n_mature == 0


# What follows


def decision(plan: Plan, desk: Desk, at: datetime) -> tuple[str, list[str]]:
    found = assessed(plan, desk, at).decision
    return found.outcome, [reason.key for reason in found.reasons if reason.key != "busy"]


def test_go_when_every_must_have_is_met():
    plan = plan_of(total(), total(id="nice", limit="PT1H", must=False), max_cases=None)
    desk, at = story(plan, [True] * 60)
    assert decision(plan, desk, at) == ("go", ["all_met"])


def test_no_go_when_one_must_have_is_not_met_whatever_the_others_say():
    plan = plan_of(total(), total(id="one-hour", limit="PT1H"), max_cases=None)
    desk, at = story(plan, [True] * 60)
    assert decision(plan, desk, at) == ("no-go", ["some_not_met"])


def test_extend_when_one_must_have_is_open():
    plan = plan_of(total(), satisfied(), max_cases=None)
    desk, at = story(plan, [True] * 60)
    assert decision(plan, desk, at) == ("extend", ["some_undecided"])


def test_the_risk_of_a_wrong_no_go_is_shared_by_the_must_haves():
    """The same cases: not met when it is the only must-have, not yet when it is one of five."""
    good = ([True] * 4 + [False]) * 7
    alone = plan_of(max_cases=None)
    desk, at = story(alone, good)
    (single,) = assessed(alone, desk, at).criteria
    five = plan_of(*(total(id=f"total-{k}") for k in range(5)), max_cases=None)
    first = assessed(five, desk, at).criteria[0]
    assert (single.upper_level, first.upper_level) == (0.05, 0.01)
    assert first.upper > single.upper
    assert first.lower == single.lower


def test_nothing_is_released_on_a_plan_that_was_not_frozen_first():
    plan = plan_of(max_cases=None)
    desk, late = Desk(), Desk()
    at = stream(desk, [True] * 60)
    assert decision(plan, desk, at) == ("extend", ["all_met", "plan_not_frozen"])
    stream(late, [True] * 60)
    late.freeze(plan, MONDAY + hours(5))
    assert decision(plan, late, at) == ("extend", ["all_met", "plan_not_frozen"])


def test_nothing_is_released_on_a_plan_that_was_changed_after_it_was_frozen():
    desk, at = story(plan_of(total(goal=0.95), max_cases=None), [True] * 60)
    assert decision(plan_of(max_cases=None), desk, at) == ("extend", ["all_met", "plan_changed"])


def test_every_reason_has_its_sentence_in_both_languages():
    """And both name the same figures."""
    import string

    for key, texts in SENTENCES.items():
        named = [{name for _, name, _, _ in string.Formatter().parse(texts[language]) if name} for language in ("en", "zh")]
        assert named[0] == named[1], key
    assert Reason("set_aside", {"n": 3}).text("zh_Hans_CN") == "3 件已取消，不计入，另行列出。"
    assert str(Reason("set_aside", {"n": 3})) == "3 cancelled ones are set aside and listed."
