"""Batches of B members of each of K partitions.

Legend: K partitions of n members, B records of each per step, M = K n members in all.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from pargan.records.batch import Batch
from pargan.seeding import derive


class PartitionSampler(Sampler[Tensor]):
    """Positions of a batch: (K, B) int64 into the members laid out partition after partition.

    Every epoch shuffles each partition again, from (seed, epoch, k) alone, so that a resumed run draws the batches of
    an uninterrupted one. A last batch of fewer than B records is dropped.
    """

    def __init__(self, num_partitions: int, partition_size: int, batch_size: int, seed: int) -> None:
        self.num_partitions = num_partitions
        self.partition_size = partition_size
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The epoch that the next iteration draws; Lightning calls it."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.partition_size // self.batch_size

    def __iter__(self) -> Iterator[Tensor]:
        rng = np.random.default_rng(derive(self.seed, "shuffle", self.epoch))
        # Row after row from one stream, so that the order of partition k does not depend on how many follow it.
        keys = rng.random((self.num_partitions, self.partition_size))
        first = np.arange(self.num_partitions)[:, None] * self.partition_size
        order = torch.from_numpy(first + keys.argsort(axis=1, kind="stable"))  # (K, n)
        for step in range(len(self)):
            yield order[:, step * self.batch_size : (step + 1) * self.batch_size]


class Members(Dataset[Batch]):
    """The members as a data set indexed by whole batches: positions (K, B) -> records (K, B, *shape), conditions."""

    def __init__(
        self,
        gather: Callable[[Tensor], Tensor],
        size: int,
        gather_conditions: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.gather = gather
        self.size = size
        self.gather_conditions = gather_conditions

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, positions: Tensor) -> Batch:
        condition = None if self.gather_conditions is None else self.gather_conditions(positions)
        return Batch(self.gather(positions), condition)
