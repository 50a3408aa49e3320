"""Locks between processes, of this machine or of others that share its disk."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pargan.io.files import unwritable


@contextmanager
def locked(path: Path, say: Callable[[], object]) -> Iterator[None]:
    """Hold the lock file at `path`, alone among all processes; one that ends, however it does, holds it no more.

    Args:
        path: the file, which stays behind and means nothing by itself.
        say: called once where another process holds the lock, before waiting for it; what it raises ends the wait.

    Raises:
        ParganError: the file cannot be written.
    """
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say()
            lock.acquire()
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        yield
    finally:
        lock.release()
