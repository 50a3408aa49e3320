"""Records and the facts about them: what every data source hands to the rest of the house.

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

BLOCK = 4096  # records converted at a time where all of them are needed once


@dataclass(frozen=True)
class QualityRecords:
    """Records of the three groups in model space, with labels where the source has them."""

    members: np.ndarray
    nonmembers: np.ndarray
    reference: np.ndarray
    member_labels: np.ndarray | None = None
    nonmember_labels: np.ndarray | None = None
    reference_labels: np.ndarray | None = None


class Quality(Protocol):
    """How good generated records are: a data set brings its own measure."""

    def __call__(self, generated: np.ndarray, real: QualityRecords, seed: int) -> dict[str, float]:
        """(S, *shape) generated records -> named metrics, deterministic for a seed.

        The first is the main one: a distance to held-out records, lower is better.
        """


@dataclass(frozen=True)
class Pool:
    """A pool of records as the source stores them, with the way into model space.

    Attributes:
        values: anything of length N that takes an index array (NumPy array, or a lazy reader of files).
        spec: the facts.
        quality: the data set's quality measure.
        labels: (N,) integer classes, or None.
        to_model: turns `values[index]` into (n, *shape) float32.
    """

    values: Any
    spec: RecordSpec
    quality: Quality
    labels: np.ndarray | None = None
    to_model: Callable[[Any], np.ndarray] = lambda values: np.asarray(values, dtype=np.float32)

    def __post_init__(self) -> None:
        if len(self.values) == 0:
            raise ParganError("the data set has no records")
        if self.labels is not None and len(self.labels) != len(self.values):
            raise ParganError(f"{len(self.values)} records but {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.values)

    def take(self, index: np.ndarray) -> np.ndarray:
        """Records at `index` (any shape), in model space: (*index.shape, *shape) float32."""
        flat = self.to_model(self.values[np.asarray(index).reshape(-1)])
        return flat.reshape(*np.shape(index), *self.spec.shape)

    def hashes(self) -> np.ndarray:
        """(N,) 16-byte hashes of the records in model space: equal records, equal hashes."""
        blocks = [
            record_hashes(self.take(np.arange(start, min(start + BLOCK, len(self)))))
            for start in range(0, len(self), BLOCK)
        ]
        return np.concatenate(blocks)


def record_hashes(records: np.ndarray) -> np.ndarray:
    """(N, *shape) records -> (N,) 16-byte hashes: equal records, equal hashes."""
    found = [hashlib.blake2b(record.tobytes(), digest_size=16).digest() for record in records]
    return np.frombuffer(b"".join(found), dtype="V16")
