"""The gradients of a training step, left on the parameters for the optimizers.

Legend: K partitions, B records of each, *shape of one record.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pargan.errors import ParganError
from pargan.fast.acceleration import Acceleration, Gradients, Losses
from pargan.gan.discriminators import Discriminators
from pargan.losses import AdversarialLoss
from pargan.records.batch import Batch
from pargan.records.conditioning import UNCONDITIONAL, Conditioning

Latents = Callable[[int, int, int, torch.device], Tensor]
"""Draws (K or 1, B, latent_dim) from K, B, latent_dim and a device: see `pargan.gan.latents`."""


class Backward(Protocol):
    """Differentiates a loss, as `LightningModule.manual_backward` does."""

    def __call__(self, loss: Tensor, *, gradient: Tensor) -> None:
        """Add the gradient of the sum of `loss * gradient` to the parameters."""


class Updates:
    """Computes the gradient of each player's loss; an optimizer's step follows.

    It owns caches, gradient storage and freezing. To compute gradients differently (clipped per record, in several
    processes), replace `ParGANModule.updates`.

    Args:
        generator: (n, latent_dim + c) -> (n, *shape).
        discriminators: the K networks.
        loss: the adversarial loss.
        latents: draws the latents of one update.
        latent_dim: size of a latent.
        acceleration: how updates are run.
        backward: differentiates a loss.
        conditioning: what the generator is told beside its latents, c numbers.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminators: Discriminators,
        loss: AdversarialLoss,
        latents: Latents,
        latent_dim: int,
        acceleration: Acceleration,
        backward: Backward,
        conditioning: Conditioning = UNCONDITIONAL,
    ) -> None:
        self.conditioning = conditioning
        self.generator_network = generator
        self.discriminator_networks = discriminators
        self.loss = loss
        self.latents = latents
        self.latent_dim = latent_dim
        self.acceleration = acceleration
        self.backward = backward
        self._update_discriminators: Gradients | None = None
        self._update_generator: Gradients | None = None

    def discriminators(self, batch: Batch) -> Tensor:
        """The gradient of every discriminator's own loss against new fakes; returns the losses (K,), detached."""
        if self._update_discriminators is None:
            self.discriminator_networks.rebind_parameters()
            self._update_discriminators = self._prepared(
                DiscriminatorLosses(self.fakes, self.discriminator_networks, self.loss),
                1.0,
                self.discriminator_networks.trainable_parameters,
                # Parameters of stacked networks have views of the vector's gradient, which stay valid only while its
                # storage is reused.
                keep_storage=self.discriminator_networks.stacked,
                interpolates=self.loss.differentiates_twice,
            )
        return self._update_discriminators(batch)

    def generator(self, batch: Batch) -> Tensor:
        """The generator's gradient of the mean over k of its losses; returns the losses (K,), detached."""
        if self._update_generator is None:
            self._update_generator = self._prepared(
                GeneratorLosses(self.fakes, self.discriminator_networks, self.loss),
                1 / self.discriminator_networks.num_partitions,
                list(self.generator_network.parameters()),
                keep_storage=False,
            )
        with self.discriminator_networks.frozen():
            return self._update_generator(batch)

    @property
    def fakes(self) -> "Fakes":
        """The generated records of an update."""
        return Fakes(self.generator_network, self.discriminator_networks, self.conditioning)

    def discriminator_parameters(self) -> list[nn.Parameter]:
        """What to hand to the discriminators' optimizer; whether they are stacked is settled here."""
        if self.acceleration.fast_networks:
            return self.discriminator_networks.stack()
        return list(self.discriminator_networks.parameters())

    def generator_parameters(self) -> list[nn.Parameter]:
        """What to hand to the generator's optimizer."""
        return list(self.generator_network.parameters())

    def reset(self) -> None:
        """Drop what was compiled or recorded, and the device's memory with it."""
        self._update_discriminators = self._update_generator = None
        self.acceleration.reset()

    def _prepared(
        self,
        losses: Losses,
        weight: float,
        parameters: Sequence[nn.Parameter],
        *,
        keep_storage: bool,
        interpolates: bool = False,
    ) -> Gradients:
        update = Update(
            losses=losses,
            weight=weight,
            parameters=parameters,
            keep_storage=keep_storage or self.acceleration.keeps_gradients,
            latents=self.latents,
            latent_dim=self.latent_dim,
            backward=self.backward,
            interpolates=interpolates,
            num_partitions=self.discriminator_networks.num_partitions,
        )
        reads = [*self.discriminator_networks.trainable_parameters, *self.generator_network.parameters()]
        return self.acceleration.gradients(update, reads, parameters, self.discriminator_networks.generators)

    def __getstate__(self) -> dict[str, Any]:
        """A copy compiles and records for itself."""
        return {**self.__dict__, "_update_discriminators": None, "_update_generator": None}


@dataclass
class Update:
    """One update of one player: draw random numbers, evaluate the losses, differentiate their weighted sum.

    Latents and positions are drawn here, from the stream of the step and for all partitions, whichever of them the
    batch holds: what partition k draws does not depend on how many partitions a process trains.

    Args:
        losses: a batch, latents, positions -> the loss (K,) of each partition.
        weight: of each partition's loss in the sum.
        parameters: the player's own, which receive the gradient.
        keep_storage: whether gradients are set to zero where they lie, and not dropped.
        latents: draws the latents.
        latent_dim: size of a latent.
        backward: differentiates a loss.
        interpolates: whether positions between real and fake records are drawn, for a gradient penalty.
        num_partitions: of the whole training.
    """

    losses: Losses
    weight: float
    parameters: Sequence[nn.Parameter]
    keep_storage: bool
    latents: Latents
    latent_dim: int
    backward: Backward
    interpolates: bool
    num_partitions: int

    def __call__(self, batch: Batch) -> Tensor:
        """The losses (K,), detached."""
        records, batch_size, position = batch.records, batch.records.shape[1], None
        latents = self.latents(self.num_partitions, batch_size, self.latent_dim, records.device)
        if self.interpolates:
            position = torch.rand(self.num_partitions, batch_size, device=records.device, dtype=records.dtype)
        loss = self.losses(batch, latents, position)
        for parameter in self.parameters:  # faster than an optimizer's zero_grad
            if self.keep_storage and parameter.grad is not None:
                parameter.grad.zero_()
            else:
                parameter.grad = None
        self.backward(loss, gradient=torch.full_like(loss, self.weight))
        return loss.detach()

    def with_losses(self, losses: Losses) -> "Update":
        """The update with other code for its losses."""
        return replace(self, losses=losses)


@dataclass
class Fakes:
    """Generated records for the discriminators.

    Discriminator k is given fakes under the conditions of the real records in the batch, row k. They are as frequent as
    in partition k, and one that the partition lacks is never asked of its discriminator, which would call every such
    record a fake, whatever it looks like.
    """

    generator: nn.Module
    discriminators: Discriminators
    conditioning: Conditioning

    def __call__(self, latents: Tensor, batch: Batch) -> Tensor:
        """(K or 1, B, latent_dim) -> (K, B, *shape), in the shape of the batch's records.

        The generator is called once, with the latents of all partitions: its BatchNorm depends on all of them.
        """
        condition, shape = batch.condition, batch.records.shape[1:]
        if self.conditioning.size and condition is not None:
            latents = latents.expand(len(condition), -1, -1)
        told = self.conditioning.tell_latents(latents, condition)
        fake = self.generator(told.flatten(0, 1)).reshape(*latents.shape[:2], *shape[1:])
        fake = self.conditioning.fill(fake, condition)
        return self.discriminators.select_rows(fake.expand(self.discriminators.num_partitions, *shape))


@dataclass
class DiscriminatorLosses:
    """What each discriminator minimises on a batch and on fakes that do not learn."""

    fakes: Fakes
    discriminators: Discriminators
    loss: AdversarialLoss

    def __call__(self, batch: Batch, latents: Tensor, position: Tensor | None) -> Tensor:
        """(K,), with its graph."""
        real = batch.records
        with torch.no_grad():
            fake = self.fakes(latents, batch)
        at = (
            None
            if position is None
            else self.loss.penalty_records(real, fake, self.discriminators.select_rows(position))
        )
        real_logits, fake_logits, gradients = self.discriminators.logits_and_input_gradients(
            real, fake, at, batch.condition
        )
        losses = mean_over_records(self.loss.discriminator(real_logits, fake_logits), batch.weight)
        if gradients is None:
            return losses
        return losses + mean_over_records(self.loss.gradient_penalty(gradients), batch.weight)


@dataclass
class GeneratorLosses:
    """What the generator minimises against each discriminator. Weights of records do not count: it sees fakes only."""

    fakes: Fakes
    discriminators: Discriminators
    loss: AdversarialLoss

    def __call__(self, batch: Batch, latents: Tensor, position: None) -> Tensor:
        """(K,), with its graph."""
        fake = self.fakes(latents, batch)
        return mean_over_records(self.loss.generator(self.discriminators(fake, batch.condition)))


def mean_over_records(losses: Tensor, weight: Tensor | None = None) -> Tensor:
    """(K, n), (K, n) -> (K,): the weighted mean of each row; 0 where all weights of a row are 0.

    Raises:
        ParganError: losses of another shape, as of a loss that takes the mean itself; weights of another shape.
    """
    if losses.dim() != 2:
        raise ParganError(
            f"gave values of shape {tuple(losses.shape)}",
            argument="loss",
            remedy="return one value per record, (K, B), and leave the mean over records to the caller",
        )
    if weight is None:
        return losses.mean(1)
    if weight.shape != losses.shape:
        raise ParganError(
            f"has shape {tuple(weight.shape)}, and the loss gave values of shape {tuple(losses.shape)}",
            argument="weight",
            remedy="take a gradient penalty at one record per pair, (K, B), where records have weights",
        )
    return (losses * weight).sum(1) / weight.sum(1).clamp(min=torch.finfo(weight.dtype).tiny)
