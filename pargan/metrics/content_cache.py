"""Results of slow functions of arrays, kept by the hash of the arrays that they come from."""

import hashlib
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

Result = TypeVar("Result")


class ContentCache(Generic[Result]):
    """A function of arrays that keeps its last `size` results: equal arrays, the same result.

    Args:
        function: what to call on arrays that are new; it must depend on nothing else.
        size: results kept; the one that was asked for longest ago goes first.
    """

    def __init__(self, function: Callable[..., Result], size: int) -> None:
        self.function = function
        self.size = size
        self._kept: dict[bytes, Result] = {}

    def __call__(self, *arrays: np.ndarray | None) -> Result:
        """The function's result for `arrays`; do not change it in place."""
        key = fingerprint(*arrays)
        found = self._kept.pop(key) if key in self._kept else self.function(*arrays)
        self._kept[key] = found  # the last of a dict is the newest
        if len(self._kept) > self.size:
            del self._kept[next(iter(self._kept))]
        return found


def fingerprint(*arrays: np.ndarray | None) -> bytes:
    """Hash of arrays with their shapes and types: equal arrays, equal hash."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(repr(None if array is None else (array.shape, array.dtype)).encode())
        digest.update(b"" if array is None else np.ascontiguousarray(array).data)
    return digest.digest()
