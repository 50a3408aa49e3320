"""Keep metrics.csv, the checkpoint and result.json consistent about which epochs are done."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from pargan.io.loggers import EpochCsvLogger


class RowBeforeCheckpoint(pl.Callback):
    """Writes the epoch's row of metrics.csv before a checkpoint of that epoch is written.

    Lightning logs an epoch after its checkpoint. A run that is killed between the two, or stopped there by a full
    disk, is resumed one epoch later and would never get that row. The row Lightning writes afterwards replaces this
    one.

    Args:
        logger: writes metrics.csv.
    """

    def __init__(self, logger: EpochCsvLogger) -> None:
        self.logger = logger

    def on_save_checkpoint(self, trainer: pl.Trainer, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Write what was logged in this epoch; nothing if the checkpoint is saved outside of training."""
        # `callback_metrics` is public, but also holds the metrics of earlier epochs.
        results = trainer._results if trainer.training else None
        logged = {} if results is None else results.metrics(False)["log"]
        if logged:
            metrics = {name: float(value) for name, value in logged.items()}
            self.logger.log_metrics({**metrics, "epoch": trainer.current_epoch})


class BackupPreviousResult(pl.Callback):
    """Renames the result file of a finished run when its training continues, because it no longer describes the run.

    Args:
        result: the result file.
        backup: its new name.
    """

    def __init__(self, result: Path, backup: Path) -> None:
        self.result = result
        self.backup = backup

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Rename the file; not before, because restoring the checkpoint may still fail."""
        if self.result.exists():
            self.result.replace(self.backup)
