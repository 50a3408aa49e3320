"""Attacks on a target: records are scored, then the scores are judged; shared by callback and audit.

Legend: N = m + n records under attack, K discriminators, S samples, R reference records, *shape of one
record.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from pargan.attacks.views import (
    Attack,
    DiscriminatorsView,
    PartitionsView,
    Scored,
    Target,
    in_units_of_records,
    narrow,
    widen,
)
from pargan.errors import ParganError
from pargan.judge.metrics import AttackMetrics, judge
from pargan.seeding import derive, seeded, subset

PERMUTED_RECORDS = 500
"""At most this many records of each group are attacked again where membership is permuted."""


@dataclass(frozen=True)
class AttackResult:
    """Scores of one attack, and the metrics computed from them.

    Attributes:
        name: of the attack.
        access: samples, generator, discriminators or partitions.
        member_scores: (m,) float64, in the order of the members.
        nonmember_scores: (n,) float64, in the order of the nonmembers.
        metrics: computed from the scores.
        num_samples: S, generated records the attack could look at.
        seconds: wall time of the attack. The first one on the discriminators pays for their evaluation,
            which the others share.
        details: what the attack reports about itself, ready for JSON; mostly empty.
    """

    name: str
    access: str
    member_scores: np.ndarray
    nonmember_scores: np.ndarray
    metrics: AttackMetrics
    num_samples: int
    seconds: float
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """One JSON-ready object without the scores, flat but for `details`; the name's key is `attack`."""
        return {
            "attack": self.name,
            "access": self.access,
            **self.metrics.to_dict(),
            "num_samples": self.num_samples,
            "seconds": self.seconds,
            "details": dict(self.details),
        }


def run_attacks(
    target: Target,
    attacks: Mapping[str, Attack],
    members: Tensor,
    member_partition: Tensor | None,
    nonmembers: Tensor,
    *,
    seed: int,
    draws: int = 2000,
    track: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> list[AttackResult]:
    """Score members and nonmembers with every attack, and compute the metrics of the scores.

    All records go to an attack in one shuffled batch, so that their order carries nothing. A nonmember's
    partition is drawn uniformly at random. Deterministic for a seed; the result of an attack does not
    depend on the others; torch's global random state stays as it was.

    Args:
        target: what is attacked.
        attacks: by name; each is handed exactly the view that its `access` names.
        members: (m, *shape).
        member_partition: (m,) integers in 0 .. K - 1; None where they are not known; attacks with access
            `partitions` are then refused.
        nonmembers: (n, *shape).
        seed: for the order, nonmembers' partitions and bootstrap.
        draws: bootstrap draws of the intervals of TPR at a low FPR.
        track: receives the attacks' names and yields them one by one, for a progress bar.

    Returns:
        One result per attack, in the order of `attacks`.

    Raises:
        ParganError: no members or nonmembers, records or partitions that do not fit the target, an attack that
            needs wider access than the target gives, or one that does not return one finite score per record.
    """
    _check_groups(target, members, member_partition, nonmembers)
    refuse_wider(_with_partition(target, member_partition, len(nonmembers), seed), attacks)
    batch = _Batch.shuffled(target, members, member_partition, nonmembers, seed)

    def run(name: str, attack: Attack) -> AttackResult:
        start = time.perf_counter()
        member_scores, nonmember_scores, details = batch.score(name, attack, seed)
        seconds = time.perf_counter() - start
        return AttackResult(
            name=name,
            access=attack.access.level,
            member_scores=member_scores,
            nonmember_scores=nonmember_scores,
            metrics=judge(member_scores, nonmember_scores, derive(seed, "bootstrap"), draws, name=name),
            num_samples=len(target.samples),
            seconds=seconds,
            details=details,
        )

    return [run(name, attacks[name]) for name in track(list(attacks))]


def score_permuted(
    target: Target,
    attacks: Mapping[str, Attack],
    members: Tensor,
    member_partition: Tensor | None,
    nonmembers: Tensor,
    *,
    seed: int,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Run every attack where membership was permuted before: a control that no honest attack can pass with a leak.

    Who is called a member is drawn at random from all records, anew for each attack; the numbers of records and the
    partitions of those called members stay. The target is as it was, so scores still show who was a member, but that
    has nothing to do with who is called one. An attack that finds out what the audit was told finds these members
    too, and its AUC is above 0.5. At most 500 records of each group take part.

    Args:
        target, attacks, members, member_partition, nonmembers, seed: as in `run_attacks`.

    Returns:
        For each attack the scores of those called members and of those called nonmembers.
    """
    chosen_members, chosen_nonmembers = (
        torch.from_numpy(subset(PERMUTED_RECORDS, len(group), derive(seed, f"permuted {name}")))
        for name, group in (("members", members), ("nonmembers", nonmembers))
    )
    m, n = len(chosen_members), len(chosen_nonmembers)
    pooled = torch.cat([members[chosen_members.to(members.device)], nonmembers[chosen_nonmembers.to(members.device)]])
    partition = None if member_partition is None else member_partition[chosen_members.to(member_partition.device)]
    scores = []
    for name, attack in attacks.items():
        order = torch.randperm(m + n, generator=_stream(seed, f"permuted membership of {name}")).to(pooled.device)
        members, nonmembers = pooled[order[:m]], pooled[order[m:]]
        batch = _Batch.shuffled(target, members, partition, nonmembers, seed)
        scores.append(batch.score(name, attack, seed)[:2])
    return scores


@dataclass(frozen=True)
class _Batch:
    """All records under attack in random order, and the target with their partitions, where they are known.

    Attributes:
        target: the widest view.
        records: (N, *shape).
        order: (N,) the record at each position, members first.
        num_members: m.
    """

    target: Target
    records: Tensor
    order: Tensor
    num_members: int

    @classmethod
    def shuffled(
        cls, target: Target, members: Tensor, member_partition: Tensor | None, nonmembers: Tensor, seed: int
    ) -> Self:
        m, n, device = len(members), len(nonmembers), members.device
        order = torch.randperm(m + n, generator=_stream(seed, "order of records")).to(device)
        target = _with_partition(target, member_partition, n, seed)
        if isinstance(target, PartitionsView):
            target = replace(target, partition=target.partition.to(device)[order])
        return cls(target, torch.cat([members, nonmembers])[order], order, m)

    def score(self, name: str, attack: Attack, seed: int) -> tuple[np.ndarray, np.ndarray, Mapping[str, Any]]:
        """Scores of members and of nonmembers, (m,) and (n,) float64, and the attack's details."""
        with seeded(derive(seed, "attack"), self.records.device):
            view = narrow(self.target, attack.access)
            is_same = view.spec is self.target.spec
            records = self.records if is_same else in_units_of_records(self.target.spec, self.records)
            scored = Scored.of(attack(view, records))
        shuffled, size = scored.scores.detach(), len(self.records)
        if shuffled.shape != (size,):
            raise ParganError(
                f"returned scores of shape {tuple(shuffled.shape)} for {size} records",
                argument="attack",
                value=name,
                remedy=f"return one score per record, ({size},)",
            )
        scores = torch.empty_like(shuffled)
        scores[self.order.to(scores.device)] = shuffled
        members, nonmembers = scores.cpu().double().split([self.num_members, size - self.num_members])
        return members.numpy(), nonmembers.numpy(), scored.details


def _with_partition(target: Target, member_partition: Tensor | None, num_nonmembers: int, seed: int) -> Target:
    """The target with the members' partitions, and random ones for nonmembers, in that order; where it has networks."""
    if not isinstance(target, DiscriminatorsView) or member_partition is None:
        return target
    generator = _stream(seed, "partition of nonmembers")
    random = torch.randint(target.num_partitions, (num_nonmembers,), generator=generator)
    partition = torch.cat([member_partition.cpu().long(), random])
    return widen(narrow(target, DiscriminatorsView), PartitionsView, partition=partition)


def refuse_wider(target: Target, attacks: Mapping[str, Attack]) -> None:
    """Refuse attacks that need more than the target gives, before any of them runs.

    Raises:
        ParganError: with the first such attack, and the list without them.
    """
    can_run = [name for name, attack in attacks.items() if isinstance(target, attack.access)]
    for name, attack in attacks.items():
        if name not in can_run:
            remaining = f"[{','.join(can_run)}]" if can_run else "none"
            raise ParganError(
                f"needs access {attack.access.level}, but the target gives {target.level} only",
                argument="attack",
                value=name,
                remedy=f"leave it out: attack={remaining}",
            )


def _stream(seed: int, purpose: str) -> torch.Generator:
    return torch.Generator().manual_seed(derive(seed, purpose))


def _check_groups(target: Target, members: Tensor, member_partition: Tensor | None, nonmembers: Tensor) -> None:
    for name, group in (("members", members), ("nonmembers", nonmembers)):
        if len(group) < 1:
            raise ParganError("is empty", argument=name, remedy="give at least one record of each group")
    shape = target.samples.shape[1:]
    for name, group in (("members", members), ("nonmembers", nonmembers), ("reference", target.reference)):
        if group.shape[1:] != shape:
            raise ParganError(
                f"holds records of shape {tuple(group.shape[1:])}, and generated ones have {tuple(shape)}",
                argument=name,
                remedy="give records of one shape",
            )
    if member_partition is None:
        return
    if member_partition.shape != (len(members),):
        raise ParganError(
            f"has shape {tuple(member_partition.shape)} for {len(members)} members",
            argument="member_partition",
            remedy="give one partition per member",
        )
    low, high = int(member_partition.min()), int(member_partition.max())
    if isinstance(target, DiscriminatorsView) and not 0 <= low <= high < target.num_partitions:
        raise ParganError(
            f"holds numbers from {low} to {high}, but there are {target.num_partitions} discriminators",
            argument="member_partition",
            remedy=f"give partitions from 0 to {target.num_partitions - 1}",
        )
