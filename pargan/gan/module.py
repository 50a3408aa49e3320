"""PAR-GAN as a LightningModule: wiring and manual optimisation, nothing else.

Legend: K partitions, B records of each, *shape of one record.
Source: Chen, Wang, Gao, Shi, KDD 2021, doi 10.1145/3447548.3467445.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pargan.errors import ParganError
from pargan.fast.acceleration import Acceleration, Gradients, Losses
from pargan.fast.process_tuning import keep_freed_memory, settle_that_there_is_no_gpu
from pargan.gan.discriminators import Discriminators
from pargan.gan.latents import independent
from pargan.gan.sampling import sample
from pargan.losses import AdversarialLoss
from pargan.records.batch import Batch
from pargan.records.spec import RecordSpec
from pargan.seeding import derive, seeded

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]
Latents = Callable[[int, int, int, torch.device], Tensor]


class ParGANModule(pl.LightningModule):
    """One generator against K discriminators, each of which sees its own partition of the members.

    A training batch is a `Batch` of records (K, B, *shape), row k drawn from partition k, or that tensor alone. On it
    every discriminator is
    updated `d_steps` times against fresh fakes, then the generator once, on the mean over k of its loss.
    K = 1 is the ordinary GAN.

    Args:
        generator: (n, latent_dim) -> (n, *shape).
        discriminator: builds one discriminator, (B, *shape) -> (B,) or (B, 1) logits; called K times.
        loss: the adversarial loss.
        num_partitions: K.
        latent_dim: size of a latent; latents are standard normal.
        generator_optimizer: builds the generator's optimiser from its parameters.
        discriminator_optimizer: builds the one optimiser of all discriminators. Their parameters are
            disjoint, so an elementwise rule (Adam, RMSprop, SGD) equals K separate optimisers. Stacked networks
            hand it one flat vector, so it cannot tell weights from biases.
        d_steps: discriminator updates per batch.
        acceleration: how updates are run, as written by default; the result is the same.
        latents: draws the latents of an update, (K or 1, B, latent_dim): see `pargan.gan.latents`.
        seed: latents, dropout and interpolation of step s depend on (seed, s) alone, which makes a resumed
            run equal to an uninterrupted one and callbacks invisible.
        spec: the facts of the data set, needed only by `generate`.

    Raises:
        ParganError: d_steps < 1, or what `Discriminators` refuses.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: Callable[[], nn.Module],
        loss: AdversarialLoss,
        num_partitions: int,
        latent_dim: int,
        generator_optimizer: OptimizerFactory = torch.optim.Adam,
        discriminator_optimizer: OptimizerFactory = torch.optim.Adam,
        d_steps: int = 1,
        acceleration: Acceleration | None = None,
        latents: Latents = independent,
        seed: int = 0,
        spec: RecordSpec | None = None,
    ) -> None:
        super().__init__()
        if d_steps < 1:
            raise ParganError(f"module.d_steps={d_steps} never trains a discriminator; give 1 or more")
        self.automatic_optimization = False
        self.generator = generator
        self.discriminators = Discriminators(discriminator, num_partitions)
        self.loss = loss
        self.latent_dim = latent_dim
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.d_steps = d_steps
        self.acceleration = acceleration or Acceleration()
        self.latents = latents
        self.seed = seed
        self.spec = spec
        self.generator_steps = 0  # Lightning's global_step counts every optimiser's steps, ours only G's
        self._gradients: tuple[Gradients, Gradients] | None = None  # of D and of G, made for a pair of optimisers
        self._epoch_losses: list[tuple[Tensor, Tensor]] = []  # (K,) of D and (K,) of G per step, on the device

    @property
    def num_partitions(self) -> int:
        """K."""
        return len(self.discriminators)

    def forward(self, latents: Tensor) -> Tensor:
        """(n, latent_dim) -> (n, *shape)."""
        return self.generator(latents)

    def training_step(self, batch: Batch | Tensor, batch_idx: int) -> None:
        """`d_steps` updates of every discriminator, then one of the generator, on one batch."""
        batch = Batch.wrap(batch)
        discriminator_optimizer, generator_optimizer = self.optimizers()  # type: ignore[attr-defined]
        if self._gradients is None:
            self.discriminators.tie()  # whether they are stacked was settled when the optimiser was made
            self._gradients = (
                # Each discriminator receives the gradient of its own loss, the generator that of the mean.
                # Stacked ones show the gradient of one vector on their own parameters, once if it stays in its place.
                self._gradients_of(
                    self._discriminator_losses, 1.0, self.discriminators.optimised, self.discriminators.stacked
                ),
                self._gradients_of(
                    self._generator_losses, 1 / self.num_partitions, list(self.generator.parameters()), False
                ),
            )
        discriminator_gradients, generator_gradients = self._gradients
        with seeded(derive(self.seed, "training step", self.generator_steps), self.device):
            for _ in range(self.d_steps):
                d_loss = discriminator_gradients(batch)
                discriminator_optimizer.step()
            with self.discriminators.frozen():
                g_loss = generator_gradients(batch)
            generator_optimizer.step()
        self.generator_steps += 1
        self._epoch_losses.append((d_loss, g_loss))

    def _gradients_of(self, losses: Losses, weight: float, own: Sequence[nn.Parameter], in_place: bool) -> Gradients:
        """Of the sum of the losses times `weight`, left on `own` parameters."""
        losses = self.acceleration.losses(losses)
        reads = [*self.discriminators.optimised, *self.generator.parameters()]
        in_place = in_place or self.acceleration.keeps_gradients

        def gradients(batch: Batch) -> Tensor:
            real = batch.records
            loss = losses(batch, self.latents(real.shape[0], real.shape[1], self.latent_dim, real.device))
            for parameter in own:  # an optimiser's zero_grad takes longer to reach the same
                if in_place and parameter.grad is not None:
                    parameter.grad.zero_()
                else:
                    parameter.grad = None
            self.manual_backward(loss, gradient=torch.full_like(loss, weight))
            return loss.detach()

        return self.acceleration.gradients(gradients, reads, own)

    def _discriminator_losses(self, batch: Batch, latents: Tensor) -> Tensor:
        real = batch.records
        with torch.no_grad():
            fake = self._fake(real, latents)
        of_real, of_fake, gradients = self.discriminators.judge(real, fake, self.loss.penalised(real, fake))
        loss = self.loss.discriminator(of_real, of_fake)
        return loss if gradients is None else loss + self.loss.penalty(gradients)  # (K,)

    def _generator_losses(self, batch: Batch, latents: Tensor) -> Tensor:
        return self.loss.generator(self.discriminators(self._fake(batch.records, latents)))  # (K,)

    def _fake(self, real: Tensor, latents: Tensor) -> Tensor:
        """As many fakes as real records, (K, B, *shape), in one generator call."""
        fake = self.generator(latents.flatten(0, 1))
        return fake.reshape(*latents.shape[:2], *real.shape[2:]).expand_as(real)

    def configure_optimizers(self) -> list[Optimizer]:
        """The discriminators' optimiser, then the generator's."""
        return [
            self.discriminator_optimizer(self.discriminators.stack()),
            self.generator_optimizer(self.generator.parameters()),
        ]

    def on_train_start(self) -> None:
        """Refuse what would train to nonsense without an error, or not at all."""
        self.refuse_half_precision(self.trainer.precision)
        self.acceleration.refuse(self.device, str(self.trainer.precision))
        self._gradients = None
        settle_that_there_is_no_gpu()
        keep_freed_memory()

    def refuse_half_precision(self, precision: str | int) -> None:
        """Refuse fp16 with a loss that differentiates a gradient.

        Args:
            precision: as the Trainer takes it. On a CPU Lightning itself turns 16-mixed into bf16-mixed.

        Raises:
            ParganError: the two do not go together.
        """
        if self.loss.differentiates_twice and str(precision).startswith("16"):
            raise ParganError(
                f"trainer.precision={precision} cannot carry the gradient penalty of loss=wgan; "
                f"use trainer.precision=32-true or bf16-mixed"
            )

    def __getstate__(self) -> dict[str, Any]:
        """A copy makes its own updates, which may be compiled or recorded."""
        return {**super().__getstate__(), "_gradients": None}

    def on_train_end(self) -> None:
        """Give back what recorded updates hold of the device's memory."""
        self._gradients = None

    def on_train_epoch_start(self) -> None:
        """Forget the losses of the epoch before."""
        self._epoch_losses.clear()

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """At the epoch's last batch, before anything looks at the networks or saves them, stop on NaN.

        Once per epoch, because reading a loss waits for the device.
        """
        if self.trainer.is_last_batch:
            self._refuse_nan()

    def on_train_epoch_end(self) -> None:
        """Log the epoch's mean losses: of the generator, of the discriminators, of each discriminator."""
        d_loss, g_loss = (torch.stack(losses).mean(0) for losses in zip(*self._epoch_losses, strict=True))
        self.log("loss/generator", g_loss.mean())
        self.log("loss/discriminator", d_loss.mean())
        for k, loss in enumerate(d_loss):
            self.log(f"loss/discriminator_{k}", loss)

    def _refuse_nan(self) -> None:
        d_losses, g_losses = (torch.stack(losses) for losses in zip(*self._epoch_losses, strict=True))
        broken = ~(torch.isfinite(d_losses) & torch.isfinite(g_losses)).cpu()  # (steps, K)
        parameters = [*self.discriminators.optimised, *self.generator.parameters()]
        # A sum with a NaN or an infinity in it is one, and takes a tenth of the time of looking at each number.
        sums = torch.stack([parameter.detach().sum() for parameter in parameters])
        if not broken.any() and torch.isfinite(sums).all():
            return
        first = int(broken.any(1).float().argmax()) if broken.any() else len(broken) - 1
        step = self.generator_steps - len(broken) + first
        partitions = ", ".join(str(k) for k in broken[first].nonzero().flatten().tolist()) or "of none yet"
        checkpoint = getattr(self.trainer.checkpoint_callback, "best_model_path", "") or "none was saved yet"
        raise ParganError(
            f"training diverged: the loss at generator step {step} (epoch {self.current_epoch}), partition "
            f"{partitions}, or a weight after it, is not finite; last good checkpoint: {checkpoint}; "
            f"lower the learning rate"
        )

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep our own count of steps, from which random numbers are derived."""
        checkpoint["pargan"] = {
            "generator_steps": self.generator_steps,
            "num_partitions": self.num_partitions,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of another K before any weight is touched.

        Raises:
            ParganError: not a checkpoint of this module, or one made with another number of partitions.
        """
        saved = checkpoint.get("pargan")
        if saved is None:
            raise ParganError("the checkpoint was not made by pargan; give one from a pargan run directory")
        if saved["num_partitions"] != self.num_partitions:
            raise ParganError(
                f"the checkpoint was made with num_partitions={saved['num_partitions']}, but this run has "
                f"num_partitions={self.num_partitions}; use the same number"
            )
        self.generator_steps = saved["generator_steps"]

    def sample(self, num_samples: int, seed: int = 0, batch_size: int = 1000) -> Tensor:
        """Generated records (num_samples, *shape) in model space; equal seeds, equal records."""
        return sample(self.generator, num_samples, self.latent_dim, seed, batch_size)

    def generate(self, num_samples: int, seed: int = 0, batch_size: int = 1000) -> Any:
        """Generated records in the user's units: what `spec.decode` returns; equal seeds, equal records.

        Raises:
            ParganError: the module was built without a spec.
        """
        if self.spec is None:
            raise ParganError("generate needs the facts of the data set: ParGANModule(..., spec=datamodule.spec)")
        return self.spec.decode(self.sample(num_samples, seed, batch_size).cpu().numpy())
