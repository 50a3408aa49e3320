"""Pools of images.

Legend: N images of H x W pixels with C channels. Stored (N, H, W, C), or (N, H, W) for one channel, uint8;
in model space (N, C, H, W) float32 in [-1, 1].
"""

from typing import Any

import numpy as np

from pargan.metrics.images import ImageQuality
from pargan.records.grey_levels import images_to_model
from pargan.records.images import ImageSpec
from pargan.records.pool import Pool


def image_pool(values: Any, shape: tuple[int, ...], labels: np.ndarray | None, notes: tuple[str, ...] = ()) -> Pool:
    """A pool of N stored images, an array or a reader of files; `shape` of one image is (H, W) or (H, W, C)."""
    height, width, channels = (*shape, 1)[:3]
    return Pool(values, ImageSpec(channels, height, width), ImageQuality(), labels, images_to_model, notes)
