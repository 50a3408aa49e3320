"""Points: the two toy data sets of the paper. Legend: N points, D coordinates."""

import numpy as np
from sklearn.datasets import make_circles

from pargan.metrics.points import PointsQuality, RingQuality
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool

BLOB_CENTRES = ((0.0, 0.0), (1.0, 1.0), (-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0))
BLOB_VARIANCE = 0.1
CIRCLE_RADII, CIRCLE_NOISE = (1.0, 0.5), 0.05


def blobs(size: int = 10_000) -> Pool:
    """Five Gaussians in the plane: (10000, 2), the published draw to the last bit; labels: which one."""
    # The published data came from NumPy's legacy generator, and only that gives the same points again.
    random = np.random.RandomState(0)
    centres = np.asarray(BLOB_CENTRES)
    component = random.choice(len(centres), size, replace=True, p=[1 / len(centres)] * len(centres))
    normal = random.normal(size=(size, 2))
    factor = np.linalg.cholesky(BLOB_VARIANCE * np.eye(2))
    return Pool(
        values=(centres[component] + normal @ factor.T).astype(np.float32),
        spec=PointsSpec(2),
        quality=PointsQuality(centres=centres, std=BLOB_VARIANCE**0.5),
        labels=component,
    )


def circles(size: int = 10_000, seed: int = 0) -> Pool:
    """Two noisy rings around the origin: (10000, 2); labels are the rings, 0 the outer one.

    The published draw had no seed, so this is the same distribution and not the same points.
    """
    outer, inner = CIRCLE_RADII
    values, labels = make_circles(size, factor=inner / outer, noise=CIRCLE_NOISE, random_state=seed)
    return Pool(
        values=values.astype(np.float32),
        spec=PointsSpec(2),
        quality=RingQuality(radii=CIRCLE_RADII, std=CIRCLE_NOISE),
        labels=labels,
    )
