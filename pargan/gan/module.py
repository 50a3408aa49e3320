"""PAR-GAN as a LightningModule: manual optimization, logging, checkpoints.

Legend: K partitions, B records of each, *shape of one record.
Source: Chen, Wang, Gao, Shi, KDD 2021, doi 10.1145/3447548.3467445.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pargan.errors import ParganError, counted
from pargan.fast.acceleration import Acceleration
from pargan.fast.layers import use_fast_layers
from pargan.fast.process_tuning import disable_nvml_probe, raise_malloc_trim_threshold
from pargan.gan.averaging import AveragedGenerator
from pargan.gan.discriminators import Discriminators
from pargan.gan.divergence import find_divergence
from pargan.gan.latents import independent
from pargan.gan.learning_rates import scale_learning_rates, steps_of_run
from pargan.gan.sampling import draw_codes, sample
from pargan.gan.updates import Latents, Updates
from pargan.losses import AdversarialLoss
from pargan.records.asked_categories import Where
from pargan.records.batch import Batch
from pargan.records.conditioning import UNCONDITIONAL, Conditioning
from pargan.records.spec import RecordSpec
from pargan.seeding import derive, seeded

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]


class ParGANModule(pl.LightningModule):
    """One generator against K discriminators, each of which sees its own partition of the members.

    A training batch is a `Batch` with records (K, B, *shape), or that tensor alone; row k comes from partition k. Each
    step updates every discriminator `d_steps` times on new fakes, then the generator once on the mean of its K losses.
    K = 1 is the ordinary GAN.

    Args:
        generator: (n, latent_dim + c) -> (n, *shape), with c = conditioning.size.
        discriminator: builds one discriminator, (B, *shape) -> (B,) or (B, 1) logits; called K times. It is told
            conditioning.size_beside numbers behind those of a record, or channels behind those of an image.
        loss: the adversarial loss.
        num_partitions: K.
        latent_dim: size of a latent; latents are standard normal.
        generator_optimizer: builds the generator's optimizer from its parameters.
        discriminator_optimizer: builds the one optimizer of all discriminators. Their parameters are
            disjoint, so an elementwise rule (Adam, RMSprop, SGD) equals K separate optimizers. Stacked networks
            give it one flat vector, in which weights and biases cannot be told apart.
        d_steps: discriminator updates per batch.
        acceleration: how updates are run; the result is the same to rounding. By default faster layers are put into
            the networks, in place; `Plain()` leaves them as they are.
        latents: draws the latents of an update, (K or 1, B, latent_dim): see `pargan.gan.latents`.
        ema: where given, `released` is an exponential moving average of the generator that keeps this share of itself
            at every generator step; 0.999 is common.
        lr_decay: whether both learning rates fall linearly to 0 over the run, which must have an end.
        seed: latents, dropout and interpolation of step s depend on (seed, s) alone, which makes a resumed
            run equal to an uninterrupted one and callbacks invisible.
        spec: the record format, needed only by `generate`.
        conditioning: what both networks are told of a record, as the datamodule's `conditioning` says; batches then
            hold it. By default nothing.

    Raises:
        ParganError: d_steps < 1, ema outside (0, 1), or what `Discriminators` refuses.
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
        ema: float | None = None,
        lr_decay: bool = False,
        seed: int = 0,
        spec: RecordSpec | None = None,
        conditioning: Conditioning = UNCONDITIONAL,
    ) -> None:
        super().__init__()
        if d_steps < 1:
            raise ParganError(
                "never trains a discriminator", argument="d_steps", value=d_steps, remedy="give 1 or more"
            )
        self.automatic_optimization = False
        self.generator = generator
        self.discriminators = Discriminators(discriminator, num_partitions, conditioning=conditioning)
        self.loss = loss
        self.acceleration = acceleration or Acceleration()
        self.latent_dim = latent_dim
        if self.acceleration.fast_networks:
            for network in (generator, *self.discriminators):
                use_fast_layers(network)
        self.averaged = None if ema is None else AveragedGenerator(generator, ema)
        self.updates = Updates(
            *(generator, self.discriminators, loss, latents, latent_dim, self.acceleration, self.manual_backward),
            conditioning=conditioning,
        )
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.d_steps, self.lr_decay = d_steps, lr_decay
        self._steps_of_run = 0  # until a Trainer says it; without one learning rates stay as they are
        self.seed = seed
        self.spec = spec
        self.conditioning = conditioning
        self.generator_steps = 0  # Lightning's global_step counts the steps of both optimizers
        self._epoch_losses: list[tuple[Tensor, Tensor]] = []  # per step (K,) of D and (K,) of G, on the device

    @property
    def num_partitions(self) -> int:
        """K."""
        return len(self.discriminators)

    @property
    def released(self) -> nn.Module:
        """The generator to publish, sample from and attack: the average where there is one, else the generator."""
        return self.generator if self.averaged is None else self.averaged.network

    def forward(self, latents: Tensor) -> Tensor:
        """(n, latent_dim + c) -> (n, *shape), from the released generator."""
        return self.released(latents)

    def training_step(self, batch: Batch | Tensor, batch_idx: int) -> None:
        """`d_steps` updates of every discriminator, then one of the generator, on one batch."""
        batch = Batch.wrap(batch)
        batch.refuse_other_condition(self.num_partitions, self.conditioning.size)
        optimizers = discriminator_optimizer, generator_optimizer = self.optimizers()  # type: ignore[attr-defined]
        if self._steps_of_run:
            scale_learning_rates(optimizers, max(0.0, 1 - self.generator_steps / self._steps_of_run))
        with self._random_numbers():
            for _ in range(self.d_steps):
                d_loss = self.updates.discriminators(batch)  # to each discriminator the gradient of its own loss
                discriminator_optimizer.step()
            g_loss = self.updates.generator(batch)  # the gradient of the mean over the discriminators
            generator_optimizer.step()
        if self.averaged is not None:
            self.averaged.update(self.generator)
        self.generator_steps += 1
        self._epoch_losses.append((d_loss, g_loss))

    @contextmanager
    def _random_numbers(self) -> Iterator[None]:
        """Inside, random numbers depend on (seed, step) alone, those of discriminator k on (seed, step, k)."""
        with (
            seeded(derive(self.seed, "training step", self.generator_steps), self.device),
            self.discriminators.drawing_from(self.seed, self.generator_steps, self.device),
        ):
            yield

    def configure_optimizers(self) -> list[Optimizer]:
        """The discriminators' optimizer, then the generator's."""
        return [
            self.acceleration.optimizer(self.discriminator_optimizer(self.updates.discriminator_parameters())),
            self.acceleration.optimizer(self.generator_optimizer(self.updates.generator_parameters())),
        ]

    def on_train_start(self) -> None:
        """Refuse precisions and devices that do not work, and prepare the process."""
        self.refuse_half_precision(self.trainer.precision)
        self.acceleration.refuse(self.device, str(self.trainer.precision))
        self.updates.reset()
        self._steps_of_run = steps_of_run(self.trainer, self.d_steps) if self.lr_decay else 0
        if self.acceleration.fast_networks:
            disable_nvml_probe()
            raise_malloc_trim_threshold()

    def refuse_half_precision(self, precision: str | int) -> None:
        """Refuse fp16 with a gradient penalty.

        Args:
            precision: as the Trainer takes it. On a CPU Lightning itself turns 16-mixed into bf16-mixed.

        Raises:
            ParganError: both were given.
        """
        if self.loss.differentiates_twice and str(precision).startswith("16"):
            raise ParganError(
                f"cannot represent the gradient penalty of {type(self.loss).__name__}",
                argument="precision",
                value=precision,
                remedy="use precision=32-true or precision=bf16-mixed",
            )

    def on_train_end(self) -> None:
        """Free the device memory of recorded updates."""
        self.updates.reset()

    def on_train_epoch_start(self) -> None:
        """Clear the losses of the previous epoch."""
        self._epoch_losses.clear()

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Stop on NaN at the epoch's last batch, before callbacks evaluate or save the networks.

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
        parameters = [*self.discriminators.trainable_parameters, *self.generator.parameters()]
        if (found := find_divergence(self._epoch_losses, parameters)) is None:
            return
        step = self.generator_steps - len(self._epoch_losses) + found[0]
        checkpoint = getattr(self.trainer.checkpoint_callback, "best_model_path", "") or "none was saved"
        raise ParganError(
            f"training diverged: the loss at generator step {step} (epoch {self.current_epoch}), partition "
            f"{found[1]}, or a weight after it, is not finite; last good checkpoint: {checkpoint}",
            remedy="lower the learning rate",
        )

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save the generator's step count, from which random numbers are derived."""
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
            raise ParganError(
                "was not written by pargan", argument="checkpoint", remedy="give one from a pargan run directory"
            )
        if saved["num_partitions"] != self.num_partitions:
            raise ParganError(
                f"does not match the checkpoint, which has {counted(saved['num_partitions'], 'partition')}",
                argument="num_partitions",
                value=self.num_partitions,
                remedy=f"use num_partitions={saved['num_partitions']}",
            )
        self.generator_steps = saved["generator_steps"]

    def sample(
        self, num_samples: int, seed: int = 0, batch_size: int = 1000, *, codes: np.ndarray | None = None
    ) -> Tensor:
        """Records (num_samples, *shape) of the released generator, in model space; equal seeds, equal records.

        They are generated under the conditions `codes`, (num_samples,); by default as frequent as in the data.
        """
        return sample(self.released, num_samples, self.latent_dim, seed, batch_size, self.conditioning, codes)

    def draw_codes(
        self, num_samples: int, seed: int = 0, where: Where | None = None, balanced: bool = False
    ) -> np.ndarray | None:
        """The categories under which `generate` generates, as positions (num_samples,) in `conditioning.categories`."""
        return draw_codes(self.conditioning, num_samples, seed, self.conditioning.shares(where, balanced))

    def generate(
        self,
        num_samples: int,
        seed: int = 0,
        batch_size: int = 1000,
        *,
        where: Where | None = None,
        balanced: bool = False,
    ) -> Any:
        """Records of the released generator in the user's units, as `spec.decode` returns; equal seeds, equal records.

        Args:
            num_samples, seed, batch_size: as in `sample`.
            where: the condition, where the module was trained with one: {"label": 3}, {"income": "high"}; or shares of
                several, {"label": {"3": 0.2, "7": 0.8}}, which come in turn and whose counts are exact.
            balanced: every category equally often. By default they are as frequent as in the data.

        Raises:
            ParganError: the module was built without a spec, or `where` asks for what it has not learnt.
        """
        codes = self.draw_codes(num_samples, seed, where, balanced)
        if self.spec is None:
            raise ParganError(
                "is missing, and records cannot be decoded without the record format",
                argument="spec",
                remedy="build the module with ParGANModule(..., spec=datamodule.spec)",
            )
        return self.spec.decode(self.sample(num_samples, seed, batch_size, codes=codes).cpu().numpy())
