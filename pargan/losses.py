"""Adversarial losses on raw logits: one class per loss, all with the same methods; none evaluates a network.

Legend: K partitions, B records of each, n records of each at which a penalty is taken, *shape of one record.

A loss is returned per record, (K, B). The entry of a record depends on that record's logits alone, and the caller
takes the mean: code that clips or weights the gradient of a single record needs them apart.
"""

from dataclasses import dataclass
from math import inf
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from pargan.errors import ParganError


class AdversarialLoss:
    """What discriminator k and the generator minimise against each other."""

    differentiates_twice: ClassVar[bool] = False
    """Whether there is a gradient penalty, whose second derivatives half precision (fp16) cannot represent."""

    def __init_subclass__(cls) -> None:
        has_penalty = cls.gradient_penalty is not AdversarialLoss.gradient_penalty
        if has_penalty and cls.penalty_records is AdversarialLoss.penalty_records:
            raise TypeError(
                f"{cls.__name__} has a gradient_penalty but does not say at which records; "
                f"define penalty_records(real, fake, position) too"
            )
        cls.differentiates_twice = has_penalty

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Loss of each discriminator on pairs of a real and a fake logit: (K, B), (K, B) -> (K, B)."""
        raise NotImplementedError

    def generator(self, fake: Tensor) -> Tensor:
        """Loss of the generator against each discriminator, per fake logit: (K, B) -> (K, B)."""
        raise NotImplementedError

    def penalty_records(self, real: Tensor, fake: Tensor, position: Tensor) -> Tensor:
        """The records at which `gradient_penalty` is taken; asked for only where there is a penalty.

        Args:
            real, fake: (K, B, *shape).
            position: (K, B), uniform in (0, 1), drawn by the caller so that the loss itself draws nothing.

        Returns:
            (K, n, *shape), without history.
        """
        raise NotImplementedError

    def gradient_penalty(self, gradients: Tensor) -> Tensor:
        """A term of each discriminator's loss, from the gradients of its logits at the penalty records.

        Args:
            gradients: (K, n, *shape), differentiable in the discriminators' parameters.

        Returns:
            (K, n), with n = B where records have weights. The (weighted) mean over n is added to that of the loss.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class JensenShannon(AdversarialLoss):
    """The original GAN: cross-entropy for D, non-saturating for G. arXiv 1406.2661.

    Where D_k is optimal, its loss is 2 ln 2 - 2 JS(p_k || p_g), and the generator's loss has the gradient of
    KL(p_g || p_k) - 2 JS(p_k || p_g) (arXiv 1701.04862).
    """

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """softplus(-D(x)) + softplus(D(G(z))), 2 ln 2 where D cannot tell them apart."""
        return softplus(-real) + softplus(fake)

    def generator(self, fake: Tensor) -> Tensor:
        """softplus(-D(G(z)))."""
        return softplus(-fake)


@dataclass(frozen=True)
class Wasserstein(AdversarialLoss):
    """WGAN with gradient penalty, arXiv 1704.00028.

    Args:
        penalty_weight: lambda, 0 or more; 10 in the paper, 5 for points in the published PAR-GAN experiments.

    Raises:
        ParganError: a negative penalty_weight, under which the critic's slope would grow without bound.
    """

    penalty_weight: float = 10.0

    def __post_init__(self) -> None:
        if not 0 <= self.penalty_weight < inf:  # NaN fails too
            raise ParganError(
                "would reward a critic for steep slopes",
                argument="penalty_weight",
                value=self.penalty_weight,
                remedy="give 0 or more, for example penalty_weight=10",
            )

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """D(G(z)) - D(x)."""
        return fake - real

    def generator(self, fake: Tensor) -> Tensor:
        """-D(G(z))."""
        return -fake

    def penalty_records(self, real: Tensor, fake: Tensor, position: Tensor) -> Tensor:
        """u = x + a (G(z) - x), a = position ~ U(0, 1) per record."""
        position = position.reshape(*position.shape, *(1,) * (real.dim() - 2))  # (K, B, 1, ...)
        # A generator under bf16-mixed returns bfloat16, real records stay float32.
        return torch.lerp(real, fake.to(real.dtype), position).detach()

    def gradient_penalty(self, gradients: Tensor) -> Tensor:
        """lambda (||grad_u D_k(u)||_2 - 1)^2."""
        norm = torch.linalg.vector_norm(gradients.flatten(2), dim=2)  # (K, B)
        return self.penalty_weight * (norm - 1).square()


@dataclass(frozen=True)
class Hinge(AdversarialLoss):
    """Hinge loss for D, linear for G. arXiv 1705.02894."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """max(0, 1 - D(x)) + max(0, 1 + D(G(z)))."""
        return relu(1 - real) + relu(1 + fake)

    def generator(self, fake: Tensor) -> Tensor:
        """-D(G(z))."""
        return -fake


@dataclass(frozen=True)
class LeastSquares(AdversarialLoss):
    """Least squares with targets 1 for real, 0 for fake. arXiv 1611.04076."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """((D(x) - 1)^2 + D(G(z))^2) / 2."""
        return ((real - 1).square() + fake.square()) / 2

    def generator(self, fake: Tensor) -> Tensor:
        """(D(G(z)) - 1)^2 / 2."""
        return (fake - 1).square() / 2
