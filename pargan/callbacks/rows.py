"""metrics.csv, the checkpoint and result.json agree on which epochs are done."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from pargan.io.loggers import EpochCsvLogger


class RowBeforeCheckpoint(pl.Callback):
    """Writes the epoch's row before a checkpoint of that epoch is written.

    Lightning logs an epoch after its checkpoint. A run killed between the two, or stopped there by a full disk,
    would be resumed one epoch later and lack that row for ever. The row Lightning writes afterwards replaces this one.

    Args:
        logger: of the file.
    """

    def __init__(self, logger: EpochCsvLogger) -> None:
        self.logger = logger

    def on_save_checkpoint(self, trainer: pl.Trainer, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Write what has been logged in this epoch; nothing where the checkpoint is saved outside of training."""
        # `callback_metrics` is public, but also holds the metrics of earlier epochs.
        results = trainer._results if trainer.training else None
        logged = {} if results is None else results.metrics(False)["log"]
        if logged:
            metrics = {name: float(value) for name, value in logged.items()}
            self.logger.log_metrics({**metrics, "epoch": trainer.current_epoch})


class BackupPreviousResult(pl.Callback):
    """Renames the metrics of a finished run that is trained on, which from the first step are not this run's any more.

    Args:
        result: their file.
        before: the file's new name.
    """

    def __init__(self, result: Path, before: Path) -> None:
        self.result = result
        self.before = before

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Not sooner: until the checkpoint has been restored, the run may still be refused."""
        if self.result.exists():
            self.result.replace(self.before)
