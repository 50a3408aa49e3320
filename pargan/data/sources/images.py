"""Images: the facts, and the data sets that come with a library.

Legend: N images of H x W pixels with C channels. Stored (N, H, W, C), or (N, H, W) for one channel, uint8;
in model space (N, C, H, W) float32 in [-1, 1].
"""

from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from torchvision import datasets

from pargan.errors import ParganError
from pargan.metrics.images import ImageQuality
from pargan.records.grey_levels import images_to_model
from pargan.records.images import ImageSpec
from pargan.records.pool import Pool


def image_records(values: Any, shape: tuple[int, ...], labels: np.ndarray | None) -> Pool:
    """A pool of stored images, in memory or read lazily; `shape` of one is (H, W) or (H, W, C)."""
    height, width, channels = (*shape, 1)[:3]
    spec = ImageSpec(channels, height, width)
    return Pool(values, spec, ImageQuality(), labels, images_to_model)


def digits() -> Pool:
    """1,797 real handwritten digits of 8x8 pixels, bundled with scikit-learn; 17 grey levels over 0..255."""
    bundled = load_digits()
    return image_records(np.rint(bundled.images * (255 / 16)).astype(np.uint8), (8, 8), bundled.target)


def mnist(data_dir: str) -> Pool:
    """70,000 handwritten digits of 28x28 pixels, training and test set in one pool.

    Raises:
        ParganError: the files are not in `data_dir` and cannot be downloaded.
    """
    return _pool(datasets.MNIST, data_dir, "MNIST/raw/train-images-idx3-ubyte and its three companions")


def fashion_mnist(data_dir: str) -> Pool:
    """70,000 images of clothing of 28x28 pixels (arXiv 1708.07747), training and test set in one pool.

    Raises:
        ParganError: the files are not in `data_dir` and cannot be downloaded.
    """
    return _pool(datasets.FashionMNIST, data_dir, "FashionMNIST/raw/train-images-idx3-ubyte and its three companions")


def cifar10(data_dir: str) -> Pool:
    """60,000 colour images of 32x32 pixels in ten classes, training and test set in one pool.

    Raises:
        ParganError: the files are not in `data_dir` and cannot be downloaded.
    """
    return _pool(datasets.CIFAR10, data_dir, "cifar-10-batches-py/data_batch_1 and its companions")


def _pool(dataset: Any, data_dir: str, expected: str) -> Pool:
    root = Path(data_dir).expanduser()
    folder = (root / expected).parent
    made = [each for each in (folder, *folder.parents) if not each.exists()]  # by torchvision, before it downloads
    try:
        # torchvision downloads only what is missing.
        parts = [dataset(root, train=train, download=True) for train in (True, False)]
    except (RuntimeError, OSError, HTTPException, EOFError, ValueError, AssertionError) as error:
        with suppress(OSError):  # one that holds something stays
            for each in made:
                each.rmdir()
        reason = " ".join(str(error).split())[:200]
        raise ParganError(
            f"data_dir={data_dir}: {root / expected} cannot be had ({reason}); "
            f"put the official files there or set data_dir to where they are"
        ) from error
    values = np.concatenate([np.asarray(part.data) for part in parts])
    labels = np.concatenate([np.asarray(part.targets) for part in parts])
    return image_records(values, values.shape[1:], labels)
