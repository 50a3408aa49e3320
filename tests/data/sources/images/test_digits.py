import numpy as np
from sklearn.datasets import load_digits

from pargan.data.sources.images.digits import digits


def test_digits_are_the_images_of_scikit_learn():
    pool = digits()
    bundled = load_digits()
    assert pool.values.dtype == np.uint8
    assert pool.spec.shape == (1, 8, 8)
    np.testing.assert_array_equal(np.rint(pool.values / 255 * 16), bundled.images)
    np.testing.assert_array_equal(pool.labels, bundled.target)
