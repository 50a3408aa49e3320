"""The step as a reader of the paper would write it: K networks, K optimisers, a loop, a generator batch each.

Legend: K partitions, B records of each, *shape of one record.
"""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pargan.gan.discriminators import features_of, input_gradients
from pargan.losses import AdversarialLoss

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]


class ReferenceStep:
    """One training step on real records (K, B, *shape)."""

    def __init__(
        self,
        generator: nn.Module,
        discriminators: Sequence[nn.Module],
        loss: AdversarialLoss,
        latent_dim: int,
        d_steps: int,
        generator_optimizer: OptimizerFactory,
        discriminator_optimizer: OptimizerFactory,
    ) -> None:
        self.generator = generator
        self.discriminators = discriminators
        self.loss = loss
        self.latent_dim = latent_dim
        self.d_steps = d_steps
        self.generator_optimizer = generator_optimizer(generator.parameters())
        self.discriminator_optimizers = [discriminator_optimizer(network.parameters()) for network in discriminators]

    def __call__(self, real: Tensor) -> None:
        """`d_steps` updates of every discriminator, then one of the generator."""
        for _ in range(self.d_steps):
            for discriminator, optimizer, own in zip(
                self.discriminators, self.discriminator_optimizers, real, strict=True
            ):
                fake = self._fake(len(own)).detach()
                logits = [discriminator(features_of(discriminator, records)).view(1, -1) for records in (own, fake)]
                loss = self.loss.discriminator(*logits)
                if self.loss.differentiates_twice:
                    position = torch.rand(1, len(own), device=own.device)
                    at = features_of(discriminator, self.loss.penalty_records(own[None], fake[None], position))
                    loss = loss + self.loss.gradient_penalty(input_gradients(_alone(discriminator), at))
                optimizer.zero_grad()
                loss.mean().backward()
                optimizer.step()
        self.generator_optimizer.zero_grad()
        for discriminator, own in zip(self.discriminators, real, strict=True):
            fake = features_of(discriminator, self._fake(len(own)))
            (self.loss.generator(discriminator(fake).view(1, -1)).mean() / len(real)).backward()
        self.generator_optimizer.step()

    def _fake(self, number: int) -> Tensor:
        device = next(self.generator.parameters()).device
        return self.generator(torch.randn(number, self.latent_dim, device=device))


def _alone(discriminator: nn.Module) -> Callable[[Tensor], Tensor]:
    return lambda taken: discriminator(taken[0]).view(1, -1)
