"""A user's own arrays in .npz files.

Legend: N records, D coordinates; images of H x W pixels with C channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pargan.data.sources.arrays.layout import channels_last
from pargan.data.sources.arrays.reading import Arrays, read_arrays
from pargan.data.sources.image_pool import image_pool
from pargan.data.sources.labels import numbered
from pargan.data.sources.pixel_range import PixelValues, Range, checked_range, chosen_ranges, described, to_bytes
from pargan.errors import ParganError
from pargan.metrics.points import PointsQuality
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool

STANDARDIZED = (
    "coordinates are brought to mean 0 and standard deviation 1 for training and distances, and back to your units on "
    "output (standardize changes it)"
)


def npz(
    path: str | None = None,
    key: str = "x",
    labels_key: str | None = "y",
    layout: str | None = None,
    pixel_range: Sequence[float] | None = None,
    standardize: bool = True,
) -> Pool:
    """A pool from an array of an .npz file.

    The array holds points (N, D) of any real type, or images (N, H, W), (N, H, W, C) or (N, C, H, W) with 1 or 3
    channels. In model space every coordinate of points has mean 0 and standard deviation 1 over the pool; decoded and
    written points are in the units of the file.

    Images are scaled to 256 grey levels: truth values and masks of 0 and 1, floats in [0, 1] or [-1, 1], uint8, and
    integers of up to 10, 12, 14 or 16 bits. What was inferred beyond the type stands in the pool's `notes`. Where two
    readings are plausible, such as 17 levels or dark images, the array is refused until `pixel_range` is given.

    Args:
        path: the file.
        key: name of the array.
        labels_key: name of an array of labels, which may be missing: (N,) or (N, 1) integers, whole floats or texts, or
            one-hot rows (N, C). None ignores it.
        layout: of images with a fourth axis, NHWC or NCHW; None infers it from where 1 or 3 stands.
        pixel_range: the numbers that are black and white in images, where that cannot be inferred.
        standardize: False leaves the coordinates of points as they are.

    Raises:
        ParganError: the file or the array is missing, or has other content.
    """
    if path is None:
        raise ParganError("is missing", argument="path", remedy="give a file, for example path=my.npz")
    pools = npz_pools(
        {"path": path},
        generated=None,
        key=key,
        labels_key=labels_key,
        layout=layout,
        pixel_range=pixel_range,
        standardize=standardize,
    )
    return pools["path"]


def npz_pools(
    paths: Mapping[str, str],
    *,
    generated: str | None,
    key: str = "x",
    labels_key: str | None = "y",
    layout: str | None = None,
    pixel_range: Sequence[float] | None = None,
    standardize: bool = True,
    spec: PointsSpec | None = None,
) -> dict[str, Pool]:
    """Pools of several files that are read alike; scales and ranges are those of the real records.

    Args:
        paths: name -> file; errors have the name as their argument.
        generated: name of the file of generated records, or None.
        key, labels_key, layout, pixel_range, standardize: as in `npz`.
        spec: the format of points, where it is known; None fits it to the group `reference`, or else to `nonmembers`,
            or else to the first one: an attacker does not know the members.
    """
    given = checked_range(pixel_range)
    arrays = {name: read_arrays(name, str(path), key, labels_key) for name, path in paths.items()}
    points = {name: array for name, array in arrays.items() if array.values.ndim == 2}
    if points:
        fitted_on = next((name for name in ("reference", "nonmembers") if name in points), next(iter(points)))
        fitted = spec or _points_spec(points[fitted_on].values, standardize)
    labels, names = numbered({name: array.labels for name, array in arrays.items()})
    images = {name: channels_last(array, layout) for name, array in arrays.items() if name not in points}
    seen = {name: {values.dtype: PixelValues.of(values)} for name, values in images.items()}
    ranges = chosen_ranges(seen, paths, generated, given)
    pools = {
        name: _points(array, labels[name], fitted, standardize)
        if name in points
        else _images(
            array.key, images[name], labels[name], seen[name][images[name].dtype], ranges[name][images[name].dtype]
        )
        for name, array in arrays.items()
    }
    return {name: replace(pool, label_names=names) for name, pool in pools.items()}


def _points_spec(values: np.ndarray, standardize: bool) -> PointsSpec:
    return PointsSpec.fit(values) if standardize else PointsSpec(values.shape[1])


def _points(array: Arrays, labels: np.ndarray | None, fitted: PointsSpec, standardize: bool) -> Pool:
    # Points of another size get a format of their own, so that the caller can compare and name both.
    is_same = fitted.size == array.values.shape[1]
    spec = fitted if is_same else _points_spec(array.values, standardize)
    notes = () if spec.scale is None else (STANDARDIZED,)
    return Pool(array.values, spec, PointsQuality(), labels, spec.encode, notes)


def _images(key: str, images: np.ndarray, labels: np.ndarray | None, seen: PixelValues, pixel_range: Range) -> Pool:
    notes = () if seen.is_usual(pixel_range) else (described(f"images {key} hold", seen, pixel_range),)
    levels = to_bytes(images, pixel_range)
    return image_pool(levels, levels.shape[1:], labels, notes)
