"""A lower bound on the epsilon of differential privacy, computed from scores.

Legend: scores of m members and of n nonmembers, (m,) and (n,) float64; higher = more likely a member.

A mechanism that is (epsilon, delta)-differentially private in one record's membership limits every test of
membership to TPR <= e^epsilon FPR + delta and TNR <= e^epsilon FNR + delta (Kairouz, Oh, Viswanath 2015,
arXiv 1311.0776). Rates measured on records bound epsilon from below (Jagielski, Ullman, Oprea 2020, arXiv
2006.07709).
"""

import numpy as np
from scipy import stats

from pargan.judge.roc import roc

ERROR = 0.05
"""Probability with which the bound may exceed the true epsilon."""


def epsilon_lower_bound(
    members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator, delta: float = 0.0
) -> float:
    """A one-sided 95 % lower bound on epsilon; 0 where the scores prove nothing.

    Both groups are halved at random. One half chooses the threshold; on the other half its TPR is bounded from
    below and its FPR from above (Clopper-Pearson, 2.5 % each). One minus these bounds TNR and FNR, so the second
    ratio, TNR to FNR, adds no further error. The records are treated as independent trials, which those of one
    training run need not be: a bound for the mechanism itself takes many runs.

    Args:
        members: (m,), two or more.
        nonmembers: (n,), two or more.
        rng: splits the groups into halves.
        delta: in [0, 1).
    """
    (members_1, members_2), (nonmembers_1, nonmembers_2) = (
        np.array_split(rng.permutation(scores), 2) for scores in (members, nonmembers)
    )
    # The first halves choose the threshold, the second ones report the bound.
    curve = roc(members_1, nonmembers_1)
    hits, false_alarms = curve.tpr * len(members_1), curve.fpr * len(nonmembers_1)
    bounds = _bound(hits.round(), len(members_1), false_alarms.round(), len(nonmembers_1), delta)
    best = int(np.argmax(bounds))
    # Midway to the next lower score: at the score itself, a member of the second half just below it would fail.
    threshold = curve.thresholds[best : best + 2].mean()
    passed = [(half >= threshold).sum() for half in (members_2, nonmembers_2)]
    return float(_bound(passed[0], len(members_2), passed[1], len(nonmembers_2), delta))


def epsilon_of_counts(hits: int, m: int, false_alarms: int, n: int, delta: float = 0.0) -> float:
    """A one-sided 95 % lower bound on epsilon from `hits` of m members and `false_alarms` of n nonmembers.

    For a test whose threshold was fixed beforehand, such as equality; the rest is as in `epsilon_lower_bound`.
    """
    return float(_bound(hits, m, false_alarms, n, delta))


def epsilon_ceiling(m: int, n: int, delta: float = 0.0) -> float:
    """The bound that a perfect attack on m members and n nonmembers gives; 0 where they are too few for any."""
    m, n = m // 2, n // 2  # the halves that report the bound
    return float(_bound(m, m, 0, n, delta)) if min(m, n) > 0 else 0.0


def _bound(hits: np.ndarray | int, m: int, false_alarms: np.ndarray | int, n: int, delta: float) -> np.ndarray:
    """Elementwise max(0, ln((TPR_low - delta) / FPR_high), ln((TNR_low - delta) / FNR_high))."""
    hits, false_alarms = np.asarray(hits), np.asarray(false_alarms)
    tpr_low = np.where(hits > 0, stats.beta.ppf(ERROR / 2, np.maximum(hits, 1), m - hits + 1), 0.0)
    fpr_high = np.where(
        false_alarms < n, stats.beta.isf(ERROR / 2, false_alarms + 1, np.maximum(n - false_alarms, 1)), 1.0
    )
    ratio = np.maximum((tpr_low - delta) / fpr_high, (1 - fpr_high - delta) / (1 - tpr_low))
    return np.log(np.maximum(ratio, 1.0))
