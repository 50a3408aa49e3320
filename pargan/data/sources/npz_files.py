"""A user's own arrays in an .npz file.

Legend: N records, D coordinates; images of H x W pixels with C channels.
"""

from pathlib import Path

import numpy as np

from pargan.data.sources.image_pool import image_pool
from pargan.errors import ParganError
from pargan.io.npz import NUMPY_LOAD_ERRORS
from pargan.metrics.points import PointsQuality
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool


def npz(path: str | None = None, key: str = "x", labels_key: str | None = "y") -> Pool:
    """A pool from an array of an .npz file.

    The array holds points (N, D) of any real type, or images (N, H, W) or (N, H, W, C) with 1 or 3 channels, uint8 or
    float in [0, 1] (rounded to 256 levels).

    Args:
        path: the file.
        key: name of the array.
        labels_key: name of an array of (N,) integers, the labels, which may be missing; None ignores it.

    Raises:
        ParganError: the file or the array is missing, or has other content.
    """
    if path is None:
        raise ParganError("is missing", argument="path", remedy="give a file, for example path=my.npz")
    values, labels = _arrays(path, key, labels_key)
    _check_values(path, key, values)
    if labels is not None and (labels.shape != (len(values),) or labels.dtype.kind not in "iuUb"):
        raise ParganError(
            f"has labels {labels_key} of type {labels.dtype} and shape {labels.shape} for {len(values)} records",
            argument="path",
            value=path,
            remedy=f"write {len(values)} integers, or give labels_key=None",
        )
    if labels is not None:
        labels = np.unique(labels, return_inverse=True)[1]
    if values.ndim == 2:
        return Pool(values.astype(np.float32), PointsSpec(values.shape[1]), PointsQuality(), labels)
    images = _grey_levels(path, key, values)
    return image_pool(images, images.shape[1:], labels)


def _arrays(path: str, key: str, labels_key: str | None) -> tuple[np.ndarray, np.ndarray | None]:
    file = Path(path).expanduser()
    if not file.is_file():
        raise ParganError("is not a file", argument="path", value=path, remedy="give the path of an .npz file")
    try:
        with np.load(file, allow_pickle=False) as content:
            names = list(content)
            values = content[key] if key in names else None
            labels = content[labels_key] if labels_key in names else None
    except NUMPY_LOAD_ERRORS as error:
        raise ParganError(
            "cannot be read as an .npz of plain arrays",
            argument="path",
            value=path,
            remedy=f"write it with numpy.savez(path, {key}=records)",
        ) from error
    if values is None:
        raise ParganError(
            f"has no array {key} (it holds {', '.join(names) or 'nothing'})",
            argument="path",
            value=path,
            remedy=f"give the name of the array, for example key={names[0]}" if names else "give another file",
        )
    return values, labels


def _check_values(path: str, key: str, values: np.ndarray) -> None:
    shapes = "points (N, D) or images (N, H, W) or (N, H, W, C) with 1 or 3 channels"
    if values.ndim not in (2, 3, 4) or (values.ndim == 4 and values.shape[3] not in (1, 3)):
        raise ParganError(
            f"has an array {key} of shape {values.shape}", argument="path", value=path, remedy=f"write {shapes}"
        )
    if not values.size:
        raise ParganError(
            f"has an empty array {key} of shape {values.shape}",
            argument="path",
            value=path,
            remedy="write at least one record",
        )
    if values.dtype.kind not in "fiub":
        raise ParganError(
            f"has an array {key} of type {values.dtype}", argument="path", value=path, remedy="write numbers"
        )
    with np.errstate(over="ignore"):
        num_broken = int((~np.isfinite(values.astype(np.float32).reshape(len(values), -1))).any(axis=1).sum())
    if num_broken:
        raise ParganError(
            f"has {num_broken} of {len(values)} records in array {key} with NaN or infinity",
            argument="path",
            value=path,
            remedy="correct or drop them",
        )


def _grey_levels(path: str, key: str, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f" and values.min() >= 0 and values.max() <= 1:
        return np.rint(values * 255).astype(np.uint8)
    if values.dtype != np.uint8:
        raise ParganError(
            f"has images {key} of type {values.dtype} from {values.min():.6g} to {values.max():.6g}",
            argument="path",
            value=path,
            remedy="write uint8 in 0..255 or float in [0, 1]",
        )
    return values
