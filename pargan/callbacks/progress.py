"""One progress bar for the whole run, with the attacks' AUC beside it."""

import sys
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from pargan.io.progress import set_display

PRINTED_WIDTH = 100  # columns where the output is not a terminal


class EpochProgress(ProgressBar):
    """Counts epochs. Lightning's own bars count the batches of an epoch, which often takes only an instant here.

    Args:
        attacks: names of the attacks whose AUC is shown.
    """

    def __init__(self, attacks: Sequence[str] = ()) -> None:
        super().__init__()
        self.attacks = list(attacks)
        self._progress: Progress | None = None
        self._enabled = True

    def disable(self) -> None:
        """Lightning calls this on every process but the first."""
        self._enabled = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Show the bar; a resumed run starts at its epoch."""
        if not self._enabled:
            return
        self._progress = Progress(
            TextColumn("{task.description}"),
            MofNCompleteColumn(),
            BarColumn(bar_width=10),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            _MetricsColumn(),
            console=Console(stderr=True, width=None if sys.stderr.isatty() else PRINTED_WIDTH),
        )
        total = None if trainer.max_epochs == -1 else trainer.max_epochs
        self._progress.add_task("epoch", total=total, completed=trainer.current_epoch, metrics="")
        self._progress.start()
        set_display(self._progress)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Advance by one epoch and show the latest metrics."""
        if self._progress is not None:
            task = self._progress.tasks[0]
            metrics = self._metrics(trainer.callback_metrics)
            self._progress.update(task.id, completed=trainer.current_epoch + 1, metrics=metrics)

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Stop the bar; its last state stays on the screen."""
        self._stop()

    def on_exception(self, trainer: pl.Trainer, pl_module: Any, exception: BaseException) -> None:
        """Stop the bar, so that the error message appears below it."""
        self._stop()

    def _stop(self) -> None:
        if self._progress is not None:
            set_display(None)
            self._progress.stop()
            self._progress = None

    def _metrics(self, metrics: dict[str, Any]) -> str:
        shown = [(name, f"attack/{name}/auc") for name in self.attacks]
        aucs = [f"{name} {float(metrics[key]):.3f}" for name, key in shown if key in metrics]
        return f"AUC {'  '.join(aucs)}" if aucs else ""


class _MetricsColumn(ProgressColumn):
    """The metrics of the run; empty for the line of an attack in progress."""

    def render(self, task: Task) -> Text:
        return Text(task.fields.get("metrics", ""))
