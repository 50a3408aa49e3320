"""The logger that writes metrics.csv, and functions that log images and tables to TensorBoard and W&B."""

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

from pargan.errors import ParganError
from pargan.io.files import append_text, write_atomically


class EpochCsvLogger(Logger):
    """A CSV file with one row per epoch; the cell of a metric that was not measured in an epoch is empty.

    Lightning's own CSVLogger deletes the file of the interrupted run when that run is resumed. Here a resumed run
    replaces only the rows of the epochs that it trains again.

    Args:
        path: the file.

    Raises:
        ParganError: the file is there and damaged.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = Path(path)
        self._columns: list[str] = ["epoch"]
        self._rows: list[dict[str, str]] = []
        # The first row that a process logs rewrites the file, which removes a half-written last line.
        self._appends = False
        if self.path.is_file():
            self._columns, self._rows = _read_rows(self.path)

    @property
    def name(self) -> str:
        """Required by Lightning."""
        return "metrics"

    @property
    def version(self) -> str:
        """Required by Lightning."""
        return ""

    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the run directory holds the configuration."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write the row of the epoch `metrics["epoch"]`, a key that Lightning adds; a second call replaces the row."""
        row = {name: f"{value:.6g}" for name, value in metrics.items()}
        row["epoch"] = str(int(metrics["epoch"]))
        new_columns = [name for name in row if name not in self._columns]
        rewrite = bool(new_columns) or not self._appends
        while self._rows and int(self._rows[-1]["epoch"]) >= int(row["epoch"]):  # rows are in order of epochs
            self._rows.pop()
            rewrite = True
        self._columns += new_columns
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


def _read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and rows of a metrics.csv; half a last line, left by a process that was killed, is dropped."""
    whole_lines = path.read_bytes().rpartition(b"\n")[0]
    try:
        header, *rows = csv.reader(io.StringIO(whole_lines.decode()), strict=True) if whole_lines else [["epoch"]]
        table = [dict(zip(header, row, strict=True)) for row in rows]
        epochs = [int(row["epoch"]) for row in table]
        for row in table:
            _ = [float(cell) for cell in row.values() if cell]
        if epochs != sorted(set(epochs)) or len(set(header)) < len(header):
            raise ValueError("epochs or columns are not in order")
    except (ValueError, KeyError, csv.Error) as error:
        raise ParganError(f"{path} is damaged ({error})", remedy="restore it from a copy, or remove it") from error
    return header, table


@singledispatch
def log_image(logger: Logger, name: str, path: Path, step: int) -> None:
    """Log the PNG at `path` as `name`; loggers other than W&B and TensorBoard ignore it."""


@log_image.register
def _(logger: WandbLogger, name: str, path: Path, step: int) -> None:
    logger.log_image(name, [str(path)], step=step)


@log_image.register
def _(logger: TensorBoardLogger, name: str, path: Path, step: int) -> None:
    with Image.open(path) as image:
        logger.experiment.add_image(name, np.asarray(image.convert("RGB")), step, dataformats="HWC")


def shows_images(logger: Logger) -> bool:
    """Whether `log_image` shows an image in this logger."""
    return log_image.dispatch(type(logger)) is not log_image.dispatch(object)


@singledispatch
def log_table(logger: Logger, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Log a table as `name`; loggers other than W&B and TensorBoard ignore it."""


@log_table.register
def _(logger: WandbLogger, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    logger.log_table(name, columns=list(columns), data=[list(row) for row in rows])


@log_table.register
def _(logger: TensorBoardLogger, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    lines = [columns, ["---"] * len(columns), *rows]
    text = "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
    logger.experiment.add_text(name, text)


def finish_wandb(exit_code: int) -> None:
    """End the W&B run of this process, if there is one; otherwise the next training would be logged into it.

    wandb is not imported here: a process that never imported it has no W&B run.
    """
    wandb = sys.modules.get("wandb")
    if wandb is not None and wandb.run is not None:
        wandb.finish(exit_code=exit_code)
