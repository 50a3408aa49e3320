"""What is measured on a trained module, in training (some of it, on subsamples) and at its end (all of it).

Legend: m members, n nonmembers, r reference records, *shape of one record.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pargan.attacks import Attack, DiscriminatorsView, Target, narrow
from pargan.audits import (
    AttackResult,
    Controls,
    PartitionLeakage,
    RiskTable,
    judge_controls,
    leakage_per_partition,
    make_target,
    risk_table,
    run_attacks,
)
from pargan.data.datamodule import PartitionDataModule
from pargan.gan.module import ParGANModule
from pargan.io.progress import track_names
from pargan.seeding import derive


@dataclass(frozen=True)
class AttackRecords:
    """The records a run is attacked with, in model space.

    Attributes:
        members: (m, *shape).
        partition: (m,) int64, the partition of each member; None where nobody knows.
        nonmembers: (n, *shape).
        reference: (r, *shape), what the attacker may know of the population.
        reference_labels: (r,) int64 classes of those, or None.
        member_index, nonmember_index: (m,) and (n,), where they stand in the pool or file they came from; None
            where they are all of it, in its order.
    """

    members: Tensor
    partition: Tensor | None
    nonmembers: Tensor
    reference: Tensor
    reference_labels: Tensor | None = None
    member_index: np.ndarray | None = None
    nonmember_index: np.ndarray | None = None

    @classmethod
    def of(cls, datamodule: PartitionDataModule, num_records: int | None, seed: int) -> "AttackRecords":
        """At most `num_records` members and nonmembers (None: all), and the whole reference set."""
        subsample = derive(seed, "attacked records")
        members, partition = datamodule.take_members(num_records, subsample)
        nonmembers = datamodule.take_nonmembers(num_records, subsample)
        reference = datamodule.take_reference(None, subsample)
        labels = datamodule.pool.labels
        member_index, nonmember_index = datamodule.pool_index(num_records, subsample)
        return cls(
            members=torch.as_tensor(members),
            partition=torch.as_tensor(partition),
            nonmembers=torch.as_tensor(nonmembers),
            reference=torch.as_tensor(reference),
            reference_labels=None if labels is None else torch.as_tensor(labels[datamodule.membership.reference]),
            member_index=member_index,
            nonmember_index=nonmember_index,
        )

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
            partition=None if self.partition is None else self.partition[chosen],
            nonmembers=self.nonmembers[others],
            member_index=_at(self.member_index, chosen),
            nonmember_index=_at(self.nonmember_index, others),
        )


def _at(index: np.ndarray | None, chosen: Tensor) -> np.ndarray:
    return chosen.numpy() if index is None else index[chosen.numpy()]


def target_of(
    module: ParGANModule,
    reference: Tensor,
    num_samples: int,
    seed: int,
    reference_labels: Tensor | None = None,
) -> DiscriminatorsView:
    """The module under attack, with `num_samples` generated records drawn once for all attacks."""
    target = make_target(
        module.generator,
        module.discriminators,
        latent_dim=module.latent_dim,
        num_partitions=module.num_partitions,
        reference=reference.to(module.device),
        num_samples=num_samples,
        seed=derive(seed, "attacked samples"),
        spec=module.spec,
        reference_labels=reference_labels,
    )
    return narrow(target, DiscriminatorsView)


def attack_target(
    target: Target,
    records: AttackRecords,
    attacks: Mapping[str, Attack],
    draws: int,
    seed: int,
    track: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> list[AttackResult]:
    """Run attacks on records, on the target's device; `track` as in `run_attacks`."""
    device = target.samples.device
    members, nonmembers = records.members.to(device), records.nonmembers.to(device)
    return run_attacks(target, attacks, members, records.partition, nonmembers, seed=seed, draws=draws, track=track)


@dataclass(frozen=True)
class Evaluation:
    """Final metrics.

    Attributes:
        attacks: one result per attack.
        controls: what goes with the attacks; None where they were switched off or nothing was attacked.
        quality: the data set's own measure.
        samples: (S, *shape) the generated records they were measured on, in model space.
        seconds: how long each part took.
        members: (m, *shape) the members attacked.
        risk: every record attacked, the most exposed first; None without attacks.
        partitions: what each attack finds of each partition, where partitions are known.
    """

    attacks: list[AttackResult]
    controls: Controls | None
    quality: dict[str, float]
    samples: np.ndarray
    seconds: dict[str, float]
    members: np.ndarray
    risk: RiskTable | None
    partitions: list[PartitionLeakage]

    def to_dict(self) -> dict[str, Any]:
        """Its metrics, JSON-ready; records and scores are left out."""
        return {
            "quality": self.quality,
            "attacks": [result.to_dict() for result in self.attacks],
            "partitions": [leakage.to_dict() for leakage in self.partitions],
            "controls": None if self.controls is None else self.controls.to_dict(),
            "warnings": [] if self.controls is None else self.controls.warnings(),
            "risk": {"averaged": [] if self.risk is None else list(self.risk.averaged)},
        }


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
    controls: bool = True,
    untrained: ParGANModule | None = None,
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
        controls: run the attacks' controls as well, which takes somewhat longer than the attacks.
        untrained: a module of the same recipe with initial weights, attacked as one of the controls.
    """
    records = AttackRecords.of(datamodule, num_records, seed)
    target = target_of(module, records.reference, num_samples, seed, records.reference_labels)
    initial = None
    if controls and attacks and untrained is not None:
        initial = target_of(untrained.to(module.device), records.reference, num_samples, seed, records.reference_labels)
    split = datamodule.split(num_quality, derive(seed, "quality records"))

    def quality(samples: np.ndarray) -> dict[str, float]:
        return datamodule.pool.quality(samples[:num_quality], split, seed)

    return evaluate_target(
        target, records, attacks, quality, draws=draws, seed=seed, controls=controls, untrained=initial
    )


def evaluate_target(
    target: Target,
    records: AttackRecords,
    attacks: Mapping[str, Attack],
    quality: Callable[[np.ndarray], dict[str, float]],
    *,
    draws: int,
    seed: int,
    controls: bool = True,
    untrained: Target | None = None,
) -> Evaluation:
    """Attack whatever there is of a generator and measure the quality of its output; deterministic for a seed.

    Args:
        target: the widest view there is.
        records: whom to attack it with.
        attacks: the attacks by name, none of which needs more than the target gives.
        quality: (S, *shape) generated records -> named metrics; {} where nobody can tell.
        draws: bootstrap draws of each interval.
        seed: for order, nonmembers' partitions and bootstrap.
        controls: run the attacks' controls as well.
        untrained: the same networks with initial weights, as one of the controls; None where there are none.
    """
    start = time.perf_counter()
    with track_names() as track:
        results = attack_target(target, records, attacks, draws, seed, track)
    attacked = time.perf_counter()
    checked = None
    if controls and attacks:
        on_untrained = None if untrained is None else attack_target(untrained, records, attacks, draws, seed)
        checked = judge_controls(
            results, on_untrained, target, records.members, records.nonmembers, seed=seed, draws=draws
        )
    controlled = time.perf_counter()
    samples = target.samples.cpu().numpy()
    metrics = quality(samples)
    measured = time.perf_counter()
    partition = None if records.partition is None else records.partition.cpu().numpy()
    return Evaluation(
        attacks=results,
        controls=checked,
        quality=metrics,
        samples=samples,
        members=records.members.cpu().numpy(),
        risk=_risk(results, records, target, partition) if results else None,
        partitions=[] if partition is None else leakage_per_partition(results, partition),
        seconds={
            "attacks": attacked - start,
            "controls": controlled - attacked,
            "quality": measured - controlled,
            "risk": time.perf_counter() - measured,
        },
    )


def _risk(
    results: list[AttackResult], records: AttackRecords, target: Target, partition: np.ndarray | None
) -> RiskTable:
    device = target.samples.device
    return risk_table(
        results,
        records.members.to(device),
        records.nonmembers.to(device),
        target.samples,
        partition,
        records.member_index,
        records.nonmember_index,
    )
