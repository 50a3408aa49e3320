"""A user's own arrays in an .npz file.

Legend: N records, D coordinates; images of H x W pixels with C channels.
"""

from pathlib import Path

import numpy as np

from pargan.data.sources.images import image_records
from pargan.errors import ParganError
from pargan.io.npz import NUMPY_LOAD_ERRORS
from pargan.metrics.points import PointsQuality
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool


def npz(
    path: str | None = None, key: str = "x", labels_key: str | None = "y", config_key: str = "dataset.path"
) -> Pool:
    """A pool from an array of an .npz file.

    Accepted: points (N, D) of any real type; images (N, H, W) or (N, H, W, C) with C = 1 or 3, uint8 or
    float in [0, 1] (rounded to 256 levels). An integer array (N,) at `labels_key` gives labels. Sentences call
    the file by its `config_key`.

    Raises:
        ParganError: one sentence for each way in which a file can be unfit.
    """
    if path is None:
        raise ParganError("dataset.path is missing: give the file, for example dataset=npz dataset.path=my.npz")
    source = f"{config_key}={path}"
    values, labels = _arrays(source, Path(path).expanduser(), key, labels_key)
    if labels is not None and (labels.shape != (len(values),) or labels.dtype.kind not in "iuUb"):
        raise ParganError(
            f"{source}: labels {labels_key} are {labels.dtype} {labels.shape} for {len(values)} records; "
            f"give ({len(values)},) integers, or set dataset.labels_key=null"
        )
    if labels is not None:
        labels = np.unique(labels, return_inverse=True)[1]
    if values.ndim == 2:
        return Pool(values.astype(np.float32), PointsSpec(values.shape[1]), PointsQuality(), labels)
    images = _levels(source, key, values)
    return image_records(images, images.shape[1:], labels)


def _arrays(source: str, path: Path, key: str, labels_key: str | None) -> tuple[np.ndarray, np.ndarray | None]:
    if not path.is_file():
        raise ParganError(f"{source} is no file; give the path of an .npz file")
    try:
        with np.load(path, allow_pickle=False) as file:
            if key not in file:
                held = ", ".join(file) or "nothing"
                raise ParganError(f"{source} has no array {key} (it holds {held}); set dataset.key to one of them")
            values = file[key]
            labels = file[labels_key] if labels_key is not None and labels_key in file else None
    except ParganError:
        raise
    except NUMPY_LOAD_ERRORS as error:
        raise ParganError(
            f"{source} cannot be read as an .npz of plain arrays; write it with numpy.savez(path, {key}=records)"
        ) from error
    if values.ndim not in (2, 3, 4) or (values.ndim == 4 and values.shape[3] not in (1, 3)):
        raise ParganError(
            f"{source}: array {key} has shape {values.shape}; "
            f"give points (N, D) or images (N, H, W) or (N, H, W, C) with C = 1 or 3"
        )
    if not values.size:
        raise ParganError(f"{source}: array {key} {values.shape} holds no records; give at least one")
    if values.dtype.kind not in "fiub":
        raise ParganError(f"{source}: array {key} is {values.dtype}; give numbers")
    with np.errstate(over="ignore"):
        broken = int((~np.isfinite(values.astype(np.float32).reshape(len(values), -1))).any(axis=1).sum())
    if broken:
        raise ParganError(
            f"{source}: {broken} of {len(values)} records of array {key} hold NaN or infinity; mend or drop them"
        )
    return values, labels


def _levels(source: str, key: str, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f" and values.min() >= 0 and values.max() <= 1:
        return np.rint(values * 255).astype(np.uint8)
    if values.dtype != np.uint8:
        raise ParganError(
            f"{source}: images {key} are {values.dtype} from {values.min():.6g} to {values.max():.6g}; "
            f"give uint8 in 0..255 or float in [0, 1]"
        )
    return values
