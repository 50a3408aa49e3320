"""Toy data of the paper: five Gaussian blobs in the plane."""

import numpy as np

from pargan.metrics.points import PointsQuality
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool

CENTRES = ((0.0, 0.0), (1.0, 1.0), (-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0))
VARIANCE = 0.1


def blobs(size: int = 10_000) -> Pool:
    """(size, 2) points from five Gaussians, equal to the published ones to the last bit; labels are the Gaussians."""
    # The published points were drawn with NumPy's legacy generator, which alone reproduces them.
    random = np.random.RandomState(0)
    centres = np.asarray(CENTRES)
    component = random.choice(len(centres), size, replace=True, p=[1 / len(centres)] * len(centres))
    normal = random.normal(size=(size, 2))
    factor = np.linalg.cholesky(VARIANCE * np.eye(2))
    return Pool(
        values=(centres[component] + normal @ factor.T).astype(np.float32),
        spec=PointsSpec(2),
        quality=PointsQuality(centres=centres, std=VARIANCE**0.5),
        labels=component,
    )
