"""The numbers of the go/no-go against the tables in statistics.md and against scipy.stats."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pilots.statistics import (
    all_good,
    anytime_lower,
    anytime_upper,
    boundary,
    cases_for,
    chance_met,
    evidence,
    evidence_against,
    good_in_a_row,
    lower_bound,
    most_late,
    power,
    quantile_interval,
    spent,
    tail,
    upper_bound,
    weeks_agree,
    wilson,
)

REVIEWS = (25, 50, 75, 100, 125, 150)
counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.sampled_from([0.01, 0.025, 0.05, 0.1])


@given(counts, levels)
def test_the_exact_bounds_are_those_of_scipy(count, alpha):
    good, n = count
    theirs = stats.binomtest(good, n, alternative="greater").proportion_ci(1 - alpha, method="exact")
    assert lower_bound(good, n, alpha) == pytest.approx(theirs.low, abs=1e-9)
    theirs = stats.binomtest(good, n, alternative="less").proportion_ci(1 - alpha, method="exact")
    assert upper_bound(good, n, alpha) == pytest.approx(theirs.high, abs=1e-9)


@given(counts)
def test_the_interval_for_display_is_wilsons(count):
    good, n = count
    theirs = stats.binomtest(good, n).proportion_ci(0.95, method="wilson")
    assert wilson(good, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@given(counts, levels, st.floats(0.05, 0.99))
def test_bound_and_test_say_the_same(count, alpha, p0):
    """The lower bound lies above p0 exactly when so many good cases have a probability below alpha under p0."""
    good, n = count
    chance = tail(good, n, p0)
    if not math.isclose(chance, alpha, rel_tol=1e-9):
        assert (lower_bound(good, n, alpha) > p0) == (chance < alpha)


@pytest.mark.parametrize(
    ("p0", "most"),
    [(0.90, (None, 0, 2, 4, 5, 7)), (0.85, (None, 2, 5, 7, 10, 13))],
    ids=["strict", "five points tolerance"],
)
def test_the_table_on_the_wall_for_planned_reviews(p0, most):
    assert tuple(look.most_late for look in boundary(REVIEWS, p0, 0.05)) == most


@pytest.mark.parametrize(
    ("goal", "table"),
    [
        (0.90, {30: 0, 40: 0, 50: 1, 60: 1, 80: 3, 100: 4, 120: 6, 150: 8, 200: 12}),
        (0.85, {30: 1, 50: 3, 60: 4, 100: 8, 150: 15}),
        (0.95, {60: 0, 100: 1, 150: 2, 200: 4, 300: 8}),
        (0.80, {20: 0, 30: 2, 50: 5, 100: 13}),
    ],
)
def test_the_table_for_one_single_review(goal, table):
    assert {n: most_late(n, goal) for n in table} == table


def test_one_single_review_is_a_boundary_with_one_look():
    for n in (20, 50, 100, 200):
        assert boundary([n], 0.9, 0.05)[0].most_late == most_late(n, 0.9)


def test_how_many_cases_it_takes_when_every_one_is_good():
    wanted = {0.80: 14, 0.85: 19, 0.90: 29, 0.95: 59, 0.98: 149, 0.99: 299}
    assert {goal: all_good(goal) for goal in wanted} == wanted
    assert all_good(1.0) is None, "no number of cases shows that all of them always are"
    for goal, n in wanted.items():
        assert most_late(n, goal) == 0
        assert most_late(n - 1, goal) is None


@pytest.mark.parametrize(
    ("p0", "row"),
    [
        (0.75, (50, 29, 23, 18, 18, 11)),
        (0.80, (94, 50, 37, 30, 22, 14)),
        (0.85, (304, 110, 68, 40, 30, 30)),
        (0.90, (None, 593, 203, 89, 61, 46)),
        (0.95, (None, None, None, 694, 286, 124)),
    ],
)
def test_how_many_cases_decide(p0, row):
    assert tuple(cases_for(p0, truth) for truth in (0.90, 0.93, 0.95, 0.97, 0.98, 0.99)) == row


def test_the_sample_size_is_safe_against_the_saw_tooth():
    """The power falls again just behind its first peak above 80 %: the answer lies where it no longer does."""
    n = cases_for(0.85, 0.95)
    assert n is not None
    first = next(k for k in range(1, n + 1) if power(k, 0.85, 0.95) >= 0.8)
    assert first < n
    assert all(power(k, 0.85, 0.95) >= 0.8 for k in range(n, n + 25))
    assert power(n - 1, 0.85, 0.95) < 0.8


def test_the_chance_after_sixty_more_cases():
    """37 of 40 in time, 60 more planned: 61 % with tolerance, 12 % strict."""
    assert round(chance_met(37, 40, 60, 0.85), 2) == 0.61
    assert round(chance_met(37, 40, 60, 0.90), 2) == 0.12
    assert chance_met(10, 40, 3, 0.9) == 0.0
    assert chance_met(300, 300, 50, 0.9) == pytest.approx(1.0, abs=1e-6)


def test_the_false_go_of_the_planned_reviews_is_exactly_what_may_be_spent():
    """Every path of good cases is walked: P(cross at any review) under p0 stays below 5 %, look by look below the spending."""
    looks = boundary(REVIEWS, 0.9, 0.05)
    alive, crossed, before = {0: 1.0}, 0.0, 0
    for look in looks:
        walked: dict[int, float] = {}
        for good, weight in alive.items():
            for more in range(look.n - before + 1):
                chance = stats.binom.pmf(more, look.n - before, 0.9)
                walked[good + more] = walked.get(good + more, 0.0) + weight * chance
        crossed += sum(weight for good, weight in walked.items() if good >= look.needed)
        alive = {good: weight for good, weight in walked.items() if good < look.needed}
        before = look.n
        assert crossed <= spent(look.n / 150, 0.05) + 1e-12
    assert 0.035 < crossed <= 0.05


def test_the_last_review_spends_the_rest_when_fewer_cases_came_than_planned():
    early = boundary((25, 50, 80), 0.9, 0.05, n_max=200)
    final = boundary((25, 50, 80), 0.9, 0.05, n_max=200, final=True)
    assert final[:2] == early[:2]
    assert final[2].needed < early[2].needed


def test_reviews_beyond_the_planned_number_have_nothing_left_to_spend():
    assert boundary((50, 100, 150), 0.9, 0.05, n_max=100)[2].level < 0.05
    assert spent(1.5, 0.05) == 0.05
    assert spent(0, 0.05) == 0


@given(counts, st.floats(0.5, 0.97))
def test_the_anytime_bound_and_the_evidence_say_the_same(count, p0):
    good, n = count
    low = anytime_lower(good, n, 0.05)
    if abs(low - p0) > 1e-6:
        assert (low > p0) == (evidence(good, n, p0) >= 20 and good / n > p0)
    assert 0 <= low <= good / n <= anytime_upper(good, n, 0.05) <= 1


@given(counts)
def test_the_anytime_bound_is_wider_than_the_exact_one(count):
    good, n = count
    assert anytime_lower(good, n, 0.05) <= lower_bound(good, n, 0.05) + 1e-9
    assert anytime_upper(good, n, 0.05) >= upper_bound(good, n, 0.05) - 1e-9


def test_whoever_looks_after_every_case_is_still_wrong_in_less_than_five_of_a_hundred_pilots():
    """2,000 pilots of 120 cases at exactly 90 %: false "met" by the evidence and, for contrast, by the peeked exact bound."""
    random = np.random.default_rng(20261)
    good = (random.random((2_000, 120)) < 0.9).cumsum(axis=1)
    reached = {n: next((k for k in range(n + 1) if evidence(k, n, 0.9) >= 20), n + 1) for n in range(10, 121)}
    allowed = {n: n - most for n in range(10, 121) if (most := most_late(n, 0.9)) is not None}
    by_evidence = np.zeros(2_000, bool)
    by_peeking = np.zeros(2_000, bool)
    for n in range(10, 121):
        by_evidence |= good[:, n - 1] >= reached[n]
        by_peeking |= good[:, n - 1] >= allowed.get(n, n + 1)
    assert by_evidence.mean() < 0.04
    assert by_peeking.mean() > 0.10


def test_the_evidence_against_mirrors_the_evidence_for():
    assert evidence_against(20, 50, 0.9) == pytest.approx(evidence(30, 50, 0.1))
    assert evidence_against(20, 50, 0.9) > 20 > evidence_against(45, 50, 0.9)


def test_a_goal_of_all_cases_can_be_refuted_and_never_shown():
    assert evidence(500, 500, 1.0) == 0.0
    assert evidence_against(500, 500, 1.0) == 1.0
    assert evidence_against(499, 500, 1.0) == 1e6, "one late case settles it"
    assert most_late(500, 1.0) is None
    assert cases_for(1.0, 1.0) is None


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=150), st.sampled_from([0.5, 0.9, 0.95]))
def test_quantile_intervals_are_those_of_scipy(values, q):
    ordered = sorted(values)
    theirs = stats.quantile_test(ordered, p=q).confidence_interval(0.95)
    low, high = quantile_interval(ordered, q)
    assert (-math.inf if low is None else low, math.inf if high is None else high) == pytest.approx(
        (-math.inf if math.isnan(theirs.low) else theirs.low, math.inf if math.isnan(theirs.high) else theirs.high)
    )


def test_the_upper_end_of_a_p90_is_open_below_36_cases():
    assert quantile_interval(range(35), 0.9)[1] is None
    assert quantile_interval(range(36), 0.9)[1] == 35


def test_how_many_good_cases_in_a_row_would_do():
    assert good_in_a_row(0, 0, 0.9) == 29
    assert good_in_a_row(29, 29, 0.9) == 0
    more = good_in_a_row(37, 40, 0.9)
    assert more is not None
    assert most_late(40 + more, 0.9) == 3


def test_weeks_that_differ_more_than_chance_are_noticed():
    assert weeks_agree([(25, 2), (25, 3), (25, 2), (25, 3)]) > 0.5
    assert weeks_agree([(25, 0), (25, 0), (25, 9), (25, 1)]) < 0.001
    assert weeks_agree([(25, 3)]) == 1.0
    assert weeks_agree([(25, 0), (30, 0)]) == 1.0
    table = np.array([[25, 25, 25], [2, 7, 3]])
    theirs = stats.chi2_contingency(np.vstack([table[0] - table[1], table[1]]), correction=False).pvalue
    assert weeks_agree([(25, 2), (25, 7), (25, 3)]) == pytest.approx(theirs)
