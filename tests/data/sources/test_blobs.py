import hashlib

import numpy as np

from pargan.data.sources.blobs import blobs

# SHA-256 of the bytes of the published float32 array (10000, 2).
PUBLISHED_SHA256 = "638fcdbe1cc9e9116aa8f395afa3099ebf1f9744b3d5d3107a0eed6f349690e3"


def test_blobs_are_the_published_points():
    assert hashlib.sha256(blobs().values.tobytes()).hexdigest() == PUBLISHED_SHA256


def test_blobs_equal_a_draw_record_by_record():
    random = np.random.RandomState(0)
    means = np.array([(0, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)], dtype=float)
    components = random.choice(5, 10_000, replace=True, p=[0.2] * 5)
    factor = np.linalg.cholesky(0.1 * np.eye(2))
    expected = np.array([means[c] + factor @ random.normal(size=(2,)) for c in components], dtype=np.float32)
    np.testing.assert_array_equal(blobs().values, expected)
    np.testing.assert_array_equal(blobs().labels, components)
