"""Conversion of images between grey levels (0 to 255) and model space. Legend: n images of H x W pixels, C channels."""

import numpy as np


def images_to_model(images: np.ndarray) -> np.ndarray:
    """(n, H, W, C) or (n, H, W) uint8 -> (n, C, H, W) float32 in [-1, 1]."""
    scaled = images.astype(np.float32) / np.float32(127.5) - 1
    return scaled[:, None] if scaled.ndim == 3 else np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def grey_levels(records: np.ndarray) -> np.ndarray:
    """(n, C, H, W) in [-1, 1] -> (n, C, H, W) uint8, rounded to the nearest of the 256 levels."""
    return np.clip(np.rint((records + 1) * 127.5), 0, 255).astype(np.uint8)
