"""Writing files so that neither a crash nor a full disk leaves half a file behind, and reading what is no such file."""

import contextlib
import errno
import os
import pickle
import struct
from pathlib import Path

from pargan.errors import ParganError

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
# What torch.load with weights_only raises for files that hold no tensors, found by trying random bytes.
NO_TENSORS = (
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
    """Write `content` beside `path`, flush it to the disk, then rename it over `path`.

    A reader sees the old file or the new one, never a part of either.

    Raises:
        ParganError: the disk is full or the folder may not be written; the old file is untouched.
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
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> ParganError:
    """The sentence for a file that could not be written."""
    if error.errno in DISK_FULL:
        return ParganError(f"the disk is full: {path} was not written; free some space, then continue the run")
    return ParganError(f"{path} cannot be written ({error.strerror}); choose another folder or mend its permissions")


def unreadable(what: str, error: OSError) -> ParganError:
    """The sentence for a file or folder that is there and could not be read; `what` begins it."""
    return ParganError(f"{what} cannot be read ({error.strerror}); mend its permissions")


def append_text(path: Path, text: str) -> None:
    """Append `text` to the file at `path`, which is made where it is missing.

    Raises:
        ParganError: the disk is full or the folder may not be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(text)
    except OSError as error:
        raise unwritable(path, error) from error
