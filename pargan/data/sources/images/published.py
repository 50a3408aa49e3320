"""The image data sets that torchvision downloads."""

from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np
from torchvision import datasets

from pargan.data.sources.image_pool import image_pool
from pargan.errors import ParganError
from pargan.records.pool import Pool


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
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        # torchvision downloads only what is missing.
        parts = [dataset(root, train=train, download=True) for train in (True, False)]
    except (RuntimeError, OSError, HTTPException, EOFError, ValueError, AssertionError) as error:
        with suppress(OSError):  # remove the folders that torchvision created before it downloads, if they are empty
            for parent in missing:
                parent.rmdir()
        reason = " ".join(str(error).split())[:200]
        raise ParganError(
            f"does not hold {root / expected}, or they are damaged, and they cannot be downloaded ({reason})",
            argument="data_dir",
            value=data_dir,
            remedy="put the official files there or set data_dir to the folder that holds them",
        ) from error
    values = np.concatenate([np.asarray(part.data) for part in parts])
    labels = np.concatenate([np.asarray(part.targets) for part in parts])
    return image_pool(values, values.shape[1:], labels)
