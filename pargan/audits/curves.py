"""What the plots of an attack show, as numbers: its ROC curve with intervals, and the histograms of its scores.

They hold no record and no single score, so that a report can be drawn again from result.json alone.

Legend: scores of m members and n nonmembers, (m,) and (n,); c corners, r rates, b bins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pargan.audits.scoring import AttackResult
from pargan.judge.low_fpr import is_measurable, tpr_at_fpr
from pargan.judge.metrics import FALSE_POSITIVE_RATES
from pargan.judge.roc import roc

RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""False positive rates at which the ROC curve has an interval."""

DRAWS = 500  # bootstrap draws of the intervals that the metrics of the attack do not hold already
CORNERS = 120  # of a stored ROC curve, at most
BINS = 40


@dataclass(frozen=True)
class AttackCurves:
    """The ROC curve and the score histograms of one attack.

    Attributes:
        attack: its name.
        access: its access level.
        fpr, tpr: (c,) corners of the ROC staircase, from (0, TPR at no false positive) to (1, 1); between two corners
            the TPR is that of the left one. Of a curve with very many corners a part is kept, denser at low FPR.
        rates: (r,) false positive rates that so many nonmembers can tell from 0.
        tpr_low, tpr_high: (r,) 95 % interval of the TPR at each of them.
        edges: (b + 1,) bin edges, which span the central 99 % of the scores; the end bins hold the scores beyond.
        member_share, nonmember_share: (b,) share of members and of nonmembers in each bin.
    """

    attack: str
    access: str
    fpr: np.ndarray
    tpr: np.ndarray
    rates: np.ndarray
    tpr_low: np.ndarray
    tpr_high: np.ndarray
    edges: np.ndarray
    member_share: np.ndarray
    nonmember_share: np.ndarray

    @classmethod
    def of(cls, result: AttackResult) -> "AttackCurves":
        """The curves of an attack that has run."""
        members, nonmembers = result.member_scores, result.nonmember_scores
        _, tpr, fpr = roc(members, nonmembers)
        kept = _kept_corners(fpr, tpr)
        rates = [rate for rate in RATES if is_measurable(rate, len(nonmembers))]
        bounds = np.array([_bounds(result, rate) for rate in rates]).reshape(-1, 2)
        edges = bin_edges(np.concatenate([members, nonmembers]))
        shares = [histogram(scores, edges) for scores in (members, nonmembers)]
        return cls(
            *(result.name, result.access, fpr[kept], tpr[kept]),
            *(np.array(rates), bounds[:, 0], bounds[:, 1]),
            *(edges, *shares),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; numbers are rounded to six significant digits, which no plot shows."""
        roc_curve = {name: _rounded(getattr(self, name)) for name in ("fpr", "tpr", "rates", "tpr_low", "tpr_high")}
        histograms = {name: _rounded(getattr(self, name)) for name in ("edges", "member_share", "nonmember_share")}
        return {"attack": self.attack, "access": self.access, "roc": roc_curve, "histogram": histograms}


def bin_edges(scores: np.ndarray, bins: int = BINS) -> np.ndarray:
    """(bins + 1,) edges that span the central 99 % of the finite scores."""
    finite = scores[np.isfinite(scores)]
    low = np.percentile(finite, 0.5, method="higher") if len(finite) else 0.0
    high = np.percentile(finite, 99.5, method="lower") if len(finite) else 0.0
    if low >= high:
        low, high = low - 0.5, low + 0.5
    return np.linspace(low, high, bins + 1)


def histogram(scores: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(b,) share of scores in each bin; the end bins hold the scores beyond."""
    count, _ = np.histogram(np.clip(scores, edges[0], edges[-1]), bins=edges)
    return count / len(scores)


def _bounds(result: AttackResult, rate: float) -> tuple[float, float]:
    """The 95 % interval of the TPR at this rate: that of the metrics where they have it."""
    for name, measured in FALSE_POSITIVE_RATES.items():
        if measured == rate:
            return getattr(result.metrics, f"{name}_low"), getattr(result.metrics, f"{name}_high")
    rng = np.random.default_rng([0, round(rate * 1e6)])
    _, low, high = tpr_at_fpr(result.member_scores, result.nonmember_scores, rate, rng, DRAWS)
    return low, high


def _kept_corners(fpr: np.ndarray, tpr: np.ndarray) -> np.ndarray:
    """Indices of the corners to keep: the highest at each FPR, thinned to those nearest to a logarithmic grid."""
    highest = np.flatnonzero(np.append(np.diff(fpr) > 0, True))
    if len(highest) <= CORNERS:
        return highest
    positive = fpr[highest][fpr[highest] > 0]
    grid = np.geomspace(positive[0], 1, CORNERS - 1)
    chosen = np.searchsorted(fpr[highest], grid * (1 + 1e-9), "right") - 1
    return highest[np.unique(np.concatenate([[0], chosen]))]


def _rounded(values: Sequence[float] | np.ndarray) -> list[float]:
    return [float(f"{value:.6g}") for value in values]
