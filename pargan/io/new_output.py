"""New files and folders that appear whole or not at all, and never in place of another."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pargan.errors import ParganError
from pargan.io.files import write_error


def refuse_existing(path: Path, argument: str) -> None:
    """Refuse a path where something lies, so that nothing is overwritten.

    Raises:
        ParganError: there is a file or folder at `path`; `argument` is what it was given as.
    """
    if os.path.lexists(path):
        raise ParganError(
            "exists already",
            argument=argument,
            value=path,
            remedy=f"give a new one, for example {argument}={_free(path)}",
        )


@contextmanager
def new_output(path: Path, argument: str) -> Iterator[Path]:
    """Yield a path beside `path` to write a file or folder to; it becomes `path` when the block ends without an error.

    Raises:
        ParganError: `path` exists already, the disk is full, or the folder is not writable; nothing is left behind.
    """
    refuse_existing(path, argument)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    created = [parent for parent in path.parents if not parent.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        refuse_existing(path, argument)  # meanwhile
        partial.rename(path)
    except BaseException as error:
        _remove(partial)
        for parent in created:
            with suppress(OSError):  # not there, or not empty
                parent.rmdir()
        if isinstance(error, OSError):
            raise write_error(path, error) from error
        raise


def _remove(partial: Path) -> None:
    if partial.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
    else:
        partial.unlink(missing_ok=True)


def _free(path: Path) -> Path:
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(2, 10**6))
    return next(each for each in numbered if not os.path.lexists(each))
