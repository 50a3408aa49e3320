"""Atomic writes, and the errors for files that cannot be written or read."""

import contextlib
import errno
import os
import pickle
import re
import struct
from collections.abc import Collection
from pathlib import Path

from pargan.errors import ParganError

PARTIAL = re.compile(r"\..+\.\d+\.partial")
"""Name of the file that `write_atomically` renames when it is complete."""

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
# What torch.load(..., weights_only=True) raises on files that torch.save did not write, found by trying random bytes.
TORCH_LOAD_ERRORS = (
    RuntimeError,
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    struct.error,
)


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to a temporary file in the same folder, flush it to the disk, then rename it to `path`.

    A reader sees the old file or the new one, never a part of either. Missing folders are created.

    Raises:
        ParganError: the disk is full or the folder is not writable; an old file at `path` is unchanged.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise write_error(path, error) from error


def remove_partial_files(folder: Path, skipped: Collection[str] = ()) -> None:
    """Remove what `write_atomically` left below `folder` in processes that were killed.

    Args:
        folder: no other process may be writing to it.
        skipped: names of subfolders that are left alone.
    """
    for parent, subfolders, names in os.walk(folder):
        subfolders[:] = [name for name in subfolders if name not in skipped]
        for name in names:
            if PARTIAL.fullmatch(name):
                (Path(parent) / name).unlink(missing_ok=True)


def write_error(path: Path, error: OSError) -> ParganError:
    """The error to raise when writing `path` failed with `error`."""
    if error.errno in DISK_FULL:
        return ParganError(f"the disk is full: {path} was not written", remedy="free some space, then continue the run")
    return ParganError(
        f"{path} cannot be written ({error.strerror})", remedy="choose another folder or check its permissions"
    )


def read_error(path: str | Path, error: OSError, argument: str | None = None) -> ParganError:
    """The error to raise when reading the existing file or folder `path` failed with `error`.

    Args:
        path: the file or folder.
        error: what the operating system reported.
        argument: parameter of the caller that `path` was given as; None where the caller chose the path itself.
    """
    name = "" if argument is not None else f"{path} "
    problem = f"{name}cannot be read ({error.strerror})"
    return ParganError(problem, argument=argument, value=path, remedy="check its permissions")


def append_text(path: Path, text: str) -> None:
    """Append `text` to the file at `path`; the file and its folders are created if they are missing.

    Raises:
        ParganError: the disk is full or the folder is not writable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(text)
    except OSError as error:
        raise write_error(path, error) from error
