"""Exact bounds, planned-review boundaries and always-valid evidence for a share of good cases. Numbers in, numbers out.

Formulas and the tables that the tests reproduce: statistics.md 2.3 to 2.6. Throughout, `n` counts cases whose outcome is
known, `good` those that were in time (or true), `p0` is the share that has to be exceeded, `alpha` the risk of a wrong "met".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc, betaincinv, betaln, chdtrc, gammaln, logsumexp, ndtri, xlog1py, xlogy

MOST_CASES = 5_000  # no pilot waits for more; the search for a sample size ends here
_RUN = 25  # a sample size holds only when the power also holds for the next 25: the power climbs like a saw
_GRID = 200

Floats = NDArray[np.float64]


def tail(at_least: int, n: int, p: float) -> float:
    """P(X >= at_least) for X binomial with n draws of p."""
    if at_least <= 0:
        return 1.0
    return 0.0 if at_least > n else float(bdtrc(at_least - 1, n, p))


def lower_bound(good: int, n: int, alpha: float) -> float:
    """One-sided lower limit of the share at level 1 - alpha (Clopper and Pearson 1934): exact, never too high."""
    return 0.0 if good == 0 else float(betaincinv(good, n - good + 1, alpha))


def upper_bound(good: int, n: int, alpha: float) -> float:
    """One-sided upper limit of the share at level 1 - alpha (Clopper and Pearson 1934)."""
    return 1.0 if good == n else float(betaincinv(good + 1, n - good, 1 - alpha))


def wilson(good: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of the share for display (Wilson 1927); n must be positive."""
    z = float(ndtri(0.5 + confidence / 2))
    p, spread = good / n, 1 + z * z / n
    centre = (p + z * z / (2 * n)) / spread
    half = z / spread * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def quantile_interval(ordered: Sequence[int], q: float, confidence: float = 0.95) -> tuple[int | None, int | None]:
    """Two-sided interval of the q-quantile by order statistics; None where there are too few values to bound that side.

    Distribution-free: the number of values below the quantile is binomial with n and q. `ordered` is sorted.
    """
    n, alpha = len(ordered), (1 - confidence) / 2
    low = next((ordered[rank - 1] for rank in range(n, 0, -1) if bdtr(rank - 1, n, q) <= alpha), None)
    high = next((ordered[rank - 1] for rank in range(1, n + 1) if tail(rank, n, q) <= alpha), None)
    return low, high


def spent(share: float, alpha: float) -> float:
    """How much of alpha may be used up when `share` of the planned cases is in: alpha ln(1 + (e - 1) t), Pocock-type."""
    return alpha if share >= 1 else alpha * math.log(1 + (math.e - 1) * max(0.0, share))


@dataclass(frozen=True, slots=True)
class Look:
    """One planned review: at `n` cases, `needed` good ones show more than p0 (n + 1: no result can yet).

    `level` is the one-sided level at which this look alone is taken: P(X >= needed) under p0.
    """

    n: int
    needed: int
    level: float

    @property
    def most_late(self) -> int | None:
        """How many of the n may be late and still show it; None when no result can."""
        return self.n - self.needed if self.needed <= self.n else None


def boundary(looks: Sequence[int], p0: float, alpha: float, *, n_max: int | None = None, final: bool = False) -> tuple[Look, ...]:
    """The exact group-sequential boundary at growing case counts `looks`.

    Keeps the distribution of the good cases of pilots not yet stopped under p0, and at each look takes the smallest number
    whose crossing probability fits into what may be spent by then. `n_max` is the planned number of cases (default: the
    last look); `final` says that the last look is the last review of all and spends the rest.
    """
    planned = n_max or looks[-1]
    alive: Floats = np.ones(1)
    used, before, found = 0.0, 0, []
    for number, n in enumerate(looks):
        alive = np.convolve(alive, _pmf(n - before, p0))
        share = 1.0 if final and number == len(looks) - 1 else n / planned
        needed = _smallest_fitting(alive, spent(share, alpha) - used)
        used += float(alive[needed:].sum())
        alive = alive[:needed]
        found.append(Look(n, needed, tail(needed, n, p0)))
        before = n
    return tuple(found)


def _pmf(n: int, p: float) -> Floats:
    k = np.arange(n + 1)
    log = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + xlogy(k, p) + xlog1py(n - k, -p)
    return np.asarray(np.exp(log), dtype=np.float64)


def _smallest_fitting(mass: Floats, budget: float) -> int:
    """The smallest index from which on the whole mass fits into the budget (its length when not even the last does)."""
    from_right = np.cumsum(mass[::-1])[::-1]
    fitting = np.flatnonzero(from_right <= budget)
    return int(fitting[0]) if len(fitting) else len(mass)


def most_late(n: int, goal: float, alpha: float = 0.05) -> int | None:
    """One single review of n cases: the most late cases that still show more than `goal` in time."""
    return Look(n, _critical(n, goal, alpha), 0.0).most_late


def _critical(n: int, p0: float, alpha: float, start: int = 0) -> int:
    """The smallest number of good cases that shows p > p0 in one look (n + 1: none). It never falls as n grows: `start`."""
    needed = max(start, math.floor(n * p0))
    while needed <= n and tail(needed, n, p0) > alpha:
        needed += 1
    return needed


def evidence(good: int, n: int, p0: float) -> float:
    """The e-value for "the share is above p0": how many times better the better alternatives explain what was seen.

    E = mean over p in (p0, 1) of (p / p0)^good ((1 - p) / (1 - p0))^(n - good). Whatever the moment of looking,
    P(E ever >= 1/alpha) <= alpha when the share is at most p0 (Ville 1939). Capped at a million.
    """
    if p0 >= 1:
        return 0.0
    if p0 <= 0:
        return 1e6 if good else 1.0
    p = p0 + (1 - p0) * (np.arange(_GRID) + 0.5) / _GRID
    logs = good * np.log(p / p0) + (n - good) * np.log((1 - p) / (1 - p0))
    return math.exp(min(float(logsumexp(logs)) - math.log(_GRID), math.log(1e6)))


def evidence_against(good: int, n: int, goal: float) -> float:
    """The e-value for "the share is below goal": the same with late cases for good ones."""
    return evidence(n - good, n, 1 - goal)


def anytime_lower(good: int, n: int, alpha: float) -> float:
    """The share above which the evidence at level alpha places the truth, however often one looks (0 when nothing does)."""
    low, high = 0.0, good / n
    if not good:
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if evidence(good, n, middle) >= 1 / alpha else (low, middle)
    return low


def anytime_upper(good: int, n: int, alpha: float) -> float:
    """The mirror of `anytime_lower`."""
    return 1 - anytime_lower(n - good, n, alpha)


def power(n: int, p0: float, truth: float, alpha: float = 0.05) -> float:
    """The chance that one look at n cases shows p > p0 when the true share is `truth`."""
    return tail(_critical(n, p0, alpha), n, truth)


@lru_cache(maxsize=256)
def cases_for(p0: float, truth: float, alpha: float = 0.05, wanted: float = 0.8) -> int | None:
    """How many cases show p > p0 with probability `wanted` if the true share is `truth`; None: more than MOST_CASES.

    Saw-tooth safe: the smallest n from which the power stays at `wanted` or above for the next 25 case counts.
    """
    if truth <= p0:
        return None
    needed = run = 0
    for n in range(1, MOST_CASES + _RUN):
        needed = _critical(n, p0, alpha, needed)
        run = run + 1 if tail(needed, n, truth) >= wanted else 0
        if run == _RUN:
            return n - _RUN + 1
    return None


def all_good(goal: float, alpha: float = 0.05) -> int | None:
    """The smallest number of cases that shows more than `goal` when every single one is good; None for a goal of 1."""
    return None if goal >= 1 else math.ceil(math.log(alpha) / math.log(goal))


def good_in_a_row(good: int, n: int, p0: float, alpha: float = 0.05) -> int | None:
    """How many more good cases in a row would show p > p0 at the earliest; None: more than MOST_CASES."""
    return next((m for m in range(MOST_CASES) if n + m and tail(good + m, n + m, p0) <= alpha), None)


def chance_met(good: int, n: int, more: int, p0: float, alpha: float = 0.05) -> float:
    """The chance that, after `more` cases, one look shows p > p0 (beta-binomial, Jeffreys prior)."""
    needed = max(0, _critical(n + more, p0, alpha) - good)
    if needed > more:
        return 0.0
    j = np.arange(needed, more + 1)
    a, b = 0.5 + good, 0.5 + n - good
    log = gammaln(more + 1) - gammaln(j + 1) - gammaln(more - j + 1) + betaln(a + j, b + more - j) - betaln(a, b)
    return min(1.0, float(np.exp(log).sum()))


def weeks_agree(weeks: Sequence[tuple[int, int]]) -> float:
    """p-value of "all weeks have the same late share": chi-square dispersion of (cases, late ones) a week.

    Small when the weeks disagree, as they do when cases wait in the same queue. 1 with fewer than two weeks or no difference.
    """
    counted = [(n, late) for n, late in weeks if n]
    total, late_total = sum(n for n, _ in counted), sum(late for _, late in counted)
    if len(counted) < 2 or late_total in (0, total):
        return 1.0
    p = late_total / total
    spread = sum((late - n * p) ** 2 / (n * p * (1 - p)) for n, late in counted)
    return float(chdtrc(len(counted) - 1, spread))
