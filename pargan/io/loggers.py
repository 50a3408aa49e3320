"""metrics.csv, and images and tables for whatever other logger is on."""

import csv
import io
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pytorch_lightning.loggers import Logger, TensorBoardLogger, WandbLogger

from pargan.io.files import append_text, write_atomically


class EpochCsvLogger(Logger):
    """One row per epoch in one CSV file; a cell is empty where nothing was measured in that epoch.

    Lightning's own CSVLogger deletes the file of the interrupted run when that run is resumed. Here a
    resumed run replaces only the rows of the epochs it trains again.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = Path(path)
        self._columns: list[str] = ["epoch"]
        self._rows: list[dict[str, str]] = []
        self._appends = False  # the first row of a process rewrites the file, and with it a half-written last line
        if self.path.is_file():
            whole_lines, _, _ = self.path.read_text().rpartition("\n")
            reader = csv.DictReader(io.StringIO(whole_lines))
            self._columns, self._rows = list(reader.fieldnames or ["epoch"]), list(reader)

    @property
    def name(self) -> str:
        """Lightning asks every logger for a name."""
        return "metrics"

    @property
    def version(self) -> str:
        """And for a version."""
        return ""

    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Nothing: the configuration lies beside the file."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write the row of an epoch; `metrics` comes with the key `epoch` from Lightning."""
        row = {name: f"{value:.6g}" for name, value in metrics.items()}
        row["epoch"] = str(int(metrics["epoch"]))
        known = set(self._columns)
        new = [name for name in row if name not in known]
        rewrite = bool(new) or not self._appends
        while self._rows and int(self._rows[-1]["epoch"]) >= int(row["epoch"]):  # they are in order
            self._rows.pop()
            rewrite = True
        self._columns += new
        self._rows.append(row)
        if rewrite:
            write_atomically(self.path, self._lines(self._rows, header=True).encode())
            self._appends = True
        else:
            append_text(self.path, self._lines([row], header=False))

    def _lines(self, rows: Sequence[Mapping[str, str]], header: bool) -> str:
        text = io.StringIO()
        writer = csv.DictWriter(text, self._columns, restval="", lineterminator="\n")
        if header:
            writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()


@singledispatch
def log_image(logger: Logger, name: str, path: Path, step: int) -> None:
    """Show the PNG at `path` under `name`; a logger that shows no images ignores it."""


@log_image.register
def _(logger: WandbLogger, name: str, path: Path, step: int) -> None:
    logger.log_image(name, [str(path)], step=step)


@log_image.register
def _(logger: TensorBoardLogger, name: str, path: Path, step: int) -> None:
    with Image.open(path) as image:
        logger.experiment.add_image(name, np.asarray(image.convert("RGB")), step, dataformats="HWC")


@singledispatch
def log_table(logger: Logger, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Show a table under `name`; a logger that shows no tables ignores it."""


@log_table.register
def _(logger: WandbLogger, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    logger.log_table(name, columns=list(columns), data=[list(row) for row in rows])


@log_table.register
def _(logger: TensorBoardLogger, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    lines = [columns, ["---"] * len(columns), *rows]
    text = "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
    logger.experiment.add_text(name, text)


def finish_wandb(exit_code: int) -> None:
    """End the W&B run of this process, if there is one; else the process's next run would be logged into it.

    Nothing is imported for that: a process that never imported wandb has no W&B run.
    """
    wandb = sys.modules.get("wandb")
    if wandb is not None and wandb.run is not None:
        wandb.finish(exit_code=exit_code)
