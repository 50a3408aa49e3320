"""Fail early if a callback monitors a metric that is never logged."""

from collections.abc import Iterable

import pytorch_lightning as pl

from pargan.errors import ParganError


def refuse_unmeasured(trainer: pl.Trainer, prefix: str, metrics: Iterable[str]) -> None:
    """Check that the callbacks of a trainer monitor no metric with this prefix but those that were just logged.

    Lightning calls the callbacks that monitor a metric last, so no checkpoint of this epoch has been written yet.

    Args:
        trainer: the trainer.
        prefix: beginning of the metrics' names, for example "quality/"; monitors with other prefixes are ignored.
        metrics: the logged metrics, without the prefix.

    Raises:
        ParganError: a monitored metric with this prefix is not among them.
    """
    logged = [f"{prefix}{metric}" for metric in metrics]
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        monitor = getattr(callback, "monitor", None) or ""
        if monitor.startswith(prefix) and monitor not in logged:
            raise ParganError(
                f"of {type(callback).__name__} is not measured in this run",
                argument="monitor",
                value=monitor,
                remedy=f"choose one of {', '.join(logged)}",
            )
