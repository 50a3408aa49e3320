"""What is measured on a trained module, in training (some of it, on subsamples) and at its end (all of it).

Legend: m members, n nonmembers, r reference records, *shape of one record.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from pargan.attacks import Attack, AttackResult, DiscriminatorsView, Target, make_target, narrow, run_attacks
from pargan.data.datamodule import PartitionDataModule
from pargan.module import ParGANModule
from pargan.seeding import derive


@dataclass(frozen=True)
class AttackRecords:
    """The records a run is attacked with, in model space.

    Attributes:
        members: (m, *shape).
        partition: (m,) int64, the partition of each member.
        nonmembers: (n, *shape).
        reference: (r, *shape), what the attacker may know of the population.
    """

    members: Tensor
    partition: Tensor
    nonmembers: Tensor
    reference: Tensor

    @classmethod
    def of(cls, datamodule: PartitionDataModule, num_records: int | None, seed: int) -> "AttackRecords":
        """At most `num_records` members and nonmembers (None: all), and the whole reference set."""
        subsample = derive(seed, "attacked records")
        members, partition = datamodule.take_members(num_records, subsample)
        nonmembers = datamodule.take_nonmembers(num_records, subsample)
        reference = datamodule.take_reference(None, subsample)
        return cls(*(torch.as_tensor(array) for array in (members, partition, nonmembers, reference)))

    def subset(self, num_records: int, seed: int) -> "AttackRecords":
        """At most `num_records` of the members and of the nonmembers, and the whole reference set."""
        random = torch.Generator().manual_seed(derive(seed, "attacked records"))
        chosen, others = (
            torch.randperm(len(group), generator=random)[:num_records].sort().values
            for group in (self.members, self.nonmembers)
        )
        return replace(
            self,
            members=self.members[chosen],
            partition=self.partition[chosen],
            nonmembers=self.nonmembers[others],
        )


def target_of(module: ParGANModule, reference: Tensor, num_samples: int, seed: int) -> DiscriminatorsView:
    """The module under attack, with `num_samples` generated records drawn once for all attacks."""
    target = make_target(
        module.generator,
        module.discriminators,
        latent_dim=module.latent_dim,
        num_partitions=module.num_partitions,
        reference=reference.to(module.device),
        num_samples=num_samples,
        seed=derive(seed, "attacked samples"),
        snap=None if module.spec is None else module.spec.snap,
    )
    return narrow(target, DiscriminatorsView)


def attack_target(
    target: Target, records: AttackRecords, attacks: Mapping[str, Attack], draws: int, seed: int
) -> list[AttackResult]:
    """Run attacks on records, on the target's device."""
    device = target.samples.device
    members, partition, nonmembers = (
        each.to(device) for each in (records.members, records.partition, records.nonmembers)
    )
    return run_attacks(target, attacks, members, partition, nonmembers, seed=seed, draws=draws)


@dataclass(frozen=True)
class Evaluation:
    """Final figures.

    Attributes:
        attacks: one result per attack.
        quality: the data set's own measure.
        samples: (S, *shape) the generated records they were measured on, in model space.
        seconds: how long each part took.
    """

    attacks: list[AttackResult]
    quality: dict[str, float]
    samples: np.ndarray
    seconds: dict[str, float]


def evaluate(
    module: ParGANModule,
    datamodule: PartitionDataModule,
    attacks: Mapping[str, Attack],
    *,
    num_samples: int,
    num_records: int | None,
    num_quality: int,
    draws: int,
    seed: int,
) -> Evaluation:
    """Attack a trained module and measure its quality; deterministic for a seed.

    Args:
        module: the module, on the device to compute on.
        datamodule: its data, set up.
        attacks: the attacks by name.
        num_samples: generated records the attacks may look at.
        num_records: at most this many members and nonmembers; None takes all.
        num_quality: at most this many generated records, and records of each group, for the quality measure.
        draws: bootstrap draws of each interval.
        seed: for subsamples, latents and bootstrap.
    """
    start = time.perf_counter()
    records = AttackRecords.of(datamodule, num_records, seed)
    target = target_of(module, records.reference, num_samples, seed)
    results = attack_target(target, records, attacks, draws, seed)
    attacked = time.perf_counter()
    samples = target.samples.cpu().numpy()
    split = datamodule.split(num_quality, derive(seed, "quality records"))
    quality = datamodule.records.quality(samples[:num_quality], split, seed)
    seconds = {"attacks": attacked - start, "quality": time.perf_counter() - attacked}
    return Evaluation(results, quality, samples, seconds)
