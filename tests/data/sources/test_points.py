"""Points: the published draw, and the spec."""

import hashlib

import numpy as np

from pargan.data.sources.points import blobs, circles

# SHA-256 of the bytes of the float32 array (10000, 2): see protocol section "Published settings".
BLOBS_SHA256 = "638fcdbe1cc9e9116aa8f395afa3099ebf1f9744b3d5d3107a0eed6f349690e3"


def test_blobs_are_the_published_points():
    assert hashlib.sha256(blobs().values.tobytes()).hexdigest() == BLOBS_SHA256


def test_blobs_equal_the_draw_written_out_record_by_record():
    random = np.random.RandomState(0)
    means = np.array([(0, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)], dtype=float)
    components = random.choice(5, 10_000, replace=True, p=[0.2] * 5)
    factor = np.linalg.cholesky(0.1 * np.eye(2))
    expected = np.array([means[c] + factor @ random.normal(size=(2,)) for c in components], dtype=np.float32)
    np.testing.assert_array_equal(blobs().values, expected)
    np.testing.assert_array_equal(blobs().labels, components)


def test_circles_are_two_rings():
    records = circles()
    radius = np.linalg.norm(records.values, axis=1)
    assert records.values.shape == (10_000, 2)
    for label, expected in ((0, 1.0), (1, 0.5)):
        ring = radius[records.labels == label]
        assert len(ring) == 5000
        assert abs(ring.mean() - expected) < 0.01
        assert abs(ring.std() - 0.05) < 0.005
