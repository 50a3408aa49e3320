"""What an attack may see of its target: one frozen view per access level.

Legend: N records under attack, S generated samples, R reference records, K discriminators, B latents,
*shape of one record. Tensors are float32, in model space, all on one device. The target is what is attacked; its
widest view holds everything there is of it, and an attack is given the part that its access level allows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar

import torch
from torch import Tensor

from pargan.errors import ParganError
from pargan.records.spec import RecordSpec
from pargan.records.tables import TableSpec


@dataclass(frozen=True, kw_only=True)
class SamplesView:
    """Access `samples`: generated records and a reference set that the attacker has, nothing else.

    Attributes:
        samples: (S, *shape) generated records, as they would be released.
        reference: (R, *shape) records from the same population, neither members nor nonmembers.
        seed: for everything that the attack draws at random.
        spec: the record format (columns, ranges), which can be read off any record; None where it is unknown.
        reference_labels: (R,) int64 classes of the reference records, or None.
    """

    level: ClassVar[str] = "samples"
    """The access level's name in tables and files."""

    samples: Tensor
    reference: Tensor
    seed: int
    spec: RecordSpec | None = None
    reference_labels: Tensor | None = None


def told_nothing(records: Tensor) -> None:
    """No condition."""


@dataclass(frozen=True, kw_only=True)
class GeneratorView(SamplesView):
    """Access `generator`: G can also be evaluated, and differentiated, at chosen latents.

    Attributes:
        generator: (B, latent_dim) -> (B, *shape), in eval mode, differentiable in the latents. A conditional one is
            called with the conditions (B, c) as a second argument.
        latent_dim: size of a latent.
        sample_latents: (S, latent_dim) latents that the samples were generated from.
        condition_of: (N, *shape) records under attack or of the reference set -> their own conditions (N, c), which an
            attacker knows, or None where the generator is told nothing.
    """

    level: ClassVar[str] = "generator"

    generator: Callable[..., Tensor]
    latent_dim: int
    sample_latents: Tensor
    condition_of: Callable[[Tensor], Tensor | None] = told_nothing


@dataclass(frozen=True, kw_only=True)
class DiscriminatorsView(GeneratorView):
    """Access `discriminators`: the K networks.

    Attributes:
        logits: (N, *shape) -> (K, N), in eval mode, without gradients; of each record under its own condition, where
            the discriminators are told one.
        num_partitions: K.
    """

    level: ClassVar[str] = "discriminators"

    num_partitions: int
    logits: Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class PartitionsView(DiscriminatorsView):
    """Access `partitions`: also the partition of each record. An upper bound: no real attacker knows it.

    Attributes:
        partition: (N,) int64, the partition of a member, uniformly random for a nonmember.
    """

    level: ClassVar[str] = "partitions"

    partition: Tensor


@dataclass(frozen=True)
class Scored:
    """Scores, and details of how the attack arrived at them.

    Attributes:
        scores: (N,), higher = more likely a member.
        details: JSON-ready diagnostics of the attack, for example how many searches converged.
    """

    scores: Tensor
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, scores: "Tensor | Scored") -> "Scored":
        """Wrap what an attack returned; scores without details get empty ones."""
        return scores if isinstance(scores, Scored) else cls(scores)


View = TypeVar("View", bound=SamplesView)


class Attack(Protocol[View]):
    """A membership inference attack: a function from records to scores."""

    @property
    def access(self) -> type[View]:
        """The view it needs; it is given exactly that."""

    def __call__(self, view: View, records: Tensor) -> Tensor | Scored:
        """(N, *shape) -> (N,) scores, higher = more likely a member. The order of records is random."""


Target: TypeAlias = SamplesView
"""What is under attack, as the widest view of it: a `SamplesView` where only generated records are known, a
`GeneratorView` for a generator, a `DiscriminatorsView` for a whole GAN."""


def narrow(view: SamplesView, access: type[View]) -> View:
    """The part of `view` that `access` allows.

    What an attack sees of tables without the networks is in the units of the records, see `in_units_of_records`.

    Raises:
        ParganError: `view` holds less than `access` needs.
    """
    if not isinstance(view, access):
        raise ParganError(
            f"holds {view.level} only, access {access.level} is needed",
            argument="view",
            remedy="attack a target that gives more access",
        )
    part = access(**{field.name: getattr(view, field.name) for field in fields(access)})
    if access is not SamplesView or not isinstance(view.spec, TableSpec):
        return part
    samples, reference = (in_units_of_records(view.spec, group) for group in (view.samples, view.reference))
    return replace(part, samples=samples, reference=reference, spec=view.spec.in_units)


def in_units_of_records(spec: RecordSpec | None, records: Tensor) -> Tensor:
    """Rows (N, width) as shares of the range of each number; records that are not rows stay as they are.

    How a generator's numbers are encoded is not the attacker's choice. Distances between ranks hide how near a row is
    to a copied one: attacks in them found less of a planted leak.
    """
    if not isinstance(spec, TableSpec) or spec.in_units is spec:
        return records
    converted = spec.in_units.encode(spec.decode(records.detach().cpu().numpy()))
    return torch.as_tensor(converted, dtype=records.dtype, device=records.device)


def widen(view: SamplesView, access: type[View], **more: Any) -> View:
    """`view` with the fields that `access` adds: from samples to a generator, from there to discriminators."""
    return access(**{field.name: getattr(view, field.name) for field in fields(view)}, **more)


def in_blocks(function: Callable[[Tensor], Tensor], records: Tensor, size: int, dim: int = 0) -> Tensor:
    """Apply `function` to `size` records at a time and join the results along `dim`; bounds peak memory."""
    return torch.cat([function(block) for block in records.split(size)], dim=dim)
