"""P-values of an attack's scores against permuted membership.

Legend: scores of m members and of n nonmembers, (m,) and (n,) float64; higher = more likely a member; N = m + n.
"""

from math import lgamma

import numpy as np
from scipy import stats
from scipy.special import comb, ndtr

from pargan.judge.auc import auc, tie_factor

EXACT = 20
"""With at most so many records in the smaller group, the p-value is exact, ties or none."""

MOST_STATES = 2 * 10**7
"""Numbers computed for an exact p-value with ties; where more are needed, the normal limit takes its place."""


def permutation_p_value(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """P(AUC at least as high | membership permuted at random): one-sided, members score higher.

    Exact for up to 20 records in the smaller group (with ties, as far as the computation is short), and where all but
    a few scores are tied. Else the Mann-Whitney test's normal limit with tie and continuity correction; the null AUC
    has SD sqrt((m + n + 1) / (12 m n)) without ties.
    """
    m, n = len(members), len(nonmembers)
    pooled, counts = np.unique(np.concatenate([members, nonmembers]), return_counts=True)
    if len(pooled) == 1:
        return 1.0  # every permutation gives the same AUC
    if counts.max() == 1:
        if min(m, n) > EXACT:
            return _normal_limit(members, nonmembers)
        return float(stats.mannwhitneyu(members, nonmembers, alternative="greater", method="exact").pvalue)
    member_counts = np.bincount(np.searchsorted(pooled, members), minlength=len(pooled))
    if _num_states(counts, min(m, n)) <= MOST_STATES:
        return _exact_with_ties(counts, member_counts, m)
    return _normal_limit(members, nonmembers)


def _normal_limit(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """The Mann-Whitney test's normal limit; SciPy's own takes ten times as long for a few hundred records."""
    m, n = len(members), len(nonmembers)
    deviation = (m * n * (m + n + 1) / 12 * tie_factor(np.concatenate([members, nonmembers]))) ** 0.5
    won = auc(members, nonmembers) * m * n
    return float(ndtr(-(won - m * n / 2 - 0.5) / deviation))


def _num_states(counts: np.ndarray, smaller: int) -> float:
    """Numbers that `_exact_with_ties` computes."""
    others = np.delete(counts, counts.argmax())
    chosen = min(smaller, int(others.sum()))
    return float(np.minimum(others, chosen).sum() + len(others)) * chosen * 2.0 * chosen * counts.sum()


def _exact_with_ties(counts: np.ndarray, member_counts: np.ndarray, m: int) -> float:
    """P(rank sum of m records drawn from all N at least that of the members), by counting the draws.

    A draw takes j_g of the t_g records with the g-th lowest score. Values are visited one after the other; for each
    number of records drawn so far, and each sum of their ranks, the number of ways is kept. Records of the most
    common score fill the draw up, so they are not visited, and ranks count from theirs.

    Args:
        counts: (G,) records with each of the distinct scores, in ascending order.
        member_counts: (G,) members among them.
        m: number of members.
    """
    total = int(counts.sum())
    if 2 * m > total:  # draw the nonmembers, from the other end
        return _exact_with_ties(counts[::-1], (counts - member_counts)[::-1], total - m)
    ranks = 2 * np.cumsum(counts) - counts + 1  # doubled midranks, whole numbers
    common = int(counts.argmax())
    ranks, visited = ranks - ranks[common], np.flatnonzero(np.arange(len(counts)) != common)
    most = min(m, int(counts[visited].sum()))
    below, above = most * int(min(ranks.min(), 0)), most * int(max(ranks.max(), 0))
    ways = np.zeros((most + 1, above - below + 1))  # (records drawn, sum of ranks - below)
    ways[0, -below] = 1.0
    for group in visited:
        drawn, rank = ways.copy(), int(ranks[group])
        for j in range(1, min(int(counts[group]), most) + 1):
            drawn[j:] += comb(int(counts[group]), j) * _shifted(ways[: most + 1 - j], j * rank)
        ways = drawn
    observed = int((member_counts * ranks).sum())
    at_least = ways[:, max(observed - below, 0) :].sum(1) if observed <= above else np.zeros(most + 1)
    fill = np.array([_log_comb(int(counts[common]), m - j) for j in range(most + 1)])
    return float(min(1.0, (at_least * np.exp(fill - _log_comb(total, m))).sum()))


def _shifted(rows: np.ndarray, by: int) -> np.ndarray:
    """Rows moved to the right by `by` (to the left where it is negative); what leaves the array is 0."""
    moved = np.zeros_like(rows)
    width = rows.shape[1]
    moved[:, max(by, 0) : width + min(by, 0)] = rows[:, max(-by, 0) : width - max(by, 0)]
    return moved


def _log_comb(n: int, k: int) -> float:
    """log of n over k; -inf where it is 0."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) if 0 <= k <= n else -np.inf
