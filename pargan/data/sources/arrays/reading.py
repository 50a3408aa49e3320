"""Plain arrays from .npz files, refused before they fill the memory. Legend: N records."""

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from pargan.data.sources.labels import class_values
from pargan.data.sources.unpacking import is_bomb
from pargan.errors import ParganError
from pargan.io.files import read_error
from pargan.io.npz import NUMPY_LOAD_ERRORS

MEMORY_SHARE = 0.5
"""Share of this machine's memory that one array may fill: it is copied on its way to the networks."""


@dataclass(frozen=True)
class Arrays:
    """The records in an .npz file, and their labels.

    Attributes:
        argument: the caller's parameter that the file was given as.
        path: the file.
        key: name of the array of records.
        values: (N, ...) finite numbers or truth values, N >= 1.
        labels: (N,) classes, integers or texts, or None.
    """

    argument: str
    path: str
    key: str
    values: np.ndarray
    labels: np.ndarray | None

    def refusal(self, problem: str, remedy: str) -> ParganError:
        """The error that the array of records has a problem."""
        return ParganError(f"has an array {self.key} {problem}", argument=self.argument, value=self.path, remedy=remedy)


def read_arrays(argument: str, path: str, key: str, labels_key: str | None) -> Arrays:
    """The array `key` of the file at `path`, and the labels `labels_key` where the file has them.

    Raises:
        ParganError: the file or the array is missing, damaged or too large, or holds no finite numbers.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise ParganError("is not a file", argument=argument, value=path, remedy="give the path of an .npz file")
    remedy = f"write it with numpy.savez(path, {key}=records)"
    try:
        headers = _headers(file)
    except PermissionError as error:
        raise read_error(path, error, argument) from error
    except NUMPY_LOAD_ERRORS as error:
        raise ParganError(
            "cannot be read as an .npz of plain arrays", argument=argument, value=path, remedy=remedy
        ) from error
    if key not in headers:
        raise ParganError(
            f"has no array {key} (it holds {', '.join(headers) or 'nothing'})",
            argument=argument,
            value=path,
            remedy=f"give its name, for example key={next(iter(headers))}" if headers else "give another file",
        )
    wanted = [key] if labels_key is None or labels_key not in headers else [key, labels_key]
    for name in wanted:
        _check_header(headers[name], name, argument, path)
    try:
        with np.load(file, allow_pickle=False) as content:
            values, *labels = (content[name] for name in wanted)
    except NUMPY_LOAD_ERRORS as error:
        raise ParganError(
            "is damaged: its arrays do not hold what they declare", argument=argument, value=path, remedy=remedy
        ) from error
    array = Arrays(argument, path, key, values, None)
    _check_values(array)
    if not labels:
        return array
    classes = class_values(labels[0], len(values), str(labels_key), argument, path)
    return Arrays(argument, path, key, values, classes)


@dataclass(frozen=True)
class _Header:
    shape: tuple[int, ...]
    dtype: np.dtype
    num_bytes: int
    num_packed: int


def _headers(file: Path) -> dict[str, _Header]:
    """Name -> what the array declares; reads a few bytes of each."""
    headers = {}
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if not info.filename.endswith(".npy"):
                continue
            with archive.open(info) as stream:
                version = npy.read_magic(stream)
                read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
                shape, _, dtype = read(stream)
            headers[info.filename.removesuffix(".npy")] = _Header(shape, dtype, info.file_size, info.compress_size)
    return headers


def _check_header(header: _Header, key: str, argument: str, path: str) -> None:
    if header.dtype.hasobject:
        raise ParganError(
            f"has an array {key} of Python objects, which may run any code when it is read",
            argument=argument,
            value=path,
            remedy=f"write it as numbers, {key}=records.astype(float), or as text, {key}=labels.astype(str)",
        )
    declared = int(np.prod([header.dtype.itemsize, *header.shape], dtype=object))
    limit = MEMORY_SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if max(declared, header.num_bytes) > limit:
        raise ParganError(
            f"has an array {key} of shape {header.shape}, {declared / 2**30:,.0f} GiB, where "
            f"{limit / 2**30:,.0f} GiB fit into memory",
            argument=argument,
            value=path,
            remedy="write fewer records or a smaller type",
        )

    if is_bomb(max(declared, header.num_bytes), header.num_packed):
        raise ParganError(
            f"has an array {key} that unpacks to {declared / 2**20:,.0f} MiB from {header.num_packed / 2**20:.2g} MiB, "
            f"as records rarely do",
            argument=argument,
            value=path,
            remedy="if they are yours, write them without compression: numpy.savez(path, ...)",
        )


def _check_values(array: Arrays) -> None:
    values = array.values
    if values.ndim not in (2, 3, 4):
        raise array.refusal(
            f"of shape {values.shape}", "write points (N, D) or images (N, H, W), (N, H, W, C) or (N, C, H, W)"
        )
    if not values.size:
        raise array.refusal(f"without content, of shape {values.shape}", "write at least one record")
    if values.dtype.kind not in "fiub":
        raise array.refusal(f"of type {values.dtype}", "write numbers")
    flat = values.reshape(len(values), -1)
    if num_broken := int((~np.isfinite(flat)).any(axis=1).sum()):
        raise ParganError(
            f"has {num_broken} of {len(values)} records in array {array.key} with NaN or infinity",
            argument=array.argument,
            value=array.path,
            remedy="correct or drop them",
        )
    with np.errstate(over="ignore"):
        num_beyond = int(np.isinf(flat.astype(np.float32)).any(axis=1).sum())
    if num_beyond:
        raise ParganError(
            f"has {num_beyond} of {len(values)} records in array {array.key} with numbers beyond float32, which ends "
            f"at {np.finfo(np.float32).max:.1e}",
            argument=array.argument,
            value=array.path,
            remedy="write them in another unit",
        )
