"""Learning rates that fall over a run, and how long the run is."""

from collections.abc import Iterable
from math import inf
from typing import Any

import pytorch_lightning as pl

from pargan.errors import ParganError


def steps_of_run(trainer: pl.Trainer, d_steps: int) -> int:
    """The generator steps after which a Trainer stops, if nothing stops it before.

    Raises:
        ParganError: it has no end.
    """
    epochs = trainer.max_epochs or -1
    in_epochs = epochs * trainer.num_training_batches if epochs > 0 else inf
    # Lightning counts the steps of both optimizers.
    steps = trainer.max_steps // (d_steps + 1) if trainer.max_steps > 0 else inf
    if min(in_epochs, steps) == inf:
        raise ParganError(
            "lets learning rates fall until the end of the run, and this one has none",
            argument="lr_decay",
            value=True,
            remedy="give generator_steps or max_epochs, or lr_decay=false",
        )
    return max(1, int(min(in_epochs, steps)))


def scale_learning_rates(optimizers: Iterable[Any], share: float) -> None:
    """Set every learning rate to this share of what it was at the start of the run.

    The rate at the start is kept beside the present one, and so in checkpoints.
    """
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * share
