"""The datamodule: splits a pool into groups and partitions, and serves one (K, B, *shape) batch per step.

Legend: K partitions of n members, B records of each per step, N records taken, *shape of one record.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from pargan.data import conditioning as conditions
from pargan.data.membership import Membership, fingerprint
from pargan.data.partition import Scheme, iid
from pargan.data.sampler import Members, PartitionSampler
from pargan.data.splitting import DUPLICATES, Duplicates, Size, split_pool
from pargan.errors import ParganError
from pargan.records.batch import Batch
from pargan.records.conditioning import Conditioning
from pargan.records.pool import Pool, QualityRecords
from pargan.records.spec import RecordSpec
from pargan.seeding import derive, subset

RESIDENT_BYTES = 2**30  # members of at most this size in model space are converted once, before training

FIT_ON = ("reference", "members")
SPLITS = ("random", "coins")
FITTED_ON_MEMBERS = (
    "the encodings of the columns were fitted on the members: the frequent values and the ranks in schema.json, which "
    "a release holds too, tell about the members, and no attack here measures that"
)


class PartitionDataModule(pl.LightningDataModule):
    """Splits a pool and serves batches of shape (K, B, *shape), float32, one per training step.

    Args:
        source: returns the pool; called once, in `setup`.
        num_partitions: K.
        batch_size: B, records of each partition per step.
        members, nonmembers, reference: sizes of the groups, as counts or fractions (see `split_pool`).
        scheme: divides the members into partitions.
        duplicates: what becomes of equal records: "together" (all copies in one group), "drop" (the first is kept),
            "split" (as they are), or a function of your own. None: together for tables, as they are where too few rows
            differ for that; drop for everything else.
        split: "random", or "coins": members and nonmembers are paired at random, and a fair coin for each pair chooses
            the member. Only then do guesses of membership prove a bound on epsilon (`pargan.judge.one_run`).
        fit_on: "reference" or "members": the records that the encodings of a table's columns are fitted on. Those of
            members tell about members what no attack measures, which the notes of the pool then say.
        seed: of the split and of the shuffling.
        num_workers: processes that read batches, for pools that are not held in memory.
        membership: an existing split to use instead of drawing one.
        conditioning: what the networks are told of a record: `pargan.data.by_class`, `pargan.data.by_column`; by
            default nothing.

    Raises:
        ParganError: the batch size is below 1, or `duplicates`, `split` or `fit_on` is not a choice.

    Attributes (after `setup`):
        pool: the pool.
        spec: record format of the pool.
        membership: indices of the groups.
        conditioning: what the networks are told, for `ParGANModule(..., conditioning=datamodule.conditioning)`.
        condition_of: (N, *shape) members, nonmembers or reference records -> their conditions (N, c), or None.
        steps_per_epoch: floor(n / B).
    """

    pool: Pool
    spec: RecordSpec
    membership: Membership
    conditioning: Conditioning
    condition_of: conditions.ConditionLookup
    steps_per_epoch: int

    def __init__(
        self,
        source: Callable[[], Pool],
        num_partitions: int,
        batch_size: int,
        members: Size = 0.5,
        nonmembers: Size | None = None,
        reference: Size | None = None,
        scheme: Scheme = iid,
        duplicates: Duplicates | str | None = None,
        split: str = "random",
        fit_on: str = "reference",
        seed: int = 0,
        num_workers: int = 0,
        membership: Membership | None = None,
        conditioning: conditions.Scheme = conditions.unconditional,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise ParganError(
                "leaves nothing to train on", argument="batch_size", value=batch_size, remedy="give 1 or more"
            )
        named: dict[str, tuple[str, tuple[str, ...]]] = {"split": (split, SPLITS), "fit_on": (fit_on, FIT_ON)}
        named |= {"duplicates": (duplicates, tuple(DUPLICATES))} if isinstance(duplicates, str) else {}
        for name, (value, choices) in named.items():
            if value not in choices:
                remedy = f"choose one of {', '.join(choices)}"
                raise ParganError("is not a choice", argument=name, value=value, remedy=remedy)
        self.source = source
        self.num_partitions = num_partitions
        self.batch_size = batch_size
        self.seed = seed
        self.fit_on = fit_on
        self.num_workers = num_workers
        self._split_pool = partial(
            split_pool,
            members=members,
            nonmembers=nonmembers,
            reference=reference,
            scheme=scheme,
            num_partitions=num_partitions,
            duplicates=DUPLICATES[duplicates] if isinstance(duplicates, str) else duplicates,
            seed=seed,
            coins=split == "coins",
        )
        self._existing_membership = membership
        self._condition_scheme = conditioning
        self._is_set_up = False

    def setup(self, stage: str | None = None) -> None:
        """Load the pool and split it, at the first call.

        Raises:
            ParganError: by the source; or sizes, K or the batch size do not fit the pool; or `membership` was made for
                another pool or another K.
        """
        if self._is_set_up:
            return
        membership = self._existing_membership
        if membership is not None:
            self._check_num_partitions(membership)
        pool = self.source()
        if membership is None:
            membership = self._split_pool(pool)
        else:
            _check_pool(membership, pool)
        pool = self._fitted(pool, membership)
        self.steps_per_epoch = self._count_steps(membership)
        self._conditions = self._condition_scheme(pool, membership)
        self.conditioning = self._conditions.conditioning
        self.condition_of = self._conditions.lookup(pool, membership)
        self.pool, self.spec, self.membership = pool, pool.spec, membership
        self._is_set_up = True

    def _fitted(self, pool: Pool, membership: Membership) -> Pool:
        if pool.refit is None:
            return pool
        if self.fit_on == "reference":
            return pool.refit(pool, membership.reference, "reference records")
        return replace(pool.refit(pool, membership.members, "members"), notes=(*pool.notes, FITTED_ON_MEMBERS))

    def train_dataloader(self) -> DataLoader[Batch]:
        """One `Batch` of float32 records (K, B, *shape) per step; `sampler.set_epoch` chooses the epoch.

        Members of a pool in memory are copied to the training device, if they fit, and batches are gathered there.
        """
        is_resident, members = self._fits_in_memory(), self.membership.members
        device = torch.device("cpu") if self.trainer is None else self.trainer.strategy.root_device
        gather = _resident(self.pool, members, device) if is_resident else _lazy(self.pool, members)
        num_workers = 0 if is_resident else self.num_workers
        num_partitions, size = self.membership.partitions.shape
        return DataLoader(
            Members(gather, num_partitions * size, self._conditions.rows(members, device if is_resident else None)),
            sampler=PartitionSampler(num_partitions, size, self.batch_size, self.seed),
            batch_size=None,
            num_workers=num_workers,
            persistent_workers=num_workers > 0,
            pin_memory=num_workers > 0 and torch.cuda.is_available(),
            generator=torch.Generator(),  # the default would draw a seed from the global generator in every epoch
        )

    def take_members(self, max_records: int | None = None, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Members in model space (N, *shape) float32, and their partitions (N,) int64.

        All members, or `max_records` of them drawn without replacement; equal seeds draw equal records.
        """
        index = subset(max_records, self.membership.members.size, derive(seed, "members"))
        partition = index // self.membership.partitions.shape[1]
        return self.pool.take(self.membership.members[index]), partition

    def take_nonmembers(self, max_records: int | None = None, seed: int = 0) -> np.ndarray:
        """Nonmembers in model space (N, *shape) float32, drawn as by `take_members`."""
        return self.pool.take(_pick(self.membership.nonmembers, max_records, seed, "nonmembers"))

    def take_reference(self, max_records: int | None = None, seed: int = 0) -> np.ndarray:
        """Reference records in model space (N, *shape) float32, drawn as by `take_members`."""
        return self.pool.take(_pick(self.membership.reference, max_records, seed, "reference"))

    def quality_records(self, max_records: int | None = None, seed: int = 0) -> QualityRecords:
        """The real records that a quality measure compares with: members and nonmembers as by the `take_*` methods.

        All reference records are included, so that features fitted on them do not depend on `max_records`.
        """
        return self._quality_records(
            _pick(self.membership.members, max_records, seed, "members"),
            _pick(self.membership.nonmembers, max_records, seed, "nonmembers"),
            self.membership.reference,
        )

    def selection_records(self, max_records: int | None = None, seed: int = 0) -> QualityRecords:
        """What a measure compares with that chooses a checkpoint or when to stop: `nonmembers` are reference records.

        At most half of the reference set stands in for the nonmembers, and `reference` is the rest of it. A choice
        made on the nonmembers would make them look more like the generated records, and they are attacked afterwards.
        """
        reference = self.membership.reference
        half = len(reference) // 2
        size = half if max_records is None else min(half, max_records)
        held_out = subset(size, len(reference), derive(seed, "selection"))
        members = _pick(self.membership.members, max_records, seed, "members")
        return self._quality_records(members, reference[held_out], np.delete(reference, held_out))

    def _quality_records(self, *groups: np.ndarray) -> QualityRecords:
        labels = self.pool.labels
        return QualityRecords(
            *(self.pool.take(group) for group in groups),
            *(None if labels is None else labels[group] for group in groups),
        )

    def state_dict(self) -> dict[str, Any]:
        """The membership, for the checkpoint."""
        return {"membership": self.membership.to_state()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Use the membership of a checkpoint; after `setup`, check that it is the one in use.

        Raises:
            ParganError: the checkpoint was made with another K or another split.
        """
        saved = Membership.from_state(state_dict["membership"])
        self._check_num_partitions(saved)
        if self._is_set_up and saved != self.membership:
            raise ParganError(
                "gives another split of the pool than the checkpoint was made with",
                argument="seed",
                value=self.seed,
                remedy="resume with the settings and the membership file of that run",
            )
        self._existing_membership = saved

    def _check_num_partitions(self, membership: Membership) -> None:
        if membership.num_partitions != self.num_partitions:
            raise ParganError(
                f"differs from the {membership.num_partitions} partitions of the existing membership",
                argument="num_partitions",
                value=self.num_partitions,
                remedy=f"give num_partitions={membership.num_partitions} or train a new run",
            )

    def _count_steps(self, membership: Membership) -> int:
        num_partitions, size = membership.partitions.shape
        if self.batch_size > size:
            raise ParganError(
                f"is more than a partition holds: {num_partitions * size} members in {num_partitions} partitions are "
                f"{size} each",
                argument="batch_size",
                value=self.batch_size,
                remedy=f"give batch_size={size} or less, or fewer partitions",
            )
        return size // self.batch_size

    def _fits_in_memory(self) -> bool:
        size = self.membership.members.size * int(np.prod(self.spec.shape)) * np.float32().nbytes
        return isinstance(self.pool.values, np.ndarray) and size <= RESIDENT_BYTES


def _check_pool(membership: Membership, pool: Pool) -> None:
    actual = fingerprint(pool.hashes(), pool.spec.shape)
    if actual != membership.pool_fingerprint:
        raise ParganError(
            f"was made for another pool (fingerprint {membership.pool_fingerprint[:12]}, this one has {actual[:12]})",
            argument="membership",
            remedy="give the files and the dataset settings of that run; a run of an earlier version is trained anew",
        )


def _resident(pool: Pool, members: np.ndarray, device: torch.device) -> Callable[[Tensor], Tensor]:
    return torch.from_numpy(pool.take(members)).to(device).__getitem__


def _lazy(pool: Pool, members: np.ndarray) -> Callable[[Tensor], Tensor]:
    return partial(_read, pool, members)


def _read(pool: Pool, members: np.ndarray, positions: Tensor) -> Tensor:
    return torch.from_numpy(pool.take(members[positions.numpy()]))


def _pick(group: np.ndarray, max_records: int | None, seed: int, purpose: str) -> np.ndarray:
    return group[subset(max_records, len(group), derive(seed, purpose))]
