"""Who is attacked: chosen once, as indices, then read from the pool.

Legend: m members, n nonmembers, r reference records, *shape of one record.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from pargan.data.datamodule import PartitionDataModule
from pargan.data.membership import Membership
from pargan.seeding import derive, subset


@dataclass(frozen=True)
class AttackedIndices:
    """Positions in the pool of the records that are attacked, and of the attacker's reference set.

    Attributes:
        members: (m,) int64.
        partition: (m,) int64, the partition of each of these members.
        nonmembers: (n,) int64.
        reference: (r,) int64, the whole reference set.
    """

    members: np.ndarray
    partition: np.ndarray
    nonmembers: np.ndarray
    reference: np.ndarray

    @classmethod
    def choose(cls, membership: Membership, num_records: int | None, seed: int) -> Self:
        """At most `num_records` members and as many nonmembers, without replacement; None takes all of them."""
        seed = derive(seed, "attacked records")
        members = subset(num_records, membership.members.size, derive(seed, "members"))
        nonmembers = subset(num_records, len(membership.nonmembers), derive(seed, "nonmembers"))
        return cls(
            members=membership.members[members],
            partition=members // membership.partitions.shape[1],
            nonmembers=membership.nonmembers[nonmembers],
            reference=membership.reference,
        )


@dataclass(frozen=True)
class AttackRecords:
    """The records an audit attacks, in model space.

    Attributes:
        members: (m, *shape).
        partition: (m,) int64, the partition of each member; None where it is not known.
        nonmembers: (n, *shape).
        reference: (r, *shape), what the attacker may know of the population.
        reference_labels: (r,) int64 classes of those, or None.
        member_index: (m,) positions of the members in the pool or file that they came from; None where they are all of
            it, in its order.
        nonmember_index: (n,), likewise for the nonmembers.
    """

    members: Tensor
    partition: Tensor | None
    nonmembers: Tensor
    reference: Tensor
    reference_labels: Tensor | None = None
    member_index: np.ndarray | None = None
    nonmember_index: np.ndarray | None = None

    @classmethod
    def of(cls, datamodule: PartitionDataModule, num_records: int | None, seed: int) -> Self:
        """The records of a run: see `AttackedIndices.choose`."""
        chosen, pool = AttackedIndices.choose(datamodule.membership, num_records, seed), datamodule.pool
        return cls(
            members=torch.as_tensor(pool.take(chosen.members)),
            partition=torch.as_tensor(chosen.partition),
            nonmembers=torch.as_tensor(pool.take(chosen.nonmembers)),
            reference=torch.as_tensor(pool.take(chosen.reference)),
            reference_labels=None if pool.labels is None else torch.as_tensor(pool.labels[chosen.reference]),
            member_index=chosen.members,
            nonmember_index=chosen.nonmembers,
        )

    def subset(self, num_records: int | None, seed: int) -> Self:
        """At most `num_records` of the members and of the nonmembers, and the whole reference set."""
        if num_records is None:
            return self
        generator = torch.Generator().manual_seed(derive(seed, "attacked records"))
        members, nonmembers = (
            torch.randperm(len(group), generator=generator)[:num_records].sort().values
            for group in (self.members, self.nonmembers)
        )
        return replace(
            self,
            members=self.members[members],
            partition=None if self.partition is None else self.partition[members],
            nonmembers=self.nonmembers[nonmembers],
            member_index=_positions(self.member_index, members),
            nonmember_index=_positions(self.nonmember_index, nonmembers),
        )


def _positions(index: np.ndarray | None, chosen: Tensor) -> np.ndarray:
    return chosen.numpy() if index is None else index[chosen.numpy()]
