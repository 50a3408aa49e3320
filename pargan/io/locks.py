"""File locks between processes, on one machine or on several that share a disk."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pargan.io.files import write_error


@contextmanager
def locked(path: Path, on_wait: Callable[[], object]) -> Iterator[None]:
    """Run the block while no other process holds the lock file at `path`. A process that dies releases its lock.

    Args:
        path: the lock file. It is not deleted afterwards: whether it exists says nothing about the lock.
        on_wait: called once, before waiting, if another process holds the lock; if it raises, the lock is not
            waited for.

    Raises:
        ParganError: the file cannot be written.
    """
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            on_wait()
            lock.acquire()
    except OSError as error:
        raise write_error(path, error) from error
    try:
        yield
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """Whether another process holds the lock file at `path` at this moment."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError as error:
        raise write_error(path, error) from error
    lock.release()
    return False
