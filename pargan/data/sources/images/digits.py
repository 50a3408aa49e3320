"""The handwritten digits that are bundled with scikit-learn."""

import numpy as np
from sklearn.datasets import load_digits

from pargan.data.sources.image_pool import image_pool
from pargan.records.pool import Pool


def digits() -> Pool:
    """1,797 real handwritten digits of 8x8 pixels; their 17 grey levels are scaled to 0..255."""
    bundled = load_digits()
    return image_pool(np.rint(bundled.images * (255 / 16)).astype(np.uint8), (8, 8), bundled.target)
