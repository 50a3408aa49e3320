"""In which epochs a callback measures, and the data module that it needs."""

import pytorch_lightning as pl

from pargan.data.datamodule import PartitionDataModule
from pargan.errors import ParganError


def checked_interval(every_n_epochs: int) -> int:
    """Return `every_n_epochs` unchanged.

    Raises:
        ParganError: it is below 1.
    """
    if every_n_epochs < 1:
        raise ParganError("is too small", argument="every_n_epochs", value=every_n_epochs, remedy="give 1 or more")
    return every_n_epochs


def is_due(trainer: pl.Trainer, every_n_epochs: int) -> bool:
    """Whether to measure after this epoch: after every n-th, the first, and epoch `max_epochs`.

    After the first, so that a metric that early stopping monitors exists from the start.
    """
    epoch = trainer.current_epoch
    return epoch == 0 or (epoch + 1) % every_n_epochs == 0 or epoch + 1 == trainer.max_epochs


def partition_datamodule(
    trainer: pl.Trainer, callback: pl.Callback, remedy: str = "fit with a PartitionDataModule"
) -> PartitionDataModule:
    """The trainer's `PartitionDataModule`, which knows the members.

    Args:
        trainer: the trainer.
        callback: the callback that needs it, named in the error.
        remedy: what to do without one, for the error.

    Raises:
        ParganError: the trainer was given other data.
    """
    datamodule = getattr(trainer, "datamodule", None)
    if not isinstance(datamodule, PartitionDataModule):
        raise ParganError(f"{type(callback).__name__} needs to know which records are members", remedy=remedy)
    return datamodule
