"""Arrays as .npz files."""

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np

from pargan.io.files import write_atomically

UNREADABLE = (
    *(OSError, EOFError, ValueError, TypeError, AttributeError, OverflowError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What NumPy and zipfile raise on files that are damaged or of another kind; KeyError is a missing array."""


def write_npz(records: np.ndarray, stem: Path) -> Path:
    """Write `records` as array `x` of `<stem>.npz`, and say where."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=records)
    path = stem.with_name(f"{stem.name}.npz")
    write_atomically(path, buffer.getvalue())
    return path
