"""Statistics of scores: pure functions of two arrays, no attack and no network in sight.

Legend: scores of m members and of n nonmembers, (m,) and (n,) float64; higher = more likely a member.
A record is called a member where its score is at least the threshold.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

BLOCK_NUMBERS = 2**17
"""Numbers drawn at a time by the bootstrap; 1 MiB each for a few arrays, which stay in the processor's cache."""

TAIL = 0.025
"""What a 95 % interval leaves out on either side."""


class Roc(NamedTuple):
    """The ROC curve's corners, from threshold +inf downwards; (c,) arrays."""

    thresholds: np.ndarray
    tpr: np.ndarray
    fpr: np.ndarray


class Interval(NamedTuple):
    """A metric and its 95 % interval."""

    value: float
    low: float
    high: float


def roc(members: np.ndarray, nonmembers: np.ndarray) -> Roc:
    """True and false positive rate at every distinct score; starts at (0, 0), ends at (1, 1)."""
    thresholds = np.append(np.inf, np.unique(np.concatenate([members, nonmembers]))[::-1])
    tpr, fpr = (
        (len(scores) - np.searchsorted(np.sort(scores), thresholds)) / len(scores) for scores in (members, nonmembers)
    )
    return Roc(thresholds, tpr, fpr)


def auc(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """Area under the ROC curve: P(member above nonmember) + P(tie) / 2. Constant scores give exactly 0.5."""
    m, n = len(members), len(nonmembers)
    ranks = stats.rankdata(np.concatenate([members, nonmembers]))  # midranks
    return float((ranks[:m].sum() - m * (m + 1) / 2) / (m * n))


def auc_interval(members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator, draws: int = 2000) -> Interval:
    """AUC with its 95 % percentile interval from a stratified bootstrap over records.

    Members and nonmembers are drawn again separately, with replacement. Constant scores give an interval of
    width 0. So would scores that separate the groups perfectly, however few they are; there min(m, n)
    disjoint pairs, all won, bound the AUC as that many independent trials would. The interval covers the
    choice of records, not of the trained networks: for that, train with several seeds.
    """
    m, n = len(members), len(nonmembers)
    ordered = np.sort(nonmembers)
    below, up_to = np.searchsorted(ordered, members, "left"), np.searchsorted(ordered, members, "right")
    block = max(1, BLOCK_NUMBERS // (m + n))
    drawn = np.concatenate(
        [_redrawn_auc(below, up_to, n, rng, min(block, draws - done)) for done in range(0, draws, block)]
    )
    low, high = np.quantile(drawn, [TAIL, 1 - TAIL])
    return _within_doubt(Interval(auc(members, nonmembers), float(low), float(high)), min(m, n))


def delong_interval(members: np.ndarray, nonmembers: np.ndarray) -> Interval:
    """AUC with its 95 % interval from the variance of placements (DeLong et al. 1988, doi 10.2307/2531595).

    Where many intervals are wanted: a bootstrap takes hundreds of times as long as this sort. It is too narrow below
    some twenty records in a group; groups that are separated perfectly get the bound of `auc_interval`. One record in
    a group has no variance to estimate: then the interval is [0, 1].
    """
    m, n = len(members), len(nonmembers)
    by_member, by_nonmember = _placements(members, nonmembers)
    value = float(by_member.mean())
    if min(m, n) < 2:
        return Interval(value, 0.0, 1.0)
    margin = _margin(by_member, by_nonmember)
    return _within_doubt(Interval(value, max(0.0, value - margin), min(1.0, value + margin)), min(m, n))


def _within_doubt(interval: Interval, pairs: int) -> Interval:
    """The interval, widened where perfect separation of so many disjoint pairs would leave none."""
    if interval.value not in (0.0, 1.0):
        return interval
    beyond_doubt = float(TAIL ** (1 / pairs))
    return interval._replace(low=min(interval.low, beyond_doubt), high=max(interval.high, 1 - beyond_doubt))


def _redrawn_auc(below: np.ndarray, up_to: np.ndarray, n: int, rng: np.random.Generator, draws: int) -> np.ndarray:
    """(draws,) AUCs of redrawn records.

    `below` and `up_to` (m,) count the nonmembers below, and not above, each member. With the cumulative
    numbers of times that the ordered nonmembers were drawn, they become the same counts in a redrawn set.
    """
    m = len(below)
    row = np.arange(draws)[:, None]
    times = np.bincount((rng.integers(n, size=(draws, n)) + row * n).ravel(), minlength=draws * n)
    cumulative = np.zeros((draws, n + 1), dtype=np.int64)
    np.cumsum(times.reshape(draws, n), axis=1, out=cumulative[:, 1:])
    redrawn = rng.integers(m, size=(draws, m))
    wins = cumulative[row, below[redrawn]] + cumulative[row, up_to[redrawn]]  # a tie counts 1, a win 2
    return wins.sum(axis=1) / (2 * m * n)


def auc_difference(first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]) -> Interval:
    """AUC of the first scores minus AUC of the second on the same records, with its 95 % interval.

    Each pair holds the scores of members and of nonmembers, in the same order of records. The paired
    comparison of DeLong et al. 1988 (doi 10.2307/2531595): what makes a record easy for both cancels.
    """
    placed = [_placements(*scores) for scores in (first, second)]
    by_member, by_nonmember = (one - other for one, other in zip(*placed, strict=True))
    value, margin = float(by_member.mean()), _margin(by_member, by_nonmember)
    return Interval(value, value - margin, value + margin)


def _margin(by_member: np.ndarray, by_nonmember: np.ndarray) -> float:
    """Half the width of the normal 95 % interval of a mean of placements, or of their differences."""
    variance = sum(float(each.var()) / max(len(each) - 1, 1) for each in (by_member, by_nonmember))
    return float(stats.norm.isf(TAIL)) * variance**0.5


def _placements(members: np.ndarray, nonmembers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of every member (m,) and nonmember (n,), the share of the other group that it is on the right side of."""
    return placements(members, nonmembers), 1 - placements(nonmembers, members)


def placements(scores: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Share of `among` (n,) below each of the scores (N,), ties counted half: (N,) in [0, 1]."""
    ordered = np.sort(among)
    below, up_to = np.searchsorted(ordered, scores, "left"), np.searchsorted(ordered, scores, "right")
    return (below + up_to) / (2 * len(among))


def permutation_p_value(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """P(AUC at least as high | membership permuted at random): one-sided, members score higher.

    The Mann-Whitney test's normal limit with tie and continuity correction; the null AUC has SD
    sqrt((m + n + 1) / (12 m n)) without ties. Good from about ten records per group on.
    """
    if np.ptp(np.concatenate([members, nonmembers])) == 0:
        return 1.0  # every permutation gives the same AUC
    return float(stats.mannwhitneyu(members, nonmembers, alternative="greater", method="asymptotic").pvalue)


def resolves(false_positive_rate: float, n: int) -> bool:
    """Whether n nonmembers can tell this false positive rate from 0: at least 1 / rate of them."""
    return n >= 1 / false_positive_rate


def tpr_at_fpr(members: np.ndarray, nonmembers: np.ndarray, false_positive_rate: float) -> Interval:
    """The largest TPR whose FPR is at most `false_positive_rate`, with its 95 % Clopper-Pearson interval.

    The interval is conditional on the threshold, which the nonmembers set: of the TPR at a true FPR of 10 %,
    120 + 120 records' intervals cover but 87 %. Between two corners of the ROC curve nothing is
    interpolated. Ask `resolves` first.
    """
    curve = roc(members, nonmembers)
    hits = round(float(curve.tpr[curve.fpr <= false_positive_rate].max()) * len(members))
    return clopper_pearson(hits, len(members))


def clopper_pearson(hits: float, trials: int) -> Interval:
    """A proportion and its exact 95 % interval (Clopper and Pearson 1934, doi 10.1093/biomet/26.4.404).

    From quantiles of the beta distribution, which take half counts of hits too.
    """
    low = stats.beta.ppf(TAIL, hits, trials - hits + 1) if hits > 0 else 0.0
    high = stats.beta.isf(TAIL, hits + 1, trials - hits) if hits < trials else 1.0
    return Interval(hits / trials, float(low), float(high))


def advantage(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """max(TPR - FPR) in [0, 1]. Chosen on the records it is reported for, so above 0 by chance."""
    curve = roc(members, nonmembers)
    return float((curve.tpr - curve.fpr).max())


def balanced_accuracy(members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator) -> float:
    """(TPR + 1 - FPR) / 2 with the threshold chosen on a separate half.

    Both groups are halved at random; each half is judged by the other half's best threshold, and the two
    accuracies are averaged. 0.5 is guessing. Needs two records of each group.
    """
    halves = [np.array_split(rng.permutation(scores), 2) for scores in (members, nonmembers)]
    judged = []
    for chosen_on, reported_on in ((0, 1), (1, 0)):
        curve = roc(*(half[chosen_on] for half in halves))
        threshold = curve.thresholds[np.argmax(curve.tpr - curve.fpr)]
        tpr, fpr = ((half[reported_on] >= threshold).mean() for half in halves)
        judged.append((tpr + 1 - fpr) / 2)
    return float(np.mean(judged))


def top_n_accuracy(members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator) -> float:
    """Share of members among the n highest scores of n members and n nonmembers: the published accuracy.

    0.5 is guessing. Records tied at the cut count by their expected share. The larger group is cut at
    random to the size of the smaller.
    """
    n = min(len(members), len(nonmembers))
    members, nonmembers = (rng.permutation(scores)[:n] for scores in (members, nonmembers))
    cut = np.sort(np.concatenate([members, nonmembers]))[n]  # the lowest of the n highest
    above = [(scores > cut).sum() for scores in (members, nonmembers)]
    tied = [(scores == cut).sum() for scores in (members, nonmembers)]
    return float((above[0] + (n - sum(above)) * tied[0] / sum(tied)) / n)
