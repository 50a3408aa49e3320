import numpy as np

from pargan.data.sources.circles import circles


def test_circles_are_two_noisy_rings():
    pool = circles()
    radius = np.linalg.norm(pool.values, axis=1)
    assert pool.values.shape == (10_000, 2)
    for label, expected in ((0, 1.0), (1, 0.5)):
        ring = radius[pool.labels == label]
        assert len(ring) == 5000
        assert abs(ring.mean() - expected) < 0.01
        assert abs(ring.std() - 0.05) < 0.005
