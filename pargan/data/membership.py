"""Membership is data, not a seed: index arrays that say who is a member of what.

Legend: N records in the pool, K partitions of n records, m nonmembers, r reference records.
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pargan.errors import ParganError
from pargan.io.files import write_atomically
from pargan.io.npz import NUMPY_LOAD_ERRORS

ARRAYS = ("partitions", "nonmembers", "reference")


@dataclass(frozen=True, eq=False)
class Membership:
    """Disjoint groups of a pool, as indices into it.

    Attributes:
        partitions: (K, n) int64; row k is what discriminator k trains on.
        nonmembers: (m,) int64, records the model never sees.
        reference: (r,) int64, what an attacker may know.
        records: fingerprint of the pool the indices point into (`fingerprint`).
        duplicates_found: records of the pool that equal an earlier one.
        duplicates_dropped: how many of them are in no group for that reason.

    Raises:
        ParganError: a record is in two groups, or an array has the wrong rank.
    """

    partitions: np.ndarray
    nonmembers: np.ndarray
    reference: np.ndarray
    records: str
    duplicates_found: int = 0
    duplicates_dropped: int = 0

    def __post_init__(self) -> None:
        if (self.partitions.ndim, self.nonmembers.ndim, self.reference.ndim) != (2, 1, 1):
            raise ParganError(
                f"membership arrays of shapes {self.partitions.shape}, {self.nonmembers.shape} and "
                f"{self.reference.shape}; expected partitions (K, n), nonmembers (m,) and reference (r,)"
            )
        everyone = np.concatenate([self.members, self.nonmembers, self.reference])
        if len(np.unique(everyone)) < len(everyone):
            raise ParganError(
                "a record stands twice in the membership; partitions, nonmembers and reference must be disjoint"
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Membership) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def num_partitions(self) -> int:
        """K."""
        return len(self.partitions)

    @property
    def members(self) -> np.ndarray:
        """(K n,) all members, partition after partition: member i is in partition i // n."""
        return self.partitions.reshape(-1)

    @property
    def digest(self) -> str:
        """SHA-256 over everything in here."""
        facts = (self.records, self.duplicates_found, self.duplicates_dropped)
        found = hashlib.sha256(repr((facts, [getattr(self, name).shape for name in ARRAYS])).encode())
        for name in ARRAYS:
            found.update(np.ascontiguousarray(getattr(self, name), dtype="<i8").tobytes())
        return found.hexdigest()

    def save(self, path: Path) -> None:
        """Write an .npz whose content can be checked on `load`."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            **{name: getattr(self, name) for name in ARRAYS},
            records=self.records,
            duplicates=[self.duplicates_found, self.duplicates_dropped],
            digest=self.digest,
        )
        write_atomically(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> "Membership":
        """Read what `save` wrote.

        Raises:
            ParganError: the file is missing, is no membership file, or was altered after it was written.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                found, dropped = file["duplicates"].tolist()
                membership = cls(
                    file["partitions"],
                    file["nonmembers"],
                    file["reference"],
                    str(file["records"]),
                    found,
                    dropped,
                )
                recorded = str(file["digest"])
        except FileNotFoundError as error:
            raise ParganError(f"{path} is missing; it is written when a run starts") from error
        except (KeyError, ParganError, *NUMPY_LOAD_ERRORS) as error:
            raise ParganError(f"{path} is not a membership file or is damaged; restore it or train anew") from error
        if membership.digest != recorded:
            raise ParganError(f"{path} was altered after the run wrote it; restore it or train anew")
        return membership

    def to_state(self) -> dict[str, Any]:
        """Plain int64 tensors, a string and integers: what `torch.load(weights_only=True)` accepts."""
        arrays = {name: torch.from_numpy(getattr(self, name).copy()) for name in ARRAYS}
        return arrays | {
            "records": self.records,
            "duplicates_found": self.duplicates_found,
            "duplicates_dropped": self.duplicates_dropped,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Membership":
        """The inverse of `to_state`.

        Raises:
            ParganError: the state is not one of a membership.
        """
        try:
            return cls(**{key: value.numpy() if key in ARRAYS else value for key, value in state.items()})
        except (TypeError, AttributeError) as error:
            raise ParganError("the checkpoint holds no membership of this version; train anew") from error


def fingerprint(hashes: np.ndarray, shape: tuple[int, ...]) -> str:
    """SHA-256 of a pool: its record hashes in order, and the shape of a record."""
    return hashlib.sha256(repr((len(hashes), tuple(shape))).encode() + hashes.tobytes()).hexdigest()
