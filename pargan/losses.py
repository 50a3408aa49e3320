"""Adversarial losses on raw logits, one object per loss, the same methods each; none evaluates a network itself.

Legend: K partitions, B records of each, *shape of one record; logits are (K, B), losses (K,).
Row k depends on row k of its arguments only, so the sum over k has, for discriminator k, the gradient of
its own loss.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus


class AdversarialLoss:
    """What discriminator k and the generator minimise against each other."""

    differentiates_twice: ClassVar[bool] = False
    """Whether the penalty differentiates a gradient, which half precision (fp16) cannot carry."""

    def __init_subclass__(cls) -> None:
        if cls.penalty is not AdversarialLoss.penalty and cls.penalised is AdversarialLoss.penalised:
            raise TypeError(
                f"{cls.__name__} has a penalty and does not say in which records; define penalised(real, fake) too"
            )

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Loss of each discriminator on its real and fake logits: (K, B), (K, B) -> (K,)."""
        raise NotImplementedError

    def generator(self, fake: Tensor) -> Tensor:
        """Loss of the generator against each discriminator: (K, B) -> (K,)."""
        raise NotImplementedError

    def penalised(self, real: Tensor, fake: Tensor) -> Tensor | None:
        """The records (K, any, *shape) in which `penalty` looks at the gradient of each logit; None: no penalty."""
        return None

    def penalty(self, gradients: Tensor) -> Tensor:
        """What is added to each discriminator's loss, of the logits' gradients (K, any, *shape) in `penalised`: (K,).

        Asked for only where there are penalised records; they themselves receive no gradients.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class JensenShannon(AdversarialLoss):
    """The original GAN: cross-entropy for D, non-saturating for G. arXiv 1406.2661.

    At its optimum against D_k the generator faces 2 JS(p_k || p_g) - 2 ln 2.
    """

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """softplus(-D(x)) + softplus(D(G(z))), 2 ln 2 where D cannot tell them apart."""
        return softplus(-real).mean(1) + softplus(fake).mean(1)

    def generator(self, fake: Tensor) -> Tensor:
        """softplus(-D(G(z)))."""
        return softplus(-fake).mean(1)


@dataclass(frozen=True)
class Wasserstein(AdversarialLoss):
    """WGAN with gradient penalty, arXiv 1704.00028.

    Args:
        penalty_weight: lambda; 10 in the paper, 5 for points in the published PAR-GAN experiments.
    """

    penalty_weight: float = 10.0
    differentiates_twice: ClassVar[bool] = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """mean D(G(z)) - mean D(x)."""
        return (fake - real).mean(1)

    def generator(self, fake: Tensor) -> Tensor:
        """-mean D(G(z))."""
        return -fake.mean(1)

    def penalised(self, real: Tensor, fake: Tensor) -> Tensor:
        """u = x + a (G(z) - x), a ~ U(0, 1) per record."""
        position = torch.rand(real.shape[:2], device=real.device, dtype=real.dtype)
        position = position.reshape(*position.shape, *(1,) * (real.dim() - 2))  # (K, B, 1, ...)
        # A generator under bf16-mixed returns bfloat16, real records stay float32.
        return torch.lerp(real, fake.to(real.dtype), position).detach()

    def penalty(self, gradients: Tensor) -> Tensor:
        """lambda * mean (||grad_u D_k(u)||_2 - 1)^2."""
        norm = torch.linalg.vector_norm(gradients.flatten(2), dim=2)  # (K, B)
        return self.penalty_weight * (norm - 1).square().mean(1)


@dataclass(frozen=True)
class Hinge(AdversarialLoss):
    """Hinge loss for D, linear for G. arXiv 1705.02894."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """max(0, 1 - D(x)) + max(0, 1 + D(G(z)))."""
        return relu(1 - real).mean(1) + relu(1 + fake).mean(1)

    def generator(self, fake: Tensor) -> Tensor:
        """-mean D(G(z))."""
        return -fake.mean(1)


@dataclass(frozen=True)
class LeastSquares(AdversarialLoss):
    """Least squares with targets 1 for real, 0 for fake. arXiv 1611.04076."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """((D(x) - 1)^2 + D(G(z))^2) / 2."""
        return ((real - 1).square().mean(1) + fake.square().mean(1)) / 2

    def generator(self, fake: Tensor) -> Tensor:
        """(D(G(z)) - 1)^2 / 2."""
        return (fake - 1).square().mean(1) / 2
