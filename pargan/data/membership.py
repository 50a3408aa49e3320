"""Membership: index arrays with the members of each partition, the nonmembers and the reference records.

A run saves its membership, so that attacks never depend on drawing the same split again.

Legend: N records in the pool, K partitions of n records, m nonmembers, r reference records.
"""

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pargan.errors import ParganError
from pargan.io.files import write_atomically
from pargan.io.npz import NUMPY_LOAD_ERRORS

ARRAYS = ("partitions", "nonmembers", "reference")
PAIRS = "pairs"
FINGERPRINT_KEY = "records"  # of `pool_fingerprint` in files and checkpoints: the name that earlier runs wrote


@dataclass(frozen=True, eq=False)
class Membership:
    """Disjoint groups of records, as indices into a pool.

    Attributes:
        partitions: (K, n) int64; discriminator k trains on row k.
        nonmembers: (m,) int64, records that are not used in training.
        reference: (r,) int64, records that an attacker may know.
        pool_fingerprint: identifies the pool that the indices refer to, see `fingerprint`.
        duplicates_found: number of records that equal an earlier record of the pool.
        duplicates_dropped: how many of them were left out of all groups.
        pairs: (p, 2) int64, a member and a nonmember of which a fair coin chose who is which; none where no coins did.

    Raises:
        ParganError: an array has the wrong number of dimensions, a record appears twice, or a pair is none of a member
            and a nonmember.
    """

    partitions: np.ndarray
    nonmembers: np.ndarray
    reference: np.ndarray
    pool_fingerprint: str
    duplicates_found: int = 0
    duplicates_dropped: int = 0
    pairs: np.ndarray = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))

    def __post_init__(self) -> None:
        for name, num_dimensions in (("partitions", 2), ("nonmembers", 1), ("reference", 1)):
            shape = getattr(self, name).shape
            if len(shape) != num_dimensions:
                raise ParganError(
                    f"has shape {shape}",
                    argument=name,
                    remedy="give partitions (K, n), nonmembers (m,) and reference (r,)",
                )
        indices = np.concatenate([self.members, self.nonmembers, self.reference])
        if len(np.unique(indices)) < len(indices):
            raise ParganError(
                "partitions, nonmembers and reference hold a record twice",
                remedy="give disjoint groups of distinct records",
            )
        if self.pairs.ndim != 2 or self.pairs.shape[1] != 2 or len(np.unique(self.pairs)) < self.pairs.size:
            raise ParganError(
                f"has shape {self.pairs.shape} or holds a record twice", argument="pairs", remedy="give pairs (p, 2)"
            )
        if not (np.isin(self.pairs[:, 0], self.members).all() and np.isin(self.pairs[:, 1], self.nonmembers).all()):
            raise ParganError(
                "are not of a member and a nonmember", argument="pairs", remedy="give a member and a nonmember each"
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
        """(K n,) all members, ordered by partition: member i is in partition i // n."""
        return self.partitions.reshape(-1)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all attributes."""
        scalars = (self.pool_fingerprint, self.duplicates_found, self.duplicates_dropped)
        arrays = (*ARRAYS, PAIRS) if len(self.pairs) else ARRAYS  # without pairs the digest of earlier versions
        digest = hashlib.sha256(repr((scalars, [getattr(self, name).shape for name in arrays])).encode())
        for name in arrays:
            digest.update(np.ascontiguousarray(getattr(self, name), dtype="<i8").tobytes())
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write an .npz with a digest, which `load` verifies."""
        content: dict[str, Any] = {name: getattr(self, name) for name in (*ARRAYS, PAIRS)}
        content |= {FINGERPRINT_KEY: self.pool_fingerprint, "digest": self.digest}
        content |= {"duplicates": [self.duplicates_found, self.duplicates_dropped]}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **content)
        write_atomically(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> "Membership":
        """Read a file that `save` wrote.

        Raises:
            ParganError: the file is missing, damaged, not a membership file, or altered after it was written.
        """
        remedy = "restore it or train a new run"
        try:
            with np.load(path, allow_pickle=False) as file:
                duplicates_found, duplicates_dropped = file["duplicates"].tolist()
                membership = cls(
                    file["partitions"],
                    file["nonmembers"],
                    file["reference"],
                    str(file[FINGERPRINT_KEY]),
                    duplicates_found,
                    duplicates_dropped,
                    **({PAIRS: file[PAIRS]} if PAIRS in file else {}),  # files of earlier versions have none
                )
                saved_digest = str(file["digest"])
        except FileNotFoundError as error:
            raise ParganError(f"{path} is missing", remedy=remedy) from error
        except (KeyError, ParganError, *NUMPY_LOAD_ERRORS) as error:
            raise ParganError(f"{path} is damaged or not a membership file", remedy=remedy) from error
        if membership.digest != saved_digest:
            raise ParganError(f"{path} was altered after the run wrote it", remedy=remedy)
        return membership

    def to_state(self) -> dict[str, Any]:
        """All attributes as int64 tensors, a string and integers, which `torch.load(weights_only=True)` accepts."""
        arrays = {name: torch.from_numpy(getattr(self, name).copy()) for name in (*ARRAYS, PAIRS)}
        return arrays | {
            FINGERPRINT_KEY: self.pool_fingerprint,
            "duplicates_found": self.duplicates_found,
            "duplicates_dropped": self.duplicates_dropped,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Membership":
        """The inverse of `to_state`.

        Raises:
            ParganError: `state` is not the state of a membership.
        """
        try:
            attributes = {name: value.numpy() if name in (*ARRAYS, PAIRS) else value for name, value in state.items()}
            return cls(pool_fingerprint=attributes.pop(FINGERPRINT_KEY), **attributes)
        except (TypeError, AttributeError, KeyError) as error:
            raise ParganError(
                "the checkpoint does not hold a membership of this version", remedy="train a new run"
            ) from error


def fingerprint(hashes: np.ndarray, shape: tuple[int, ...]) -> str:
    """Pool fingerprint: SHA-256 (hex) of (N,) record hashes in their order, and of the shape of a record."""
    return hashlib.sha256(repr((len(hashes), tuple(shape))).encode() + hashes.tobytes()).hexdigest()
