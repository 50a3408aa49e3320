"""Names that others monitor and nobody logs, noticed before Lightning fails over them or passes them over."""

from collections.abc import Iterable

import pytorch_lightning as pl

from pargan.errors import ParganError


def refuse_unmeasured(trainer: pl.Trainer, family: str, metrics: Iterable[str]) -> None:
    """Compare what the trainer's callbacks monitor with the metrics that were just logged.

    Lightning asks the callbacks that monitor last, so that at this moment no checkpoint of the epoch is written yet.

    Args:
        trainer: the run's.
        family: how the names of these metrics begin, for example "quality/"; others are not looked at.
        metrics: the rest of their names.

    Raises:
        ParganError: a monitored name of the family is not among them.
    """
    logged = [f"{family}{metric}" for metric in metrics]
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        monitor = getattr(callback, "monitor", None) or ""
        if monitor.startswith(family) and monitor not in logged:
            raise ParganError(
                f"monitor={monitor} of {type(callback).__name__} is not measured in this run; "
                f"choose one of {', '.join(logged)}"
            )
