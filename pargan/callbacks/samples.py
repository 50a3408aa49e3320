"""Images of generated records over the epochs."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl

from pargan.callbacks.schedule import checked_interval, is_due, partition_datamodule
from pargan.io.loggers import log_image
from pargan.report.samples import draw_samples
from pargan.seeding import derive


class SampleImages(pl.Callback):
    """Writes `epoch_<n>.png`: a grid, a scatter or a table of generated records beside real nonmembers.

    The same latents every time, so that the images show training and not chance.

    Args:
        folder: where the images go.
        every_n_epochs: after every n-th epoch, and after the first and the last.
        num_samples: generated records per image, and real ones beside them.
        seed: for latents and the choice of real records.
    """

    def __init__(self, folder: Path, every_n_epochs: int = 50, num_samples: int = 500, seed: int = 0) -> None:
        self.folder = Path(folder)
        self.every_n_epochs = checked_interval(every_n_epochs)
        self.num_samples = num_samples
        self.seed = seed
        self.seconds = 0.0
        self._real: np.ndarray | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Choose the real records once."""
        datamodule = partition_datamodule(trainer, self)
        self._real = datamodule.take_nonmembers(self.num_samples, derive(self.seed, "shown records"))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Draw."""
        if self._real is None or not is_due(trainer, self.every_n_epochs):
            return
        start = time.perf_counter()
        spec = partition_datamodule(trainer, self).spec
        samples = pl_module.sample(self.num_samples, derive(self.seed, "shown samples")).cpu().numpy()
        path = self.folder / f"epoch_{trainer.current_epoch + 1:05d}.png"
        draw_samples(spec, samples, self._real, path)
        for logger in trainer.loggers:
            log_image(logger, "samples", path, pl_module.generator_steps)
        self.seconds += time.perf_counter() - start
