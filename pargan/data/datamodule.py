"""The partitioning datamodule: pool -> groups -> partitions -> one (K, B, *shape) batch per step.

Legend: K partitions of n members, B records of each per step, N records taken, *shape of one record.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from pargan.data.membership import Membership, fingerprint
from pargan.data.partition import Scheme, iid
from pargan.data.sampler import Members, PartitionSampler
from pargan.data.splitting import Duplicates, Size, drop_copies, split_pool
from pargan.errors import ParganError
from pargan.records.batch import Batch
from pargan.records.pool import Pool, QualityRecords
from pargan.records.spec import RecordSpec
from pargan.seeding import derive, subset

RESIDENT_BYTES = 2**30  # members are converted once, up front, if they fit into this in model space


class PartitionDataModule(pl.LightningDataModule):
    """Splits a pool and serves batches of shape (K, B, *shape), float32, one per training step.

    Args:
        source: returns the pool; called once, in `setup`.
        num_partitions: K.
        batch_size: B, records of each partition per step.
        members, nonmembers, reference: sizes of the groups, counts or shares (see `split_pool`).
        scheme: how members are cut into partitions.
        duplicates: what happens to equal records.
        seed: of the split and of the shuffling.
        num_workers: processes that read batches where the pool does not stay in memory.
        membership: a split made earlier, used in place of a new one.

    Attributes (after `setup`):
        pool: the pool.
        spec: its facts.
        membership: who is in which group.
        steps_per_epoch: floor(n / B).
    """

    pool: Pool
    spec: RecordSpec
    membership: Membership
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
        duplicates: Duplicates = drop_copies,
        seed: int = 0,
        num_workers: int = 0,
        membership: Membership | None = None,
    ) -> None:
        super().__init__()
        self.source = source
        self.num_partitions = num_partitions
        self.batch_size = batch_size
        self.seed = seed
        self.num_workers = num_workers
        self._split_pool = partial(
            split_pool,
            members=members,
            nonmembers=nonmembers,
            reference=reference,
            scheme=scheme,
            num_partitions=num_partitions,
            duplicates=duplicates,
            seed=seed,
        )
        self._given = membership
        self._is_set_up = False

    def setup(self, stage: str | None = None) -> None:
        """Load the pool and split it, once.

        Raises:
            ParganError: whatever is wrong with the source, the sizes, K, the batch size, or with a given
                membership that is not of this pool or not of this K.
        """
        if self._is_set_up:
            return
        if self._given is not None:
            self._refuse_other_partitions(self._given, "the given membership")
        pool = self.source()
        membership = self._split_pool(pool) if self._given is None else self._of_pool(self._given, pool)
        self.steps_per_epoch = self._count_steps(membership)
        self.pool, self.spec, self.membership = pool, pool.spec, membership
        self._is_set_up = True

    def train_dataloader(self) -> DataLoader[Batch]:
        """One `Batch` of float32 records (K, B, *shape) per step; `sampler.set_epoch` chooses the epoch.

        A pool that fits into memory lies on the device that trains, which gathers the batches itself.
        """
        is_resident, members = self._fits_in_memory(), self.membership.members
        device = torch.device("cpu") if self.trainer is None else self.trainer.strategy.root_device
        gather = _resident(self.pool, members, device) if is_resident else _lazy(self.pool, members)
        num_workers = 0 if is_resident else self.num_workers
        num_partitions, size = self.membership.partitions.shape
        return DataLoader(
            Members(gather, num_partitions * size),
            sampler=PartitionSampler(num_partitions, size, self.batch_size, self.seed),
            batch_size=None,
            num_workers=num_workers,
            persistent_workers=num_workers > 0,
            pin_memory=num_workers > 0 and torch.cuda.is_available(),
            generator=torch.Generator(),  # else every epoch would take a number from the global generator
        )

    def take_members(self, max_records: int | None = None, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Members in model space, (N, *shape) float32, and the partition of each, (N,) int64.

        All of them, or `max_records` drawn without replacement; the same ones for the same seed.
        """
        chosen = subset(max_records, self.membership.members.size, derive(seed, "members"))
        partition = chosen // self.membership.partitions.shape[1]
        return self.pool.take(self.membership.members[chosen]), partition

    def pool_index(self, max_records: int | None = None, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Where in the pool the members and the nonmembers stand that the `take_*` methods give."""
        groups = {"members": self.membership.members, "nonmembers": self.membership.nonmembers}
        members, nonmembers = (_pick(group, max_records, seed, name) for name, group in groups.items())
        return members, nonmembers

    def take_nonmembers(self, max_records: int | None = None, seed: int = 0) -> np.ndarray:
        """Nonmembers in model space, (N, *shape) float32; drawn as by `take_members`."""
        return self.pool.take(_pick(self.membership.nonmembers, max_records, seed, "nonmembers"))

    def take_reference(self, max_records: int | None = None, seed: int = 0) -> np.ndarray:
        """Reference records in model space, (N, *shape) float32; drawn as by `take_members`."""
        return self.pool.take(_pick(self.membership.reference, max_records, seed, "reference"))

    def split(self, max_records: int | None = None, seed: int = 0) -> QualityRecords:
        """The groups in model space: at most `max_records` members and nonmembers, as the `take_*` methods give.

        The reference set is whole, so that features fitted on it are the same however many records are compared.
        """
        groups = [
            _pick(self.membership.members, max_records, seed, "members"),
            _pick(self.membership.nonmembers, max_records, seed, "nonmembers"),
            self.membership.reference,
        ]
        labels = self.pool.labels
        return QualityRecords(
            *(self.pool.take(group) for group in groups),
            *(None if labels is None else labels[group] for group in groups),
        )

    def state_dict(self) -> dict[str, Any]:
        """The membership in plain containers, for the checkpoint."""
        return {"membership": self.membership.to_state()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the membership over from a checkpoint, or check that it is the one in use.

        Raises:
            ParganError: the checkpoint was made with another K or another split.
        """
        saved = Membership.from_state(state_dict["membership"])
        self._refuse_other_partitions(saved, "the checkpoint")
        if self._is_set_up and saved != self.membership:
            raise ParganError(
                f"the checkpoint was made with another split than seed={self.seed} gives here; "
                f"resume with the settings and the membership file of its own run"
            )
        self._given = saved

    def _refuse_other_partitions(self, membership: Membership, origin: str) -> None:
        if membership.num_partitions != self.num_partitions:
            raise ParganError(
                f"num_partitions={self.num_partitions}, but {origin} has {membership.num_partitions} "
                f"partitions; set num_partitions={membership.num_partitions} or start a new run"
            )

    def _of_pool(self, membership: Membership, records: Pool) -> Membership:
        found = fingerprint(records.hashes(), records.spec.shape)
        if found != membership.records:
            raise ParganError(
                f"the data set's records (fingerprint {found[:12]}) are not those the membership was made "
                f"for ({membership.records[:12]}); give the files and the dataset settings of that run"
            )
        return membership

    def _count_steps(self, membership: Membership) -> int:
        num_partitions, size = membership.partitions.shape
        if self.batch_size < 1:
            raise ParganError(f"data.batch_size={self.batch_size} is no batch; give 1 or more")
        if self.batch_size > size:
            raise ParganError(
                f"data.batch_size={self.batch_size} is more than a partition holds ({num_partitions * size} "
                f"members in {num_partitions} partitions are {size} each); set data.batch_size={size} or "
                f"less, or fewer num_partitions"
            )
        return size // self.batch_size

    def _fits_in_memory(self) -> bool:
        size = self.membership.members.size * int(np.prod(self.spec.shape)) * np.float32().nbytes
        return isinstance(self.pool.values, np.ndarray) and size <= RESIDENT_BYTES


def _resident(records: Pool, members: np.ndarray, device: torch.device) -> Callable[[Tensor], Tensor]:
    return torch.from_numpy(records.take(members)).to(device).__getitem__


def _lazy(records: Pool, members: np.ndarray) -> Callable[[Tensor], Tensor]:
    return partial(_read, records, members)


def _read(records: Pool, members: np.ndarray, positions: Tensor) -> Tensor:
    return torch.from_numpy(records.take(members[positions.numpy()]))


def _pick(group: np.ndarray, max_records: int | None, seed: int, purpose: str) -> np.ndarray:
    return group[subset(max_records, len(group), derive(seed, purpose))]
