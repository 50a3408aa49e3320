"""Who is attacked: chosen once, as indices, then read from the pool.

Legend: m members, n nonmembers, r reference records, *shape of one record.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from pargan.data.datamodule import PartitionDataModule
from pargan.data.membership import Membership
from pargan.records.pool import distinct, shared
from pargan.seeding import derive, subset


@dataclass(frozen=True)
class AttackedIndices:
    """Positions in the pool of the records that are attacked, and of the attacker's reference set.

    Attributes:
        members: (m,) int64.
        partition: (m,) int64, the partition of each of these members.
        nonmembers: (n,) int64.
        reference: (r,) int64, the whole reference set.
        copies: by group, how many of its records equal an earlier one and were therefore not chosen.
        indistinguishable: by group, how many of its records equal one of another group: nobody can tell their
            membership, so they are not chosen.
    """

    members: np.ndarray
    partition: np.ndarray
    nonmembers: np.ndarray
    reference: np.ndarray
    copies: Mapping[str, int] = field(default_factory=dict)
    indistinguishable: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def choose(
        cls, membership: Membership, num_records: int | None, seed: int, hashes: np.ndarray | None = None
    ) -> Self:
        """At most `num_records` members and as many nonmembers, without replacement; None takes all of them.

        Of equal records in a group only the first can be chosen; that of a member's copies says its partition.
        `hashes` are those of the pool, (N,); None where it is known to hold no copies.
        """
        seed = derive(seed, "attacked records")
        groups = {"members": membership.members, "nonmembers": membership.nonmembers}
        kept = {name: np.arange(len(group)) for name, group in groups.items()}
        indistinguishable = dict.fromkeys(groups, 0)
        if hashes is not None:
            of = {name: hashes[group] for name, group in groups.items()}
            rest = {"members": of["nonmembers"], "nonmembers": of["members"]}
            for name, group_hashes in of.items():
                is_shared = shared(group_hashes, rest[name], hashes[membership.reference])
                first, _ = distinct(group_hashes)
                kept[name] = first[~is_shared[first]]
                indistinguishable[name] = int(is_shared.sum())
        members, nonmembers = (
            index[subset(num_records, len(index), derive(seed, name))] for name, index in kept.items()
        )
        return cls(
            members=membership.members[members],
            partition=members // membership.partitions.shape[1],
            nonmembers=membership.nonmembers[nonmembers],
            reference=membership.reference,
            copies={name: len(group) - len(kept[name]) - indistinguishable[name] for name, group in groups.items()},
            indistinguishable=indistinguishable,
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
        copies: by group, how many of its records equal an earlier one and are therefore not attacked.
        indistinguishable: by group, how many equal a record of another group and are therefore not attacked.
        member_labels: (m,) integer classes of the members; None where they or the nonmembers have none.
        nonmember_labels: (n,), likewise.
        label_names: what users call class 0, 1, ...; None where it is the number.
        pairs: (p, 2) positions in the pool of a member and a nonmember, of which a coin chose who is which; None where
            no coins did. Not all of them need be attacked.
        condition_of: (N, *shape) of these records -> their conditions (N, c); None where the records hold them or the
            networks are told nothing.
    """

    members: Tensor
    partition: Tensor | None
    nonmembers: Tensor
    reference: Tensor
    reference_labels: Tensor | None = None
    member_index: np.ndarray | None = None
    nonmember_index: np.ndarray | None = None
    copies: Mapping[str, int] = field(default_factory=dict)
    indistinguishable: Mapping[str, int] = field(default_factory=dict)
    member_labels: np.ndarray | None = None
    nonmember_labels: np.ndarray | None = None
    label_names: Sequence[str] | None = None
    pairs: np.ndarray | None = None
    condition_of: Callable[[Tensor], Tensor | None] | None = None

    @property
    def can_be_attacked(self) -> bool:
        """Whether there are at least two members and two nonmembers, which a variance needs."""
        return min(len(self.members), len(self.nonmembers)) >= 2

    @classmethod
    def of(cls, datamodule: PartitionDataModule, num_records: int | None, seed: int) -> Self:
        """The records of a run: see `AttackedIndices.choose`."""
        membership, pool = datamodule.membership, datamodule.pool
        may_hold_copies = membership.duplicates_found > membership.duplicates_dropped
        hashes = pool.hashes() if may_hold_copies else None
        chosen = AttackedIndices.choose(membership, num_records, seed, hashes)
        return cls(
            members=torch.as_tensor(pool.take(chosen.members)),
            partition=torch.as_tensor(chosen.partition),
            nonmembers=torch.as_tensor(pool.take(chosen.nonmembers)),
            reference=torch.as_tensor(pool.take(chosen.reference)),
            reference_labels=None if pool.labels is None else torch.as_tensor(pool.labels[chosen.reference]),
            member_index=chosen.members,
            nonmember_index=chosen.nonmembers,
            copies=chosen.copies,
            indistinguishable=chosen.indistinguishable,
            member_labels=None if pool.labels is None else pool.labels[chosen.members],
            nonmember_labels=None if pool.labels is None else pool.labels[chosen.nonmembers],
            label_names=pool.label_names,
            pairs=membership.pairs if len(membership.pairs) else None,
            condition_of=datamodule.condition_of,
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
            member_labels=None if self.member_labels is None else self.member_labels[members.numpy()],
            nonmember_labels=None if self.nonmember_labels is None else self.nonmember_labels[nonmembers.numpy()],
        )


def _positions(index: np.ndarray | None, chosen: Tensor) -> np.ndarray:
    return chosen.numpy() if index is None else index[chosen.numpy()]
