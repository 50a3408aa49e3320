"""How far apart two histograms of scores lie, beside how far apart they lie when nothing leaks.

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
    """Half the L1 distance of the two histograms (50 bins on a common range), in [0, 1], with its null floor.

    Histograms of equal distributions differ by chance, so the distance is well above 0 also when nothing
    leaks; the floor says by how much. Unlike the other metrics it changes with the scale of the scores: one
    far outlier makes the bins wide.
    """
    m, n = len(members), len(nonmembers)
    place = _bins(np.concatenate([members, nonmembers]))
    of_members, of_nonmembers = (np.bincount(each, minlength=BINS) for each in np.split(place, [m]))
    # Permuting membership draws m of the pooled records, so the counts in the bins are all that is needed.
    drawn = rng.multivariate_hypergeometric(of_members + of_nonmembers, m, size=PERMUTATIONS)
    null = _distance(drawn / m, (of_members + of_nonmembers - drawn) / n)
    value = _distance(of_members / m, of_nonmembers / n)
    return TotalVariation(float(value), float(null.mean()), float(np.quantile(null, 0.95)))


def _bins(scores: np.ndarray) -> np.ndarray:
    """The bin of every score, integers in 0 .. 49; constant scores share one."""
    low, high = scores.min(), scores.max()
    width = high - low
    if width == 0:
        return np.zeros(len(scores), dtype=np.int64)
    return np.minimum(((scores - low) / width * BINS).astype(np.int64), BINS - 1)


def _distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(..., bins) twice -> (...)."""
    return np.abs(one - other).sum(axis=-1) / 2
