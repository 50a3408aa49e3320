"""A cache for slow functions of arrays; the key is a hash of the arrays' content."""

import hashlib
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

Result = TypeVar("Result")


class RecentResults(Generic[Result]):
    """The most recently used results by key.

    Args:
        size: number of results to keep.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._results: dict[bytes, Result] = {}

    def __len__(self) -> int:
        """Number of results that are kept."""
        return len(self._results)

    def get(self, key: bytes, make: Callable[[], Result]) -> Result:
        """The result of this key, made where it is not kept; it is shared between calls."""
        result = self._results.pop(key) if key in self._results else make()
        self._results[key] = result  # dicts keep the order of insertion: the first is the least recently used
        if len(self._results) > self.size:
            del self._results[next(iter(self._results))]
        return result


class ContentCache(Generic[Result]):
    """A function of arrays with a least-recently-used cache of its results.

    Args:
        function: the function; its result may depend on the content of its arguments only.
        size: number of results to keep.
    """

    def __init__(self, function: Callable[..., Result], size: int) -> None:
        self.function = function
        self._recent = RecentResults[Result](size)

    def __call__(self, *arrays: np.ndarray | None) -> Result:
        """The result for `arrays`; it is shared between calls and must not be modified in place."""
        return self._recent.get(fingerprint(*arrays), lambda: self.function(*arrays))


def fingerprint(*arrays: np.ndarray | None) -> bytes:
    """Hash of the arrays' content, shapes and dtypes; None has a hash too."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(repr(None if array is None else (array.shape, array.dtype)).encode())
        digest.update(b"" if array is None else np.ascontiguousarray(array).data)
    return digest.digest()
