"""What is attacked, as a view: generated records, a generator, or a whole GAN.

Legend: K discriminators, S generated records, R reference records, *shape of one record in model space.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.func import functional_call

from pargan.attacks.views import DiscriminatorsView, GeneratorView, SamplesView, narrow, widen
from pargan.audits.groups import MIN_GROUP_SIZE, Array, checked_records
from pargan.audits.settings import AuditSettings
from pargan.errors import ParganError, counted
from pargan.gan.module import ParGANModule
from pargan.gan.sampling import draw_latents, evaluating, generate, sample
from pargan.records.conditioning import UNCONDITIONAL, Conditioning
from pargan.records.spec import RecordSpec
from pargan.seeding import derive, subset

ConditionOf = Callable[[Tensor], Tensor | None]
"""(N, *shape) records -> their conditions (N, c), or None where there are none."""


def target_of(
    module: ParGANModule,
    reference: Tensor,
    num_samples: int,
    seed: int,
    reference_labels: Tensor | None = None,
    condition_of: ConditionOf | None = None,
) -> DiscriminatorsView:
    """The view of a module under attack, with `num_samples` generated records drawn once for all attacks.

    Arguments as in `make_target`.
    """
    target = make_target(
        module.released,
        module.discriminators,
        latent_dim=module.latent_dim,
        num_partitions=module.num_partitions,
        reference=reference.to(module.device),
        num_samples=num_samples,
        seed=derive(seed, "attacked samples"),
        spec=module.spec,
        reference_labels=reference_labels,
        conditioning=module.conditioning,
        condition_of=condition_of,
    )
    return narrow(target, DiscriminatorsView)


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
    conditioning: Conditioning = UNCONDITIONAL,
    condition_of: ConditionOf | None = None,
) -> GeneratorView:
    """A view of a GAN, or of a generator alone; make a new one after a further training step.

    Generated records alone are a `SamplesView` already.

    The networks are evaluated in eval mode and are not changed. Logits are cached by the identity of the records
    tensor, so attacks on the same records share one pass of the K networks.

    Args:
        generator: (B, latent_dim + c) -> (B, *shape), with c = conditioning.size.
        discriminators: (K, B, *shape) -> (K, B) logits, with the conditions (K, B, c) as a second argument where there
            are any; None where there are no networks to attack.
        latent_dim: size of a latent; latents are standard normal.
        num_partitions: K; None without discriminators.
        reference: (R, *shape) records of the population, neither members nor nonmembers.
        num_samples: S, generated records that the attacks may look at.
        seed: for the samples' latents (the same on every device) and whatever attacks draw.
        spec: the record format; with it, samples are rounded to records as they would be released (whole
            categories, grey levels).
        reference_labels: (R,) classes of the reference records, where there are any.
        batch_size: records evaluated at a time.
        conditioning: what the networks are told of a record. Samples are generated under conditions as frequent as in
            the data, and every record is judged under its own.
        condition_of: (N, *shape) records under attack or of the reference set -> their conditions (N, c), as a
            datamodule's `condition_of`; None: the records hold them, or there are none.

    Returns:
        A `DiscriminatorsView`, or without discriminators a `GeneratorView`.

    Raises:
        ParganError: no reference records, no samples, or samples that are not finite.
    """
    if num_samples < 1:
        raise ParganError(
            "leaves no generated records to attack with",
            argument="num_samples",
            value=num_samples,
            remedy="give 1 or more",
        )
    if len(reference) < 1:
        raise ParganError("is empty", argument="reference", remedy="leave some records out of members and nonmembers")
    samples = sample(generator, num_samples, latent_dim, seed, batch_size, conditioning)
    if spec is not None:
        samples = torch.as_tensor(spec.snap(samples.cpu().numpy()), dtype=samples.dtype, device=samples.device)
    broken = int((~samples.flatten(1).isfinite().all(1)).sum())
    if broken:
        raise ParganError(
            f"{broken} of {num_samples} generated records hold NaN or infinity: the generator has diverged",
            remedy="lower the learning rate or attack an earlier checkpoint",
        )

    # Detached weights: an attack may differentiate in the latents without leaving gradients behind.
    weights = {name: weight.detach() for name, weight in generator.named_parameters()}

    def frozen(told: Tensor) -> Tensor:
        return functional_call(generator, weights, (told,))

    def generate_from(latents: Tensor, condition: Tensor | None = None) -> Tensor:
        with_gradients = torch.is_grad_enabled()
        with evaluating(generator), torch.set_grad_enabled(with_gradients):
            return generate(frozen, latents, conditioning, condition)

    view = GeneratorView(
        samples=samples,
        reference=reference,
        seed=seed,
        spec=spec,
        reference_labels=reference_labels,
        generator=generate_from,
        latent_dim=latent_dim,
        sample_latents=draw_latents(num_samples, latent_dim, seed).to(samples.device),
        condition_of=condition_of or conditioning.of_records,
    )
    if discriminators is None or num_partitions is None:
        return view
    logits = _cached_logits(discriminators, num_partitions, batch_size, view.condition_of)
    return widen(view, DiscriminatorsView, num_partitions=num_partitions, logits=logits)


def _cached_logits(
    discriminators: nn.Module, num_partitions: int, batch_size: int, condition_of: ConditionOf
) -> Callable[[Tensor], Tensor]:
    @lru_cache(maxsize=2)  # the records under attack and the reference; tensors hash by identity
    def logits(records: Tensor) -> Tensor:
        condition = condition_of(records)
        told = (records,) if condition is None else (records, condition)
        with evaluating(discriminators):
            blocks = zip(*(group.split(batch_size) for group in told), strict=True)
            return torch.cat(
                [discriminators(*(part.expand(num_partitions, *part.shape) for part in block)) for block in blocks], 1
            )

    return logits


def samples_view(
    samples: Array,
    reference: Tensor,
    seed: int,
    spec: RecordSpec | None = None,
    argument: str = "target",
    dtype: torch.dtype = torch.float32,
) -> SamplesView:
    """Generated records (S, *shape) of type `dtype` as a target; `argument` is the name that errors call them.

    Raises:
        ParganError: fewer than two, or one that is not finite.
    """
    generated = checked_records(samples, argument, dtype)
    if len(generated) < MIN_GROUP_SIZE:
        raise ParganError(
            f"holds {counted(len(generated), 'record')}",
            argument=argument,
            remedy=f"give {MIN_GROUP_SIZE} or more generated ones",
        )
    return SamplesView(samples=generated, reference=reference.to(generated.device), seed=seed, spec=spec)


def widest_view(
    target: Array | nn.Module | SamplesView,
    reference: Tensor,
    latent_dim: int | None,
    spec: RecordSpec | None,
    settings: AuditSettings,
    dtype: torch.dtype,
) -> SamplesView:
    """The widest view of whatever was given as the target."""
    num_samples, seed = settings.num_samples, derive(settings.seed, "attacked samples")
    if isinstance(target, SamplesView):
        # The labels it may hold are those of the reference set it had before.
        reference = reference.to(target.samples.device)
        return replace(target, reference=reference, reference_labels=None, seed=settings.seed)
    if isinstance(target, ParGANModule):
        return target_of(target, reference, num_samples, settings.seed)
    if not isinstance(target, nn.Module):
        chosen = subset(num_samples, len(target), derive(settings.seed, "generated records"))
        return samples_view(target[chosen], reference, seed, spec, dtype=dtype)
    if latent_dim is None:
        raise ParganError("is missing", argument="latent_dim", remedy="give the length of this network's latents")
    device = next((parameter.device for parameter in target.parameters()), torch.device("cpu"))
    return make_target(target, None, latent_dim, None, reference.to(device), num_samples, seed, spec=spec)
