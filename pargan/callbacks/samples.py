"""Plots of generated records during training."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl

from pargan.callbacks.schedule import checked_interval, is_due, partition_datamodule
from pargan.io.loggers import log_image, shows_images
from pargan.io.optional import optional
from pargan.report.samples import draw_samples
from pargan.seeding import derive


class SampleImages(pl.Callback):
    """Writes `epoch_<n>.png`, n from 1: generated records beside real nonmembers as images, points or a table.

    The latents are the same every time, so that the plots differ by training alone.

    Args:
        folder: where the plots are written.
        every_n_epochs: draws after every n-th epoch, the first, and epoch `max_epochs`.
        num_samples: generated records per plot, and real ones beside them.
        seed: for latents and the choice of real records.
        log_real_records: give loggers the plots with real records too. By default they get plots of generated records
            alone, which are written to `generated_only/` inside the folder.

    Raises:
        ParganError: an interval below 1, or a trainer without a `PartitionDataModule`.
    """

    def __init__(
        self,
        folder: Path,
        every_n_epochs: int = 50,
        num_samples: int = 500,
        seed: int = 0,
        log_real_records: bool = False,
    ) -> None:
        self.folder = Path(folder)
        self.every_n_epochs = checked_interval(every_n_epochs)
        self.num_samples = num_samples
        self.seed = seed
        self.log_real_records = log_real_records
        self.seconds = 0.0
        self._real: np.ndarray | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Choose the real records."""
        datamodule = partition_datamodule(trainer, self)
        self._real = datamodule.take_nonmembers(self.num_samples, derive(self.seed, "shown records"))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Draw the records if it is due. A plot that fails becomes a warning: training goes on."""
        if self._real is None or not is_due(trainer, self.every_n_epochs):
            return
        start = time.perf_counter()
        with optional(f"a plot of generated records in {self.folder}"):
            self._draw(trainer, pl_module, self._real)
        self.seconds += time.perf_counter() - start

    def _draw(self, trainer: pl.Trainer, pl_module: Any, real: np.ndarray) -> None:
        spec = partition_datamodule(trainer, self).spec
        samples = pl_module.sample(self.num_samples, derive(self.seed, "shown samples")).cpu().numpy()
        name = f"epoch_{trainer.current_epoch + 1:05d}.png"
        path = draw_samples(spec, samples, real, self.folder / name)
        loggers = [logger for logger in trainer.loggers if shows_images(logger)]
        if loggers and not self.log_real_records:
            path = draw_samples(spec, samples, None, self.folder / "generated_only" / name)
        for logger in loggers:
            log_image(logger, "samples", path, pl_module.generator_steps)
