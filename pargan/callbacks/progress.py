"""One progress bar for the whole run, with the attacks' AUC beside it; lines where there is no terminal."""

import sys
import time
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

from pargan.callbacks.pace import Pace
from pargan.errors import ParganError
from pargan.io.durations import about
from pargan.io.progress import set_display

EVERY = 60.0  # seconds between lines where the output is not a terminal
SOONEST = 10.0  # seconds between them at least, however often the run is evaluated

SHOWN = ("discriminator_mean", "own_partition")  # attacks whose AUC is shown if none are named

MEASURED = ("attack/", "quality/")  # beginnings of metrics that evaluations log


class EpochProgress(ProgressBar):
    """Counts epochs. Lightning's own bars count the batches of an epoch, which often takes only an instant here.

    Once the first steps have been timed, a line says how long the training will take. Where stderr is no terminal, as
    under Slurm, in CI or with nohup, there is a line at evaluations and at least one a minute in place of the bar.

    Args:
        attacks: names of the attacks whose AUC is shown; None shows discriminator_mean and own_partition, where chosen.

    Raises:
        ParganError: `attacks` is no list of names.
    """

    def __init__(self, attacks: Sequence[str] | None = None) -> None:
        super().__init__()
        if attacks is not None and not _are_names(attacks):
            raise ParganError(
                "is not a list of names",
                argument="attacks",
                value=attacks,
                remedy=f"give names of attacks, as in [{','.join(SHOWN)}], or null",
            )
        self.attacks = list(SHOWN if attacks is None else attacks)
        self._progress: Progress | None = None
        self._enabled = True
        self._pace: Pace | None = None
        self._start = self._last_line = 0.0
        self._first_epoch = self._said = 0
        self._measured: list[float] = []

    def disable(self) -> None:
        """Lightning calls this on every process but the first."""
        self._enabled = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Show the bar; a resumed run starts at its epoch."""
        if not self._enabled:
            return
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            MofNCompleteColumn(),
            BarColumn(bar_width=10),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            _MetricsColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        total = None if trainer.max_epochs == -1 else trainer.max_epochs
        self._progress.add_task("epoch", total=total, completed=trainer.current_epoch, metrics="")
        self._progress.start()
        set_display(self._progress)
        left = None if total is None else (total - trainer.current_epoch) * int(trainer.num_training_batches)
        self._pace = Pace(left)
        self._start = self._last_line = time.monotonic()
        self._first_epoch = trainer.current_epoch

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: Any, *args: Any) -> None:
        """Time the step."""
        if self._pace is not None:
            self._pace.begin()

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, *args: Any) -> None:
        """Say how long it will take, once that is known, and a line each minute of a long epoch."""
        if self._progress is None:
            return
        if self._pace is not None and (estimate := self._pace.end()) is not None:
            self._pace = None
            self._say(estimate)
        if time.monotonic() - self._last_line >= EVERY:
            self._line(trainer, trainer.current_epoch)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Advance by one epoch and show the latest metrics."""
        if self._progress is not None:
            task = self._progress.tasks[0]
            metrics = self._metrics(trainer.callback_metrics)
            self._progress.update(task.id, completed=trainer.current_epoch + 1, metrics=metrics)
            measured = [float(value) for name, value in trainer.callback_metrics.items() if name.startswith(MEASURED)]
            if measured != self._measured and time.monotonic() - self._last_line >= SOONEST:
                self._measured = measured
                self._line(trainer, trainer.current_epoch + 1)

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Stop the bar; its last state stays on the screen, or is a last line."""
        if self._progress is not None and self._said < (done := int(self._progress.tasks[0].completed)):
            self._line(trainer, done)
        self._stop()

    def on_exception(self, trainer: pl.Trainer, pl_module: Any, exception: BaseException) -> None:
        """Stop the bar, so that the error message appears below it."""
        self._stop()

    def _line(self, trainer: pl.Trainer, done: int) -> None:
        """How far the training is, where there is no bar to show it."""
        self._last_line, self._said = time.monotonic(), done
        if sys.stderr.isatty():
            return
        seconds, epochs = self._last_line - self._start, done - self._first_epoch
        parts = [f"epoch {done}" + ("" if trainer.max_epochs == -1 else f"/{trainer.max_epochs}")]
        if epochs and trainer.max_epochs is not None and trainer.max_epochs > done:
            parts.append(f"{about(seconds / epochs * (trainer.max_epochs - done))} left")
        self._say(", ".join([*parts, *filter(None, [self._metrics(trainer.callback_metrics)])]))

    def _say(self, text: str) -> None:
        """A line above the bar, or on stderr where there is none."""
        if self._progress is not None and sys.stderr.isatty():
            self._progress.console.print(text, highlight=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def _stop(self) -> None:
        if self._progress is not None:
            set_display(None)
            self._progress.stop()
            self._progress = None

    def _metrics(self, metrics: dict[str, Any]) -> str:
        shown = [(name, f"attack/{name}/auc") for name in self.attacks]
        aucs = [f"{name} {float(metrics[key]):.3f}" for name, key in shown if key in metrics]
        return f"AUC {'  '.join(aucs)}" if aucs else ""


def _are_names(attacks: Any) -> bool:
    return isinstance(attacks, list | tuple) and all(isinstance(name, str) for name in attacks)


class _MetricsColumn(ProgressColumn):
    """The metrics of the run; empty for the line of an attack in progress."""

    def render(self, task: Task) -> Text:
        return Text(task.fields.get("metrics", ""))
