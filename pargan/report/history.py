"""metrics.csv as curves."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Curve:
    """One measured thing over the epochs in which it was measured: two arrays of shape (n,)."""

    epochs: np.ndarray
    values: np.ndarray


def read_history(path: Path) -> dict[str, Curve]:
    """The curves in a metrics.csv; a column without any measurement, and a missing file, give none.

    NaN and infinity are kept: a curve that breaks off tells where a run diverged.
    """
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    curves = {}
    for name in rows[0] if rows else ():
        measured = [(float(row["epoch"]), float(row[name])) for row in rows if row[name]]
        if measured and name != "epoch":
            epochs, values = np.array(measured).T
            curves[name] = Curve(epochs, values)
    return curves
