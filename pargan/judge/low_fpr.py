"""TPR at a low FPR, with intervals and p-values that take the threshold's chance in.

Legend: scores of m members and of n nonmembers, (m,) and (n,) float64; higher = more likely a member.
A record is predicted to be a member where its score is above the threshold.

The threshold of a low FPR is set by a few nonmembers, so it is itself uncertain. Clopper and Pearson's interval of the
members that pass a given threshold ignores that: it covers the true TPR in as few as 24 % of cases where something
leaks (docs/calibration.md).
"""

import numpy as np
from scipy import stats

from pargan.judge.intervals import TAIL, Interval, clopper_pearson

RESOLVING = 10
"""Nonmembers above the threshold from which on a rate is resolved: n = 10 / rate."""


def is_measurable(false_positive_rate: float, n: int) -> bool:
    """Whether n nonmembers can tell this false positive rate from 0 at all: at least 1 / rate of them."""
    return n * false_positive_rate >= 1 - 1e-9


def is_resolved(false_positive_rate: float, n: int) -> bool:
    """Whether n nonmembers fix the threshold of this rate well enough to rely on: at least 10 / rate of them."""
    return n * false_positive_rate >= RESOLVING - 1e-9


def tpr_at_fpr(
    members: np.ndarray, nonmembers: np.ndarray, false_positive_rate: float, rng: np.random.Generator, draws: int = 2000
) -> Interval:
    """The largest TPR whose FPR is at most `false_positive_rate`, with a 95 % interval of the TPR at that true FPR.

    Nothing is interpolated between two corners of the ROC curve. Where the rate is resolved, the interval is a
    stratified bootstrap: each draw resamples the nonmembers, which moves the threshold, and then the members above
    it. Elsewhere two exact bounds are joined, 1.25 % of error each: the FPR of the j-th highest nonmember has a
    Beta(j, n - j + 1) distribution, so some j is above and some j below the true threshold; the members above these
    two have Clopper and Pearson's bounds. They hold for every n, at two to four times the width. Check
    `is_measurable` first.
    """
    members, nonmembers = np.sort(members), np.sort(nonmembers)
    allowed = _num_allowed(false_positive_rate, len(nonmembers))
    hits = _num_above(members, nonmembers, allowed + 1)
    value = hits / len(members)
    if is_resolved(false_positive_rate, len(nonmembers)):
        low, high = _bootstrap(members, nonmembers, allowed, rng, draws)
    else:
        low, high = _joint_bounds(members, nonmembers, false_positive_rate)
    return Interval(value, min(low, value), max(high, value))


def tpr_at_zero_fp(members: np.ndarray, nonmembers: np.ndarray) -> Interval:
    """Share of members above all nonmembers, with its 95 % Clopper-Pearson interval.

    The interval is that of the share above the highest of these n nonmembers: more nonmembers would raise it.
    """
    return clopper_pearson(_num_above(np.sort(members), np.sort(nonmembers), 1), len(members))


def tpr_p_value(members: np.ndarray, nonmembers: np.ndarray, false_positive_rate: float) -> float:
    """P(TPR at this FPR at least as high | membership permuted at random), exact; conservative with ties.

    h members stand above the k-th highest nonmember where at least h of the h + k - 1 highest records are members: a
    hypergeometric number. A rate of 0 asks for the members above all nonmembers, k = 1.
    """
    m, n = len(members), len(nonmembers)
    allowed = _num_allowed(false_positive_rate, n)
    hits = _num_above(np.sort(members), np.sort(nonmembers), allowed + 1)
    return float(stats.hypergeom.sf(hits - 1, m + n, m, hits + allowed))


def tpr_gain_p_value(
    first: tuple[np.ndarray, np.ndarray],
    second: tuple[np.ndarray, np.ndarray],
    false_positive_rate: float,
    rng: np.random.Generator,
    draws: int = 1000,
) -> float:
    """P(TPR of the first scores minus TPR of the second at least as high | the two are equally good): one-sided.

    Both arguments are (scores of members, scores of nonmembers), in the same order of records. Their ranks are
    exchanged for each record at random, members and nonmembers alike, so the chance of both thresholds is taken in,
    and what makes a record easy for both attacks cancels.
    """
    m, n = (len(group) for group in first)
    allowed = _num_allowed(false_positive_rate, n)
    ranks = np.stack([stats.rankdata(np.concatenate(scores)) for scores in (first, second)])  # (2, m + n)

    def difference(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        hits = []
        for scores in (left, right):  # (draws, m + n)
            cut = np.partition(scores[:, m:], n - allowed - 1, axis=1)[:, n - allowed - 1]
            hits.append((scores[:, :m] > cut[:, None]).sum(1))
        return hits[0] - hits[1]

    observed, at_least = difference(ranks[:1], ranks[1:])[0], 0
    block = max(1, 2**20 // (m + n))
    for done in range(0, draws, block):
        is_kept = rng.random((min(block, draws - done), m + n)) < 0.5
        exchanged = (np.where(is_kept, ranks[i], ranks[1 - i]) for i in (0, 1))
        at_least += int((difference(*exchanged) >= observed).sum())
    return (1 + at_least) / (draws + 1)


def _num_allowed(false_positive_rate: float, n: int) -> int:
    """Nonmembers that may pass."""
    return int(np.floor(false_positive_rate * n + 1e-9))


def _num_above(members: np.ndarray, nonmembers: np.ndarray, j: int) -> int:
    """Members (sorted) above the j-th highest nonmember (sorted)."""
    return len(members) - int(np.searchsorted(members, nonmembers[-j], "right"))


def _bootstrap(
    members: np.ndarray, nonmembers: np.ndarray, allowed: int, rng: np.random.Generator, draws: int
) -> tuple[float, float]:
    """Percentiles over resampled groups, both sorted.

    The record that is the j-th highest of a resample has the rank of a Beta(j, n - j + 1) quantile among the n, so
    the nonmembers need not be drawn one by one. Of the members above it, h of m, Clopper and Pearson's distributions
    take the place of a resample: they are not narrower with few members, nor without width where h is 0 or m.
    """
    m, n = len(members), len(nonmembers)
    rank = np.minimum(np.floor(rng.beta(allowed + 1, n - allowed, draws) * n).astype(int) + 1, n)
    hits = m - np.searchsorted(members, nonmembers[n - rank], "right")
    lows = np.where(hits > 0, rng.beta(np.maximum(hits, 1), m - hits + 1), 0.0)
    highs = np.where(hits < m, rng.beta(hits + 1, np.maximum(m - hits, 1)), 1.0)
    return float(np.quantile(lows, TAIL)), float(np.quantile(highs, 1 - TAIL))


def _joint_bounds(members: np.ndarray, nonmembers: np.ndarray, rate: float) -> tuple[float, float]:
    """Order-statistic bounds of the threshold joined with Clopper and Pearson's of the members above, both sorted."""
    m, n, error = len(members), len(nonmembers), TAIL / 2
    j = np.arange(1, n + 1)
    is_below = stats.beta.cdf(rate, j, n - j + 1)  # P(FPR of the j-th highest nonmember <= rate), falls with j
    strict = int((is_below >= 1 - error).sum())  # this nonmember's FPR is at most the rate; 0: there is none
    loose = int((is_below > error).sum()) + 1  # this one's is at least the rate; n + 1: there is none
    low, high = 0.0, 1.0
    if strict > 0 and (hits := _num_above(members, nonmembers, strict)) > 0:
        low = float(stats.beta.ppf(error, hits, m - hits + 1))
    if loose <= n:
        hits = m - int(np.searchsorted(members, nonmembers[n - loose], "left"))
        high = float(stats.beta.isf(error, hits + 1, m - hits)) if hits < m else 1.0
    return low, high
