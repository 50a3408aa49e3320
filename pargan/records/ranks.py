"""A monotone scale on which values are about normally distributed: normal scores of their ranks among some records.

A generator reaches the ends of such a scale more easily than those of even ranks, which lie where tanh is flat: rare
values at an end, such as 99 hours a week, are not lost. These are van der Waerden's scores (Indagationes Mathematicae
14, 1952, 453).

Legend: N values; places are values on the scale of their column, from -1 (its lowest) to 1 (its highest).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import ndtr, ndtri

KNOTS = 200  # values kept of a column that has more
SUPPORT = 5  # records that stand behind each of them, so that none is the value of a single record
SPARE_KNOTS = 10  # of them for what continues the tails
SPARE = 0.03  # of the scale, for values that none of the fitted records has
FAR = 1e-3  # share of the normal distribution beyond -1, and beyond 1: what a scale from -1 to 1 leaves out
DIGITS = 9  # of levels, so that a scale read from a file equals the one that was written


@dataclass(frozen=True)
class Ranks:
    """A piecewise linear distribution function with a jump at every knot, and its inverse.

    Attributes:
        knots: ascending places; values beyond the first and the last count as these.
        levels: two for each knot, ascending in [0, 1]: the share of records below it, and up to it.

    Raises:
        ValueError: levels or knots are not ascending or do not belong together.
    """

    knots: tuple[float, ...]
    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        knots, levels = np.array(self.knots), np.array(self.levels)
        steps = np.diff(levels)
        if len(levels) != 2 * len(knots) or len(knots) < 2 or (np.diff(knots) <= 0).any():
            raise ValueError("knots must ascend, two or more, with two levels each")
        if (steps < 0).any() or (steps[1::2] <= 0).any() or levels[0] < 0 or levels[-1] > 1:
            raise ValueError("levels must ascend from 0 to 1")

    @classmethod
    def fit(cls, knots: np.ndarray, places: np.ndarray) -> Self:
        """Fit the levels of ascending knots to (N,) places."""
        places = np.sort(np.clip(places, knots[0], knots[-1]))
        below, up_to = (np.searchsorted(places, knots, side) for side in ("left", "right"))
        share = 1 / max(len(places), 1)
        at, between = (up_to - below) * share, (below[1:] - up_to[:-1]) * share
        # Values that these records lack, and others may have, need room between the knots too, and in float32.
        room = np.maximum(min(share, SPARE / len(knots)), SPARE * np.diff(knots) / 2)
        between = between + room if len(places) else np.ones(len(knots) - 1)
        steps = np.zeros(2 * len(knots))
        steps[1::2], steps[2::2] = at, between
        levels = np.round(np.cumsum(steps) / steps.sum(), DIGITS)
        return cls(tuple(knots.tolist()), tuple(np.minimum(levels, 1.0).tolist()))

    def forward(self, places: np.ndarray) -> np.ndarray:
        """(N,) places -> (N,) scores in [-1, 1]; a knot has that of the middle of its levels."""
        knots, levels = np.array(self.knots), np.array(self.levels)
        below, up_to = levels[::2], levels[1::2]
        places = np.clip(places, knots[0], knots[-1])
        i = np.clip(np.searchsorted(knots, places, "right") - 1, 0, len(knots) - 2)
        share = (places - knots[i]) / (knots[i + 1] - knots[i])
        ranks = np.where(
            share <= 0,
            (below[i] + up_to[i]) / 2,
            np.where(share >= 1, (below[i + 1] + up_to[i + 1]) / 2, up_to[i] + share * (below[i + 1] - up_to[i])),
        )
        return ndtri(FAR + (1 - 2 * FAR) * ranks) / ndtri(1 - FAR)

    def inverse(self, scores: np.ndarray) -> np.ndarray:
        """(N,) scores in [-1, 1] -> (N,) places."""
        shares = (ndtr(np.clip(scores, -1, 1) * ndtri(1 - FAR)) - FAR) / (1 - 2 * FAR)
        return np.interp(shares, self.levels, np.repeat(self.knots, 2))


def choose_knots(places: np.ndarray) -> np.ndarray:
    """Ascending places that describe (N,) given ones: shared by `SUPPORT` of them, or the mean of as many neighbours.

    The `SUPPORT` smallest and largest ones belong to the people easiest to recognise: they are in no mean. Towards both
    ends knots are closer, because in tails values lie far apart. Of fewer than 4 `SUPPORT` places only shared ones are.
    """
    distinct, counts = np.unique(places, return_counts=True)
    shared = distinct[counts >= SUPPORT]
    size = len(places)
    if size < 4 * SUPPORT or (len(distinct) <= KNOTS and counts[counts >= SUPPORT].sum() >= size / 2):
        return shared
    tail = SUPPORT * 2 ** np.arange(int(np.log2(max(size / KNOTS / SUPPORT, 1))) + 1)
    evenly = np.linspace(SUPPORT, size - SUPPORT, KNOTS - 2 * len(tail) - SPARE_KNOTS)
    starts = [SUPPORT]
    for edge in np.unique(np.concatenate([tail, evenly, size - tail]).astype(int)).tolist():
        if edge - starts[-1] >= SUPPORT and size - SUPPORT - edge >= SUPPORT:
            starts.append(edge)
    inner = np.sort(places)[: size - SUPPORT]
    return np.unique(np.add.reduceat(inner, starts) / np.diff([*starts, len(inner)]))
