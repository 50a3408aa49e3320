"""Checkpoints every n epochs, without work in the epochs between."""

import inspect
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint

from pargan.errors import ParganError


class PeriodicCheckpoint(ModelCheckpoint):
    """`ModelCheckpoint` that does nothing in epochs without a checkpoint.

    Lightning's own copies all logged metrics after every epoch, which takes as long as a step of small networks.

    Args:
        arguments: those of `ModelCheckpoint`; `filename` is a name inside `dirpath`.

    Raises:
        ParganError: `filename` leads out of `dirpath`.
    """

    __signature__ = inspect.signature(ModelCheckpoint)

    def __init__(self, *args: Any, **arguments: Any) -> None:
        super().__init__(*args, **arguments)
        if self.filename is not None and (Path(self.filename).is_absolute() or ".." in Path(self.filename).parts):
            raise ParganError(
                "leads out of the folder of the checkpoints",
                argument="filename",
                value=self.filename,
                remedy="give a name such as best, and the folder with dirpath=...",
            )

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save a checkpoint if one is due."""
        if self.every_n_epochs and (trainer.current_epoch + 1) % self.every_n_epochs == 0:
            super().on_train_epoch_end(trainer, pl_module)
