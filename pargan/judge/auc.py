"""The area under the ROC curve: its intervals, its p-value, and differences between two attacks.

Legend: scores of m members and of n nonmembers, (m,) and (n,) float64; higher = more likely a member.
"""

import numpy as np
from scipy import stats

from pargan.judge.intervals import TAIL, Interval

BLOCK_NUMBERS = 2**17
"""Numbers drawn at a time by the bootstrap: 1 MiB for each of a few arrays, which then fit into the CPU's cache."""


def auc(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """Area under the ROC curve: P(member above nonmember) + P(tie) / 2. Constant scores give exactly 0.5."""
    m, n = len(members), len(nonmembers)
    ranks = stats.rankdata(np.concatenate([members, nonmembers]))  # midranks
    return float((ranks[:m].sum() - m * (m + 1) / 2) / (m * n))


def auc_interval(members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator, draws: int = 2000) -> Interval:
    """AUC with its 95 % percentile interval from a stratified bootstrap over records.

    Members and nonmembers are resampled separately, with replacement. Constant scores give an interval of
    width 0. So would scores that separate the groups perfectly, however few they are; there the AUC is bounded
    as by min(m, n) independent trials that all succeeded, one for each disjoint pair. The interval covers the
    choice of records, not of the trained networks: for that, train with several seeds.
    """
    m, n = len(members), len(nonmembers)
    ordered = np.sort(nonmembers)
    below, up_to = np.searchsorted(ordered, members, "left"), np.searchsorted(ordered, members, "right")
    block = max(1, BLOCK_NUMBERS // (m + n))
    resampled = np.concatenate(
        [_resampled_auc(below, up_to, n, rng, min(block, draws - done)) for done in range(0, draws, block)]
    )
    low, high = np.quantile(resampled, [TAIL, 1 - TAIL])
    return _widened_at_perfect_separation(Interval(auc(members, nonmembers), float(low), float(high)), pairs=min(m, n))


def delong_interval(members: np.ndarray, nonmembers: np.ndarray) -> Interval:
    """AUC with its 95 % interval from the variance of placements (DeLong et al. 1988, doi 10.2307/2531595).

    For callers that need many intervals: a bootstrap takes hundreds of times as long as this sort. It is too narrow
    below some twenty records in a group; groups that are separated perfectly get the bound of `auc_interval`. With
    one record in a group the variance cannot be estimated, and the interval is [0, 1].
    """
    m, n = len(members), len(nonmembers)
    by_member, by_nonmember = _placements_of_both(members, nonmembers)
    value = float(by_member.mean())
    if min(m, n) < 2:
        return Interval(value, 0.0, 1.0)
    margin = _margin(by_member, by_nonmember)
    interval = Interval(value, max(0.0, value - margin), min(1.0, value + margin))
    return _widened_at_perfect_separation(interval, pairs=min(m, n))


def auc_difference(first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]) -> Interval:
    """AUC of the first scores minus AUC of the second on the same records, with its 95 % interval.

    Both arguments are (scores of members, scores of nonmembers), in the same order of records. The comparison is
    the paired one of DeLong et al. 1988 (doi 10.2307/2531595): what makes a record easy for both attacks cancels.
    """
    placed = [_placements_of_both(*scores) for scores in (first, second)]
    by_member, by_nonmember = (left - right for left, right in zip(*placed, strict=True))
    value, margin = float(by_member.mean()), _margin(by_member, by_nonmember)
    return Interval(value, value - margin, value + margin)


def placements(scores: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Share of `among` (n,) below each of the scores (N,), ties counted half: (N,) in [0, 1]."""
    ordered = np.sort(among)
    below, up_to = np.searchsorted(ordered, scores, "left"), np.searchsorted(ordered, scores, "right")
    return (below + up_to) / (2 * len(among))


def permutation_p_value(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """P(AUC at least as high | membership permuted at random): one-sided, members score higher.

    The Mann-Whitney test's normal limit with tie and continuity correction; the null AUC has SD
    sqrt((m + n + 1) / (12 m n)) without ties. Accurate from about ten records per group on.
    """
    if np.ptp(np.concatenate([members, nonmembers])) == 0:
        return 1.0  # every permutation gives the same AUC
    return float(stats.mannwhitneyu(members, nonmembers, alternative="greater", method="asymptotic").pvalue)


def _widened_at_perfect_separation(interval: Interval, pairs: int) -> Interval:
    """The interval; where the AUC is 0 or 1, widened to the exact bound of `pairs` independent trials."""
    if interval.value not in (0.0, 1.0):
        return interval
    bound = float(TAIL ** (1 / pairs))
    return interval._replace(low=min(interval.low, bound), high=max(interval.high, 1 - bound))


def _resampled_auc(below: np.ndarray, up_to: np.ndarray, n: int, rng: np.random.Generator, draws: int) -> np.ndarray:
    """(draws,) AUCs of resampled records.

    `below` and `up_to` (m,) count the nonmembers below, and not above, each member. The cumulative numbers of
    times that the sorted nonmembers were drawn turn them into the same counts among the resampled nonmembers.
    """
    m = len(below)
    row = np.arange(draws)[:, None]
    times = np.bincount((rng.integers(n, size=(draws, n)) + row * n).ravel(), minlength=draws * n)
    cumulative = np.zeros((draws, n + 1), dtype=np.int64)
    np.cumsum(times.reshape(draws, n), axis=1, out=cumulative[:, 1:])
    resampled = rng.integers(m, size=(draws, m))
    wins = cumulative[row, below[resampled]] + cumulative[row, up_to[resampled]]  # a tie counts 1, a win 2
    return wins.sum(axis=1) / (2 * m * n)


def _margin(by_member: np.ndarray, by_nonmember: np.ndarray) -> float:
    """Half the width of the normal 95 % interval of a mean of placements, or of their differences."""
    variance = sum(float(group.var()) / max(len(group) - 1, 1) for group in (by_member, by_nonmember))
    return float(stats.norm.isf(TAIL)) * variance**0.5


def _placements_of_both(members: np.ndarray, nonmembers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of nonmembers below each member (m,), and share of members above each nonmember (n,)."""
    return placements(members, nonmembers), 1 - placements(nonmembers, members)
