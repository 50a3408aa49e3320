"""Running attacks on a trained GAN: the one way, shared by the callback and the script.

Legend: N = m + n records under attack, K discriminators, S samples, R reference records, *shape of one
record.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from pargan.attacks.views import (
    Attack,
    DiscriminatorsView,
    GeneratorView,
    PartitionsView,
    Scored,
    Target,
    in_blocks,
    narrow,
    widen,
)
from pargan.errors import ParganError
from pargan.gan.sampling import draw_latents, evaluating, sample
from pargan.judge.metrics import AttackMetrics, judge
from pargan.records.spec import RecordSpec
from pargan.seeding import derive, seeded


@dataclass(frozen=True)
class AttackResult:
    """What one attack found.

    Attributes:
        name: of the attack.
        access: samples, generator, discriminators or partitions.
        member_scores: (m,) float64, in the order of the members.
        nonmember_scores: (n,) float64, in the order of the nonmembers.
        metrics: the scores judged.
        num_samples: S, generated records the attack could look at.
        seconds: wall time of the attack. The first one on the discriminators pays for their evaluation,
            which the others share.
        details: what the attack says about itself, ready for JSON; mostly nothing.
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


def make_target(
    generator: nn.Module,
    discriminators: nn.Module | None,
    latent_dim: int,
    num_partitions: int | None,
    reference: Tensor,
    num_samples: int,
    seed: int,
    spec: RecordSpec | None = None,
    reference_labels: Tensor | None = None,
    batch_size: int = 1000,
) -> GeneratorView:
    """A snapshot of a GAN, or of a generator alone, to attack; make a new one after a further training step.

    Generated records alone need no snapshot: they are a `SamplesView`.

    The networks are used in eval mode and left as they were. Logits are remembered by the identity of the
    records asked for, so attacks on the same records share one pass of the K networks.

    Args:
        generator: (B, latent_dim) -> (B, *shape).
        discriminators: (K, B, *shape) -> (K, B) logits; None where there are none to attack.
        latent_dim: size of a latent; latents are standard normal.
        num_partitions: K; None without discriminators.
        reference: (R, *shape) records of the population, neither members nor nonmembers.
        num_samples: S, generated records to hand to the attacks.
        seed: for the samples' latents (the same on every device) and whatever attacks draw.
        spec: the facts of a record; with them, samples become records as they would be released (whole
            categories, grey levels).
        reference_labels: (R,) classes of the reference records, where there are any.
        batch_size: records evaluated at a time.

    Returns:
        A `DiscriminatorsView`, or without discriminators a `GeneratorView`.

    Raises:
        ParganError: no reference records, no samples, or samples that are not finite.
    """
    if num_samples < 1:
        raise ParganError(f"num_samples={num_samples} leaves nothing to attack with; give 1 or more")
    if len(reference) < 1:
        raise ParganError("the reference set is empty; leave some records out of members and nonmembers")
    samples = sample(generator, num_samples, latent_dim, seed, batch_size)
    if spec is not None:
        samples = torch.as_tensor(spec.snap(samples.cpu().numpy()), dtype=samples.dtype, device=samples.device)
    broken = int((~samples.flatten(1).isfinite().all(1)).sum())
    if broken:
        raise ParganError(
            f"{broken} of {num_samples} generated records hold NaN or infinity: the generator has diverged; "
            f"lower the learning rate or attack an earlier checkpoint"
        )

    # Detached weights: an attack may differentiate in the latents without leaving gradients behind.
    weights = {name: weight.detach() for name, weight in generator.named_parameters()}

    def generate(latents: Tensor) -> Tensor:
        with_gradients = torch.is_grad_enabled()
        with evaluating(generator), torch.set_grad_enabled(with_gradients):
            return functional_call(generator, weights, (latents,))

    view = GeneratorView(
        samples=samples,
        reference=reference,
        seed=seed,
        spec=spec,
        reference_labels=reference_labels,
        generator=generate,
        latent_dim=latent_dim,
        sample_latents=draw_latents(num_samples, latent_dim, seed).to(samples.device),
    )
    if discriminators is None or num_partitions is None:
        return view
    logits = _remembered_logits(discriminators, num_partitions, batch_size)
    return widen(view, DiscriminatorsView, num_partitions=num_partitions, logits=logits)


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
    """Score members and nonmembers with every attack, and judge the scores.

    All records go to an attack in one shuffled batch, so that their order carries nothing. A nonmember's
    partition is drawn uniformly at random. Deterministic for a seed; the result of an attack does not
    depend on the others; torch's global random state stays as it was.

    Args:
        target: what is attacked.
        attacks: by name; each is handed exactly the view that its `access` names.
        members: (m, *shape).
        member_partition: (m,) integers in 0 .. K - 1; None where nobody knows, which leaves out attacks with
            access `partitions`.
        nonmembers: (n, *shape).
        seed: for the order, nonmembers' partitions and bootstrap.
        draws: bootstrap draws of the AUC's interval.
        track: is handed the attacks' names and gives them back one by one, to show how far they have come.

    Returns:
        One result per attack, in the order of `attacks`.

    Raises:
        ParganError: no members or nonmembers, records or partitions that do not fit the target, an attack that
            needs wider access than the target gives, or one that does not return one finite score per record.
    """
    _check_groups(target, members, member_partition, nonmembers)
    m, n, device = len(members), len(nonmembers), members.device
    order = torch.randperm(m + n, generator=_stream(seed, "order of records")).to(device)
    if isinstance(target, DiscriminatorsView) and member_partition is not None:
        random = torch.randint(target.num_partitions, (n,), generator=_stream(seed, "partition of nonmembers"))
        partition = torch.cat([member_partition.to(device).long(), random.to(device)])[order]
        target = widen(narrow(target, DiscriminatorsView), PartitionsView, partition=partition)
    refuse_wider(target, attacks)
    records = torch.cat([members, nonmembers])[order]

    def run(name: str, attack: Attack) -> AttackResult:
        start = time.perf_counter()
        with seeded(derive(seed, "attack"), device):
            scored = Scored.of(attack(narrow(target, attack.access), records))
        shuffled = scored.scores.detach()
        if shuffled.shape != (m + n,):
            raise ParganError(
                f"attack={name} returned scores of shape {tuple(shuffled.shape)} for {m + n} records; "
                f"return one score per record, ({m + n},)"
            )
        scores = torch.empty_like(shuffled)
        scores[order.to(scores.device)] = shuffled
        member_scores, nonmember_scores = scores.cpu().double().split([m, n])
        seconds = time.perf_counter() - start
        metrics = judge(
            member_scores.numpy(),
            nonmember_scores.numpy(),
            derive(seed, "bootstrap"),
            draws,
            name=name,
        )
        return AttackResult(
            name=name,
            access=attack.access.level,
            member_scores=member_scores.numpy(),
            nonmember_scores=nonmember_scores.numpy(),
            metrics=metrics,
            num_samples=len(target.samples),
            seconds=seconds,
            details=scored.details,
        )

    return [run(name, attacks[name]) for name in track(list(attacks))]


def refuse_wider(target: Target, attacks: Mapping[str, Attack]) -> None:
    """Refuse attacks that need more than the target gives, before any of them runs.

    Raises:
        ParganError: it names the first such attack, and what to type without all of them.
    """
    can_run = [name for name, attack in attacks.items() if isinstance(target, attack.access)]
    for name, attack in attacks.items():
        if name not in can_run:
            without = f"[{','.join(can_run)}]" if can_run else "none"
            raise ParganError(
                f"attack={name} needs access {attack.access.level}, but the target gives {target.level} only; "
                f"leave it out: attack={without}"
            )


def _remembered_logits(discriminators: nn.Module, num_partitions: int, batch_size: int) -> Callable[[Tensor], Tensor]:
    @lru_cache(maxsize=2)  # the records under attack and the reference; tensors hash by identity
    def logits(records: Tensor) -> Tensor:
        with evaluating(discriminators):
            return in_blocks(
                lambda block: discriminators(block.expand(num_partitions, *block.shape)),
                records,
                batch_size,
                dim=1,
            )

    return logits


def _stream(seed: int, purpose: str) -> torch.Generator:
    return torch.Generator().manual_seed(derive(seed, purpose))


def _check_groups(target: Target, members: Tensor, member_partition: Tensor | None, nonmembers: Tensor) -> None:
    if min(len(members), len(nonmembers)) < 1:
        raise ParganError(
            f"{len(members)} members and {len(nonmembers)} nonmembers cannot be told apart; give at least one of each"
        )
    shape = target.samples.shape[1:]
    for name, group in (("members", members), ("nonmembers", nonmembers), ("reference", target.reference)):
        if group.shape[1:] != shape:
            raise ParganError(
                f"{name} are records of shape {tuple(group.shape[1:])}, generated ones of {tuple(shape)}; "
                f"give records of one shape"
            )
    if member_partition is None:
        return
    if member_partition.shape != (len(members),):
        raise ParganError(
            f"member_partition has shape {tuple(member_partition.shape)} for {len(members)} members; "
            f"give one partition per member"
        )
    low, high = int(member_partition.min()), int(member_partition.max())
    if isinstance(target, DiscriminatorsView) and not 0 <= low <= high < target.num_partitions:
        raise ParganError(
            f"member_partition holds numbers from {low} to {high}, but there are {target.num_partitions} "
            f"discriminators; give partitions from 0 to {target.num_partitions - 1}"
        )
