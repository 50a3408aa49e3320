"""Read metrics.csv as curves."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Curve:
    """One metric over the epochs in which it was measured: two arrays of shape (n,)."""

    epochs: np.ndarray
    values: np.ndarray


def read_history(path: Path) -> dict[str, Curve]:
    """The curves in a metrics.csv by column name; empty columns are left out, a missing file gives {}.

    NaN and infinity are kept: the curve then ends where the run diverged.
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
