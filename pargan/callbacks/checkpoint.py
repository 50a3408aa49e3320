"""Checkpoints every n epochs, without work in the epochs between."""

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint


class PeriodicCheckpoint(ModelCheckpoint):
    """`ModelCheckpoint` that does nothing in epochs without a checkpoint.

    Lightning's own copies all logged metrics after every epoch, which takes as long as a step of small networks.
    """

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save a checkpoint if one is due."""
        if self.every_n_epochs and (trainer.current_epoch + 1) % self.every_n_epochs == 0:
            super().on_train_epoch_end(trainer, pl_module)
