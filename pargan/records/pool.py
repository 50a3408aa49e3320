"""Pools of records: what every data source returns.

Legend: N records; *shape is the shape of one record in model space, the space the networks see:
(D,) for points, (C, H, W) for images, (width,) for encoded tables.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from pargan.errors import ParganError
from pargan.records.spec import RecordSpec

BLOCK = 4096  # records to hash at a time


@dataclass(frozen=True)
class QualityRecords:
    """(N, *shape) records of the three groups in model space, with (N,) labels if the pool has them."""

    members: np.ndarray
    nonmembers: np.ndarray
    reference: np.ndarray
    member_labels: np.ndarray | None = None
    nonmember_labels: np.ndarray | None = None
    reference_labels: np.ndarray | None = None


class Quality(Protocol):
    """A quality measure, which the data source chooses: how similar generated records are to real ones."""

    def __call__(self, generated: np.ndarray, real: QualityRecords, seed: int) -> dict[str, float]:
        """Measure (S, *shape) generated records; equal arguments give equal metrics.

        Returns:
            Metrics by name. The first is the main one: a distance to held-out records, lower is better.
        """


@dataclass(frozen=True)
class Pool:
    """A pool of records as stored by the source, and their conversion to model space.

    Attributes:
        values: N records: an array, or an object with a length that takes an index array and reads files.
        spec: record format.
        quality: quality measure for generated records.
        labels: (N,) integer classes, or None.
        to_model: converts `values[index]` to (n, *shape) float32 in model space.
        notes: what the source did that the user should know, a sentence each: what was skipped, how numbers were read.
        identities: (N,) 16-byte hashes of what the source says of each record, where model space is less precise: two
            records are equal if and only if these are. None: records are compared in model space.
        duplicates: what becomes of equal records unless it is set: "drop" or "together", see `pargan.data.splitting`.
        refit: (pool, positions, which records these are) -> the same pool in a model space that is fitted to the
            records at these positions; None where model space depends on no records.
        label_names: what users call class 0, 1, ...; None where it is the number.

    Raises:
        ParganError: there are no records, or the number of labels is not N.
    """

    values: Any
    spec: RecordSpec
    quality: Quality
    labels: np.ndarray | None = None
    to_model: Callable[[Any], np.ndarray] = lambda values: np.asarray(values, dtype=np.float32)
    notes: tuple[str, ...] = ()
    identities: np.ndarray | None = None
    duplicates: str = "drop"
    refit: Callable[["Pool", np.ndarray, str], "Pool"] | None = None
    label_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.values) == 0:
            raise ParganError("holds no records", argument="values", remedy="give one or more")
        if self.labels is not None and len(self.labels) != len(self.values):
            raise ParganError(
                f"has {len(self.labels)} entries for {len(self.values)} records",
                argument="labels",
                remedy="give one label for every record",
            )

    def __len__(self) -> int:
        return len(self.values)

    def take(self, index: np.ndarray) -> np.ndarray:
        """Records at the positions `index` (of any shape) in model space: (*index.shape, *shape) float32."""
        flat = self.to_model(self.values[np.asarray(index).reshape(-1)])
        return flat.reshape(*np.shape(index), *self.spec.shape)

    def hashes(self) -> np.ndarray:
        """(N,) 16-byte hashes; equal records have equal hashes."""
        if self.identities is not None:
            return self.identities
        blocks = [
            record_hashes(self.take(np.arange(start, min(start + BLOCK, len(self)))))
            for start in range(0, len(self), BLOCK)
        ]
        return np.concatenate(blocks)


def record_hashes(records: np.ndarray) -> np.ndarray:
    """(N, *shape) records -> (N,) 16-byte hashes; equal records have equal hashes, and -0.0 equals 0.0."""
    hashes: list[bytes] = []
    for start in range(0, len(records), BLOCK):
        positive = records[start : start + BLOCK] + np.zeros((), records.dtype)  # -0.0 + 0.0 is 0.0
        content, size = positive.tobytes(), positive[0].nbytes
        hashes += [
            hashlib.blake2b(content[place : place + size], digest_size=16).digest()
            for place in range(0, len(content), size)
        ]
    return np.frombuffer(b"".join(hashes), dtype="V16")


def shared(hashes: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """(N,) bool: whether a record equals one of another group; all are given by their `record_hashes`."""
    return np.isin(hashes, np.concatenate(others))


def distinct(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first of every set of equal records, and which set each record is in.

    Args:
        hashes: (N,) of `record_hashes`.

    Returns:
        (U,) ascending positions of the first records, and (N,) numbers in 0 .. U - 1, in the order of these.
    """
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    number = np.empty(len(first), dtype=np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    return np.sort(first), number[inverse.reshape(-1)]
