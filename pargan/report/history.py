"""Read metrics.csv as curves."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pargan.audits.result import AuditResult
from pargan.errors import ParganError

DISTANCE = "quality/distance"
"""The main metric of quality, lower is better, under a name that every data set has."""


@dataclass(frozen=True)
class Curve:
    """One metric over the epochs after which it was measured, counted from 1: two arrays of shape (n,)."""

    epochs: np.ndarray
    values: np.ndarray


def read_history(path: Path) -> dict[str, Curve]:
    """The curves in a metrics.csv by column name; empty columns are left out, a missing file gives {}.

    NaN and infinity are kept: the curve then ends where the run diverged.

    Raises:
        ParganError: the file is damaged.
    """
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return _curves(rows)
    except (KeyError, TypeError, ValueError, csv.Error) as error:  # another header, a line cut short, other bytes
        raise ParganError(f"{path} is damaged", remedy="use an unaltered copy of the run, or move it away") from error


def _curves(rows: list[dict[str, str]]) -> dict[str, Curve]:
    curves = {}
    for name in rows[0] if rows else ():
        measured = [(float(row["epoch"]) + 1, float(row[name])) for row in rows if row[name]]
        if measured and name != "epoch":
            epochs, values = np.array(measured).T
            curves[name] = Curve(epochs, values)
    return curves


def with_better_epoch(audit: AuditResult, history: dict[str, Curve]) -> AuditResult:
    """The audit of a run's last epoch, whose verdict also names an earlier epoch that was better and leaked less.

    Args:
        audit: of the networks after the last epoch.
        history: the run's curves, from `read_history`.
    """
    if audit.verdict is None:
        return audit
    return replace(audit, verdict=replace(audit.verdict, better_epoch=better_epoch(history)))


def better_epoch(curves: dict[str, Curve]) -> str | None:
    """A sentence about an earlier epoch with better quality whose networks leaked less than the last; None without one.

    Quality is `quality/distance`, lower is better. An epoch leaked less if no attack has a higher AUC there, and the
    interval of at least one lies below that of the last evaluation. Of several such epochs it is the one with the best
    quality.

    Args:
        curves: of metrics.csv.
    """
    quality = curves.get(DISTANCE)
    attacks = [name.removesuffix("/auc") for name in curves if name.startswith("attack/") and name.endswith("/auc")]
    if quality is None or not attacks or len(quality.epochs) < 2:
        return None
    metrics = ("auc", "auc_low", "auc_high")
    table = {(name, key): _by_epoch(curves.get(f"{name}/{key}")) for name in attacks for key in metrics}
    last, distances = quality.epochs[-1], _by_epoch(quality)
    common = [epoch for epoch in distances if all(epoch in column for column in table.values())]
    if last not in common:
        return None

    def sure(epoch: float, name: str) -> bool:
        return table[name, "auc_high"][epoch] < table[name, "auc_low"][last]

    better = [
        epoch
        for epoch in common
        if distances[epoch] < distances[last]
        and all(table[name, "auc"][epoch] <= table[name, "auc"][last] for name in attacks)
        and any(sure(epoch, name) for name in attacks)
    ]
    if not better:
        return None
    epoch = min(better, key=distances.__getitem__)
    name = max((name for name in attacks if sure(epoch, name)), key=lambda name: table[name, "auc"][last])
    measure = _name_of_distance(curves)
    then, now = (table[name, "auc"][when] for when in (epoch, last))
    return (
        f"Epoch {epoch:.0f} was better and leaked less than the last one: {measure} {distances[epoch]:.3g} "
        f"instead of {distances[last]:.3g} (lower is better), AUC of {name.removeprefix('attack/')} {then:.3f} "
        f"instead of {now:.3f}. To stop there, train with trainer.max_epochs={epoch:.0f}."
    )


def _name_of_distance(curves: dict[str, Curve]) -> str:
    """The metric that `quality/distance` is: the one with the same values."""
    same = [
        name.removeprefix("quality/")
        for name, curve in curves.items()
        if name.startswith("quality/")
        and name != DISTANCE
        and np.array_equal(curve.values, curves[DISTANCE].values, equal_nan=True)
    ]
    return same[0] if same else "quality distance"


def _by_epoch(curve: Curve | None) -> dict[float, float]:
    return {} if curve is None else dict(zip(curve.epochs.tolist(), curve.values.tolist(), strict=True))
