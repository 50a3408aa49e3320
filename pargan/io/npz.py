"""Reading and writing .npz files."""

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np

from pargan.io.files import write_atomically

NUMPY_LOAD_ERRORS = (
    *(OSError, EOFError, ValueError, TypeError, AttributeError, OverflowError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What `numpy.load` and reading an array raise on damaged files and on files of another format.

A missing array raises KeyError, which is not among them. ParganError is a ValueError and thus caught: raise it outside.
"""


def write_npz(records: np.ndarray, stem: Path) -> Path:
    """Write `records` as the array `x` of `<stem>.npz`; returns the path of the file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=records)
    path = stem.with_name(f"{stem.name}.npz")
    write_atomically(path, buffer.getvalue())
    return path
