"""What an attack may see of its target: one frozen view per access level.

Legend: N records under attack, S generated samples, R reference records, K discriminators, B latents,
*shape of one record. Tensors are float32, in model space, all on one device.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar

import torch
from torch import Tensor

from pargan.errors import ParganError
from pargan.records.spec import RecordSpec


@dataclass(frozen=True, kw_only=True)
class SamplesView:
    """Access `samples`: generated records and a reference set of the attacker's own, nothing else.

    Attributes:
        samples: (S, *shape) generated records, as they would be released.
        reference: (R, *shape) records from the same population, neither members nor nonmembers.
        seed: for whatever the attack draws at random.
        spec: the facts of a record's format (columns, ranges), which whoever holds a record knows; None where
            the networks were made without.
        reference_labels: (R,) int64 classes of the reference records, or None.
    """

    level: ClassVar[str] = "samples"
    """The access level's name, for people and files."""

    samples: Tensor
    reference: Tensor
    seed: int
    spec: RecordSpec | None = None
    reference_labels: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class GeneratorView(SamplesView):
    """Access `generator`: G can also be evaluated, and differentiated, at chosen latents.

    Attributes:
        generator: (B, latent_dim) -> (B, *shape), in eval mode, differentiable in the latents.
        latent_dim: size of a latent.
        sample_latents: (S, latent_dim), what the samples were generated from.
    """

    level: ClassVar[str] = "generator"

    generator: Callable[[Tensor], Tensor]
    latent_dim: int
    sample_latents: Tensor


@dataclass(frozen=True, kw_only=True)
class DiscriminatorsView(GeneratorView):
    """Access `discriminators`: the K networks.

    Attributes:
        logits: (N, *shape) -> (K, N), in eval mode, without gradients.
        num_partitions: K.
    """

    level: ClassVar[str] = "discriminators"

    num_partitions: int
    logits: Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class PartitionsView(DiscriminatorsView):
    """Access `partitions`: which partition each record would be in. An upper bound, no real attacker.

    Attributes:
        partition: (N,) int64, the partition of a member, uniformly random for a nonmember.
    """

    level: ClassVar[str] = "partitions"

    partition: Tensor


@dataclass(frozen=True)
class Scored:
    """Scores, and what the attack has to say about how it came to them.

    Attributes:
        scores: (N,), higher = more likely a member.
        details: ready for JSON, for people to judge the attack by (how many searches converged).
    """

    scores: Tensor
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, found: "Tensor | Scored") -> "Scored":
        """What an attack returned, with or without details."""
        return found if isinstance(found, Scored) else cls(found)


View = TypeVar("View", bound=SamplesView)


class Attack(Protocol[View]):
    """A membership inference attack: a function from records to scores."""

    @property
    def access(self) -> type[View]:
        """The view it needs; it is handed exactly that."""

    def __call__(self, view: View, records: Tensor) -> Tensor | Scored:
        """(N, *shape) -> (N,) scores, higher = more likely a member. The order of records means nothing."""


Target: TypeAlias = SamplesView
"""What is attacked: the widest view there is of it. Generated records alone are a `SamplesView`, a network that
makes them a `GeneratorView`, a whole GAN a `DiscriminatorsView`."""


def narrow(view: SamplesView, access: type[View]) -> View:
    """Exactly what `access` allows, cut from a view that is at least as wide.

    Raises:
        ParganError: the view is narrower than `access`.
    """
    if not isinstance(view, access):
        raise ParganError(
            f"access {access.level} cannot be cut from a target that gives {view.level}; attack a wider one"
        )
    return access(**{field.name: getattr(view, field.name) for field in fields(access)})


def widen(view: SamplesView, access: type[View], **more: Any) -> View:
    """`view` with what else `access` holds: the way from samples to a generator, from there to discriminators."""
    return access(**{field.name: getattr(view, field.name) for field in fields(view)}, **more)


def in_blocks(function: Callable[[Tensor], Tensor], records: Tensor, size: int, dim: int = 0) -> Tensor:
    """Apply `function` to `size` records at a time and join the results along `dim`; bounds peak memory."""
    return torch.cat([function(block) for block in records.split(size)], dim=dim)
