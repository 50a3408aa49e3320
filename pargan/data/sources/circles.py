"""Toy data of the paper: two noisy rings in the plane."""

import numpy as np
from sklearn.datasets import make_circles

from pargan.metrics.points import RingQuality
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool

RADII, NOISE = (1.0, 0.5), 0.05


def circles(size: int = 10_000, seed: int = 0) -> Pool:
    """(size, 2) points from two noisy rings around the origin; label 0 is the outer ring.

    The published points were drawn without a seed: these have the same distribution, but are not the same points.
    """
    outer, inner = RADII
    values, labels = make_circles(size, factor=inner / outer, noise=NOISE, random_state=seed)
    return Pool(
        values=values.astype(np.float32),
        spec=PointsSpec(2),
        quality=RingQuality(radii=RADII, std=NOISE),
        labels=labels,
    )
