"""When a callback looks at the run, and from which records."""

import pytorch_lightning as pl

from pargan.data.datamodule import PartitionDataModule
from pargan.errors import ParganError


def checked_interval(every_n_epochs: int) -> int:
    """`every_n_epochs` as it came.

    Raises:
        ParganError: it is below 1.
    """
    if every_n_epochs < 1:
        raise ParganError(
            f"every_n_epochs={every_n_epochs} (evaluate_every in the configuration) is no rhythm; give 1 or more"
        )
    return every_n_epochs


def is_due(trainer: pl.Trainer, every_n_epochs: int) -> bool:
    """Whether to look after this epoch: every n-th, and always the first and the last.

    The first, so that a metric that early stopping monitors exists from the start.
    """
    epoch = trainer.current_epoch
    return epoch == 0 or (epoch + 1) % every_n_epochs == 0 or epoch + 1 == trainer.max_epochs


def partition_datamodule(trainer: pl.Trainer, callback: pl.Callback, otherwise: str = "") -> PartitionDataModule:
    """The run's data module, which knows who is a member; `otherwise` is what a user without one can do.

    Raises:
        ParganError: the trainer was given some other data.
    """
    datamodule = getattr(trainer, "datamodule", None)
    if not isinstance(datamodule, PartitionDataModule):
        raise ParganError(f"{type(callback).__name__} must know the members: fit with a PartitionDataModule{otherwise}")
    return datamodule
