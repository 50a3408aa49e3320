"""What scores prove about differential privacy: a lower bound on epsilon.

Legend: scores of m members and of n nonmembers, (m,) and (n,) float64; higher = more likely a member.

A mechanism that is (epsilon, delta)-differentially private in one record's membership keeps every test of
membership to TPR <= e^epsilon FPR + delta and TNR <= e^epsilon FNR + delta (Kairouz, Oh, Viswanath 2015,
arXiv 1311.0776). Rates measured on records bound epsilon from below (Jagielski, Ullman, Oprea 2020, arXiv
2006.07709).
"""

import numpy as np
from scipy import stats

from pargan.judge.statistics import roc

ERROR = 0.05
"""How often the bound may lie above the truth."""


def epsilon_lower_bound(
    members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator, delta: float = 0.0
) -> float:
    """A one-sided 95 % lower bound on epsilon; 0 where nothing is proven.

    Both groups are halved at random. One half chooses the threshold, the other bounds its TPR from below
    and its FPR from above (Clopper-Pearson, 2.5 % each). One minus these bound TNR and FNR, so the mirrored
    ratio costs no further error. The records are taken for independent trials, which those of one
    training run need not be: a bound for the mechanism itself takes many runs.

    Args:
        members: (m,), two or more.
        nonmembers: (n,), two or more.
        rng: halves the groups.
        delta: in [0, 1).
    """
    (chosen_on, reported_on), (others_chosen_on, others_reported_on) = (
        np.array_split(rng.permutation(scores), 2) for scores in (members, nonmembers)
    )
    curve = roc(chosen_on, others_chosen_on)
    hits, false_alarms = curve.tpr * len(chosen_on), curve.fpr * len(others_chosen_on)
    promise = _bound(hits.round(), len(chosen_on), false_alarms.round(), len(others_chosen_on), delta)
    best = int(np.argmax(promise))
    # Midway to the next lower score: at the score itself, the lowest of the other half's members would fail.
    threshold = curve.thresholds[best : best + 2].mean()
    passed = [(half >= threshold).sum() for half in (reported_on, others_reported_on)]
    return float(_bound(passed[0], len(reported_on), passed[1], len(others_reported_on), delta))


def epsilon_ceiling(m: int, n: int, delta: float = 0.0) -> float:
    """The highest bound that m members and n nonmembers could give: that of a perfect attack. 0: none at all."""
    m, n = m // 2, n // 2  # what is left to report on
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
