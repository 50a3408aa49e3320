"""Before a training that may take days: a few steps of networks that are thrown away, and how long all would take."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import Any

import pytorch_lightning as pl
from omegaconf import DictConfig

from pargan.app.objects import build_module, build_trainer, cpu_threads, quiet_lightning
from pargan.app.prepare import PreparedRun
from pargan.callbacks.pace import LONG, Pace
from pargan.fast.stacking import reason_not_stackable

FEWEST_STEPS = 2000
"""Generator steps of a training, from which on it is rehearsed."""

MEASURED = 2
"""Steps that are timed, after a first one that also pays for what is prepared once."""


def how_long(cfg: DictConfig, run: PreparedRun) -> str | None:
    """How long a new training takes and what to give for an hour, if it is hours; the run is not changed.

    Dense discriminators, which are computed as one, are not rehearsed: their steps take milliseconds, so that the
    training itself says at once how long it takes. Nor is a training that continues.
    """
    steps_per_epoch = run.datamodule.steps_per_epoch
    steps = (run.trainer.max_epochs or -1) * steps_per_epoch  # below 0: without end
    is_fast = reason_not_stackable(list(run.module.discriminators)) is None
    if run.checkpoint is not None or is_fast or steps < FEWEST_STEPS:
        return None
    pace = Pace(steps, most_steps=MEASURED)
    watch = _Stopwatch(pace)
    module = build_module(cfg, run.datamodule.spec, run.datamodule.conditioning)
    with quiet_lightning(), cpu_threads(cfg.model.threads), _without_messages():
        epochs = ceil((1 + MEASURED) / steps_per_epoch)
        limits = {"limit_train_batches": 1 + MEASURED, "min_epochs": None}
        trainer = build_trainer(cfg, [watch], epochs, enable_progress_bar=False, **limits)
        trainer.fit(module, run.datamodule.train_dataloader())
    return None if pace.seconds_left is None or pace.seconds_left < LONG else watch.estimate


class _Stopwatch(pl.Callback):
    """Ends a training as soon as its pace is known."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.estimate: str | None = None

    def on_train_batch_start(self, *args: Any) -> None:
        self.pace.begin()

    def on_train_batch_end(self, trainer: pl.Trainer, *args: Any) -> None:
        self.estimate = self.pace.end() or self.estimate
        trainer.should_stop = self.estimate is not None


@contextmanager
def _without_messages() -> Iterator[None]:
    """Without log messages, which the training itself repeats."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
