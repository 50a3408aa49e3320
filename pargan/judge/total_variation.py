"""Total variation distance of two histograms of scores, and its distribution with membership permuted.

Legend: scores of m members and of n nonmembers, (m,) and (n,) float64.
"""

from typing import NamedTuple

import numpy as np

BINS = 50
PERMUTATIONS = 500


class TotalVariation(NamedTuple):
    """A total variation distance, and the mean and 95 % quantile of the same distance with membership permuted."""

    value: float
    null_mean: float
    null_high: float


def total_variation(members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator) -> TotalVariation:
    """Half the L1 distance of the two histograms (50 bins on a common range), in [0, 1], beside its null distribution.

    Histograms of equal distributions differ by chance, so the distance is well above 0 even where scores say
    nothing about membership; `null_mean` says by how much. Unlike the other metrics it changes with the scale of
    the scores: one far outlier makes the bins wide.
    """
    m, n = len(members), len(nonmembers)
    bins = _bin_indices(np.concatenate([members, nonmembers]))
    member_counts, nonmember_counts = (np.bincount(group, minlength=BINS) for group in np.split(bins, [m]))
    counts = member_counts + nonmember_counts
    # Permuting membership draws m of all records, so the counts in the bins are all that is needed.
    permuted = rng.multivariate_hypergeometric(counts, m, size=PERMUTATIONS)
    null = _distance(permuted / m, (counts - permuted) / n)
    value = _distance(member_counts / m, nonmember_counts / n)
    return TotalVariation(float(value), float(null.mean()), float(np.quantile(null, 0.95)))


def _bin_indices(scores: np.ndarray) -> np.ndarray:
    """The bin of every score, integers in 0 .. 49; constant scores are all in bin 0."""
    low, high = scores.min(), scores.max()
    width = high - low
    if width == 0:
        return np.zeros(len(scores), dtype=np.int64)
    return np.minimum(((scores - low) / width * BINS).astype(np.int64), BINS - 1)


def _distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Half the L1 distance of two histograms, (..., bins) and (..., bins) -> (...)."""
    return np.abs(first - second).sum(axis=-1) / 2
