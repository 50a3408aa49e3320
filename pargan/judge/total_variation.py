"""Total variation distance of two histograms of scores, and its distribution with membership permuted.

Legend: scores of m members and of n nonmembers, (m,) and (n,) float64.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

BINS = 50
PERMUTATIONS = 500


class TotalVariation(NamedTuple):
    """A total variation distance, and the mean and 95 % quantile of the same distance with membership permuted."""

    value: float
    null_mean: float
    null_high: float


def quantile_bins(scores: np.ndarray) -> np.ndarray:
    """The bin of every score, integers in 0 .. 49: each holds a fiftieth of the scores; equal ones stay together."""
    below = np.searchsorted(np.sort(scores), scores, "left")
    return below * BINS // len(scores)


def equal_width_bins(scores: np.ndarray) -> np.ndarray:
    """The bin of every score, integers in 0 .. 49, on a common range; constant scores are all in bin 0.

    As published (PAR-GAN, doi 10.1145/3447548.3467445). One far outlier makes the bins wide and the distance small.
    """
    low, high = scores.min(), scores.max()
    width = high - low
    if width == 0:
        return np.zeros(len(scores), dtype=np.int64)
    return np.minimum(((scores - low) / width * BINS).astype(np.int64), BINS - 1)


def unit_interval_bins(scores: np.ndarray) -> np.ndarray:
    """The bin of every score in [0, 1], integers in 0 .. 49: as published for the outputs of a sigmoid."""
    return np.minimum((scores * BINS).astype(np.int64), BINS - 1)


def total_variation_of_bins(bins: np.ndarray, num_members: int) -> float:
    """Half the L1 distance of the histograms of bins (m + n,), of members first, integers in 0 .. 49."""
    members, nonmembers = np.split(bins, [num_members])
    shares = (np.bincount(group, minlength=BINS) / len(group) for group in (members, nonmembers))
    return float(_distance(*shares))


def total_variation(
    members: np.ndarray,
    nonmembers: np.ndarray,
    rng: np.random.Generator,
    bins_of: Callable[[np.ndarray], np.ndarray] = quantile_bins,
) -> TotalVariation:
    """Half the L1 distance of the two histograms, in [0, 1], beside its null distribution.

    Histograms of equal distributions differ by chance, so the distance is well above 0 even where scores say
    nothing about membership; `null_mean` says by how much. The bins are 50 quantiles of all scores together, so the
    distance does not change with the scale of the scores, nor with how heavy their tails are.

    Args:
        members: (m,).
        nonmembers: (n,).
        rng: permutes membership.
        bins_of: all scores (m + n,) -> the bin of each, integers in 0 .. 49.
    """
    m, n = len(members), len(nonmembers)
    bins = bins_of(np.concatenate([members, nonmembers]))
    member_counts, nonmember_counts = (np.bincount(group, minlength=BINS) for group in np.split(bins, [m]))
    counts = member_counts + nonmember_counts
    # Permuting membership draws m of all records, so the counts in the bins are all that is needed.
    permuted = rng.multivariate_hypergeometric(counts, m, size=PERMUTATIONS)
    null = _distance(permuted / m, (counts - permuted) / n)
    value = _distance(member_counts / m, nonmember_counts / n)
    return TotalVariation(float(value), float(null.mean()), float(np.quantile(null, 0.95)))


def _distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Half the L1 distance of two histograms, (..., bins) and (..., bins) -> (...)."""
    return np.abs(first - second).sum(axis=-1) / 2
