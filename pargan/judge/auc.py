"""The area under the ROC curve: its intervals, its p-value, and differences between two attacks.

Legend: scores of m members and of n nonmembers, (m,) and (n,) float64; higher = more likely a member.
"""

import numpy as np
from scipy import optimize, stats

from pargan.judge.intervals import NORMAL_QUANTILE, Interval


def auc(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """Area under the ROC curve: P(member above nonmember) + P(tie) / 2. Constant scores give exactly 0.5."""
    m, n = len(members), len(nonmembers)
    ranks = stats.rankdata(np.concatenate([members, nonmembers]))  # midranks
    return float((ranks[:m].sum() - m * (m + 1) / 2) / (m * n))


def auc_interval(members: np.ndarray, nonmembers: np.ndarray) -> Interval:
    """AUC with its 95 % score interval, which holds for few records and near 0 and 1 too.

    The bounds are the AUCs x with |AUC - x| = 1.96 sqrt(V(x)). V(x) has the shape of Hanley and McNeil (1982, doi
    10.1148/radiology.143.1.7063747) that Newcombe (2006, doi 10.1002/sim.2324) found best, which vanishes at 0 and 1.
    It is scaled to the larger of two estimates: the variance that exchangeable records with these ties have, and
    DeLong's variance of placements (1988, doi 10.2307/2531595). DeLong's alone is far too small where few pairs are
    lost, and 0 where none is. It is therefore computed with one more record in each group that the attack gets
    wrong for the lower bound, and right for the upper one. So the bounds change little with a single lost pair.

    docs/calibration.md lists how often the interval covers the truth. It covers the choice of records, not of the
    trained networks: for that, train with several seeds.
    """
    by_member, by_nonmember = _placements_of_both(members, nonmembers)
    value = auc(members, nonmembers)
    ties = tie_factor(np.concatenate([members, nonmembers]))
    # A record that the attack gets wrong lowers the AUC; one that it gets right raises it, as 1 - AUC is lowered.
    low = _lower_bound(value, by_member, by_nonmember, ties)
    high = 1 - _lower_bound(1 - value, 1 - by_member, 1 - by_nonmember, ties)
    return Interval(value, low, high)


def hanley_mcneil_variance(value: float, m: int, n: int) -> float:
    """Variance of the AUC of m and n records where it is `value`, without ties: 0.5 gives (m + n + 1) / (12 m n).

    The form of Newcombe (2006, doi 10.1002/sim.2324), which treats both groups alike.
    """
    pairs = (m + n) / 2 - 1
    return value * (1 - value) * (1 + pairs * ((1 - value) / (2 - value) + value / (1 + value))) / (m * n)


def auc_difference(first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]) -> Interval:
    """AUC of the first scores minus AUC of the second on the same records, with its 95 % interval.

    Both arguments are (scores of members, scores of nonmembers), in the same order of records. The comparison is
    the paired one of DeLong et al. 1988 (doi 10.2307/2531595): what makes a record easy for both attacks cancels. Its
    normal quantile is that of Student's t with one degree of freedom less than the smaller group has records, because
    a variance estimated from few records is itself uncertain.
    """
    placed = [_placements_of_both(*scores) for scores in (first, second)]
    by_member, by_nonmember = (left - right for left, right in zip(*placed, strict=True))
    value, few = float(by_member.mean()), min(len(by_member), len(by_nonmember))
    wider = float(stats.t.ppf(stats.norm.cdf(NORMAL_QUANTILE), max(few - 1, 1))) / NORMAL_QUANTILE
    margin = wider * _margin(by_member, by_nonmember)
    return Interval(value, max(value - margin, -1.0), min(value + margin, 1.0))


def placements(scores: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Share of `among` (n,) below each of the scores (N,), ties counted half: (N,) in [0, 1]."""
    ordered = np.sort(among)
    below, up_to = np.searchsorted(ordered, scores, "left"), np.searchsorted(ordered, scores, "right")
    return (below + up_to) / (2 * len(among))


def _lower_bound(value: float, by_member: np.ndarray, by_nonmember: np.ndarray, ties: float) -> float:
    """The lower bound of `auc_interval`."""
    m, n = len(by_member), len(by_nonmember)
    if value == 0:
        return 0.0
    # One more nonmember above all members, and one more member below all nonmembers.
    groups = (np.append(by_member * n / (n + 1), 0.0), np.append(by_nonmember * m / (m + 1), 0.0))
    delong = sum(float(group.var()) / (len(group) - 1) for group in groups)
    scale = max(ties, delong / hanley_mcneil_variance(float(groups[0].mean()), m, n))

    def excess(x: float) -> float:
        return (value - x) ** 2 - NORMAL_QUANTILE**2 * scale * hanley_mcneil_variance(x, m, n)

    # At 0 the variance vanishes and the excess is positive; just below the AUC it is negative.
    return float(optimize.brentq(excess, 0.0, min(value, 1 - 1e-12), xtol=1e-10))


def tie_factor(scores: np.ndarray) -> float:
    """By how much ties reduce the variance of the AUC under permuted membership: 1 without ties, 0 if all are tied."""
    counts, total = np.unique(scores, return_counts=True)[1].astype(float), len(scores)
    return 1 - float((counts**3 - counts).sum()) / (total**3 - total)


def _margin(by_member: np.ndarray, by_nonmember: np.ndarray) -> float:
    """Half the width of the normal 95 % interval of a mean of placements, or of their differences."""
    variance = sum(float(group.var()) / max(len(group) - 1, 1) for group in (by_member, by_nonmember))
    return NORMAL_QUANTILE * variance**0.5


def _placements_of_both(members: np.ndarray, nonmembers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of nonmembers below each member (m,), and share of members above each nonmember (n,)."""
    return placements(members, nonmembers), 1 - placements(nonmembers, members)
