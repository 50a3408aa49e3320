"""Audit anything that generates records: its output alone, a network, or a whole GAN.

Legend: m members, n nonmembers, r reference records, S generated ones, *shape of one record in model space.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from pargan.attacks import Attack, SamplesView, Target, standard_attacks
from pargan.audits import AttackResult, Controls, PartitionLeakage, RiskTable, make_target
from pargan.audits.evaluation import AttackRecords, evaluate_target, target_of
from pargan.errors import ParganError
from pargan.gan.module import ParGANModule
from pargan.records.pool import Quality, QualityRecords, record_hashes
from pargan.records.spec import RecordSpec
from pargan.seeding import derive

Array: TypeAlias = np.ndarray | Tensor
FEWEST = 2  # records of each group: one has neither a spread nor a second half


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes:
        results: one per attack, with scores and metrics.
        records: every record attacked by risk, the most exposed first; None without attacks.
        partitions: leakage of each partition, where partitions are known.
        quality: metrics of the generated records, where a measure was given.
        controls: what the attacks find where there is nothing to find; None without attacks.
    """

    results: list[AttackResult]
    records: RiskTable | None
    partitions: list[PartitionLeakage]
    quality: dict[str, float]
    controls: Controls | None

    def to_dicts(self) -> list[dict[str, Any]]:
        """The attacks' metrics, one flat JSON-ready object per attack."""
        return [result.to_dict() for result in self.results]


def audit(
    target: Array | nn.Module | Target,
    members: Array,
    nonmembers: Array,
    reference: Array | None = None,
    *,
    attacks: Mapping[str, Attack] | None = None,
    partition: Array | None = None,
    latent_dim: int | None = None,
    spec: RecordSpec | None = None,
    quality: Quality | None = None,
    num_samples: int = 10_000,
    draws: int = 2000,
    seed: int = 0,
) -> Audit:
    """Attack a generator with whatever there is of it; deterministic for a seed, and the target stays as it was.

    Args:
        target: generated records (S, *shape); a network that maps (B, latent_dim) standard normal latents to
            (B, *shape) records; a `ParGANModule`; or a view of a target, as `make_target` gives it.
        members: (m, *shape) records the generator was trained on, in the space of the generated ones.
        nonmembers: (n, *shape) records of the same population that it was not trained on.
        reference: (r, *shape) further ones, which the attacker may know; None sets half of the nonmembers
            aside for it, at random.
        attacks: by name; None takes `standard_attacks`, all that the target gives access for.
        partition: (m,) partition of each member, in 0 .. K - 1, where it is known.
        latent_dim: size of a latent, of a network that is no `ParGANModule`.
        spec: facts of the records, for distances between rows of mixed type; a network's output is snapped with
            it to records a user could hold. A `ParGANModule` brings its own.
        quality: measure of the generated records, for example `pargan.metrics.PointsQuality()`.
        num_samples: S, records to draw from a network.
        draws: bootstrap draws of each interval.
        seed: for whatever is drawn.

    Raises:
        ParganError: groups that share a record, too few records, records that are not finite or of different
            shapes, an attack that needs more than the target gives.
    """
    records = attack_records(members, nonmembers, reference, partition, seed=seed)
    view = _view(target, records.reference, latent_dim, spec, num_samples, seed)
    split = QualityRecords(*(each.cpu().numpy() for each in (records.members, records.nonmembers, records.reference)))
    found = evaluate_target(
        view,
        records,
        standard_attacks(view, partition is not None) if attacks is None else attacks,
        _no_quality if quality is None else partial(quality, real=split, seed=seed),
        draws=draws,
        seed=seed,
    )
    return Audit(found.attacks, found.risk, found.partitions, found.quality, found.controls)


def attack_records(
    members: Array,
    nonmembers: Array,
    reference: Array | None,
    partition: Array | None = None,
    *,
    seed: int,
    names: Mapping[str, str] | None = None,
) -> AttackRecords:
    """Groups to attack with, checked: at least two of each, finite, of one shape, and no record in two of them.

    Args:
        members, nonmembers, reference, partition: as in `audit`.
        seed: for the half of the nonmembers that is set aside where there is no reference.
        names: what sentences call "members", "nonmembers" and "reference"; None calls them so.

    Raises:
        ParganError: whatever of that does not hold.
    """
    given = {"members": members, "nonmembers": nonmembers, "reference": reference}
    called = {name: name for name in given} | dict(names or {})
    groups = {name: _records(group, called[name]) for name, group in given.items() if group is not None}
    for name, group in groups.items():
        least = 2 * FEWEST if name == "nonmembers" and reference is None else FEWEST
        if len(group) < least:
            remedy = "" if least == FEWEST else ", half of which become the reference set, or give reference="
            raise ParganError(f"{called[name]} holds {len(group)} records; give {least} or more{remedy}")
        if group.shape[1:] != groups["members"].shape[1:]:
            raise ParganError(
                f"{called[name]} are records of shape {tuple(group.shape[1:])}, {called['members']} of "
                f"{tuple(groups['members'].shape[1:])}; give records of one shape"
            )
    _refuse_overlap({called[name]: group for name, group in groups.items()})
    index = None
    if reference is None:
        aside, index = set_aside(len(nonmembers), seed)
        groups |= {"nonmembers": groups["nonmembers"][index], "reference": groups["nonmembers"][aside]}
    known = None if partition is None else torch.as_tensor(partition).long()
    return AttackRecords(groups["members"], known, groups["nonmembers"], groups["reference"], nonmember_index=index)


def set_aside(num_nonmembers: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sorted indices of the nonmembers that become the reference set, half of them, and of those that stay."""
    order = np.random.default_rng(derive(seed, "reference set aside")).permutation(num_nonmembers)
    return np.sort(order[: num_nonmembers // 2]), np.sort(order[num_nonmembers // 2 :])


def samples_view(
    samples: Array, reference: Tensor, seed: int, spec: RecordSpec | None = None, name: str = "target"
) -> SamplesView:
    """Generated records (S, *shape) as a target; sentences call them `name`.

    Raises:
        ParganError: fewer than two, or one that is not finite.
    """
    generated = _records(samples, name)
    if len(generated) < FEWEST:
        raise ParganError(f"{name} holds {len(generated)} records; give {FEWEST} or more generated ones")
    return SamplesView(samples=generated, reference=reference.to(generated.device), seed=seed, spec=spec)


def _view(
    target: Array | nn.Module | Target,
    reference: Tensor,
    latent_dim: int | None,
    spec: RecordSpec | None,
    num_samples: int,
    seed: int,
) -> Target:
    if isinstance(target, SamplesView):
        # Labels, where there were some, are those of the reference set it had.
        return replace(target, reference=reference.to(target.samples.device), reference_labels=None, seed=seed)
    if isinstance(target, ParGANModule):
        return target_of(target, reference, num_samples, seed)
    if not isinstance(target, nn.Module):
        return samples_view(target, reference, derive(seed, "attacked samples"), spec)
    if latent_dim is None:
        raise ParganError("latent_dim is missing: say how long the latents of this network are, latent_dim=...")
    device = next((parameter.device for parameter in target.parameters()), torch.device("cpu"))
    return make_target(
        target,
        None,
        latent_dim,
        None,
        reference.to(device),
        num_samples,
        derive(seed, "attacked samples"),
        spec=spec,
    )


def _records(group: Array, name: str) -> Tensor:
    records = torch.as_tensor(group)
    if records.ndim < 2 or records.dtype == torch.bool or records.is_complex():
        raise ParganError(
            f"{name} is an array of shape {tuple(records.shape)} and type {records.dtype}; "
            f"give numbers, one record per row: (N, *shape)"
        )
    records = records.float()
    broken = int((~records.flatten(1).isfinite().all(1)).sum())
    if broken:
        raise ParganError(f"{name}: {broken} of {len(records)} records hold NaN or infinity; mend or drop them")
    return records


def _refuse_overlap(groups: Mapping[str, Tensor]) -> None:
    hashes = {name: record_hashes(group.cpu().numpy()) for name, group in groups.items()}
    for (one, left), (two, right) in combinations(hashes.items(), 2):
        shared, first, other = np.intersect1d(left, right, return_indices=True)
        if len(shared):
            earliest = int(first.argmin())
            raise ParganError(
                f"{one} and {two} share {len(shared)} records (the first is number {first[earliest]} of the one and "
                f"{other[earliest]} of the other, counted from 0); drop them from one of the two"
            )


def _no_quality(samples: np.ndarray) -> dict[str, float]:
    return {}
