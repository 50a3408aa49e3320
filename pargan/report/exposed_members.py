"""The most exposed members beside their nearest generated records, one form per kind of record.

Legend: S generated records, n exposed members, *shape of one record in model space.
"""

import csv
import io
from functools import singledispatch
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from pargan.audits import RiskTable
from pargan.io.files import write_atomically
from pargan.io.run_directory import RunDirectory
from pargan.records.images import ImageSpec
from pargan.records.tables import TableSpec
from pargan.report.plot_style import WIDTH, new_figure, save
from pargan.report.samples import montage

PAIRS_ACROSS, PAIRS_DOWN = 5, 4
CAPTIONS = 0.42  # inches above and below a pair
LETTERS = 120  # of a line of the title
ROWS = 100  # of a table


@singledispatch
def write_exposed(
    spec: Any, table: RiskTable, members: np.ndarray, samples: np.ndarray, directory: RunDirectory
) -> Path | None:
    """Put the most exposed members beside their nearest generated records.

    Images become the sheet plots/exposed.png, rows of tables the file exposed.csv in the user's units.
    A kind of record that is registered for neither is told by records.csv alone.

    Args:
        spec: the facts.
        table: the records by risk.
        members: (m, *shape) the members that the table's positions count.
        samples: (S, *shape) generated records.
        directory: where to write.

    Returns:
        What was written, None where nothing was.

    Raises:
        ParganError: the file cannot be written.
    """
    return None


@write_exposed.register
def _images(
    spec: ImageSpec, table: RiskTable, members: np.ndarray, samples: np.ndarray, directory: RunDirectory
) -> Path:
    """Pairs, member left and generated right, read row by row; below each its risk and the distance."""
    exposed = table.exposed_members(PAIRS_ACROSS * PAIRS_DOWN)
    _, height, width = spec.shape
    down = -(-len(exposed) // PAIRS_ACROSS)
    tall = (WIDTH / PAIRS_ACROSS - 0.1) * height / (2 * width + 1)
    figure = new_figure(0.5 + down * (tall + CAPTIONS))
    panels = figure.subplots(down, PAIRS_ACROSS, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for place, axes in zip(range(len(exposed)), panels, strict=False):
        pair = np.stack([members[exposed.position[place]], samples[exposed.nearest[place]]])
        axes.imshow(montage(pair, 1, 2), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(f"record {exposed.index[place]}{_partition(exposed, place)}", fontsize=8, pad=2)
        caption = f"risk {exposed.risk[place]:.1f}   d = {exposed.distance[place]:.2f}"
        axes.text(0.5, -0.03, caption, fontsize=8, ha="center", va="top", transform=axes.transAxes)
    known = "k: partition; " if (exposed.partition >= 0).any() else ""
    meaning = f"{known}risk: percentile among nonmembers, mean over {', '.join(exposed.averaged)}"
    figure.suptitle(
        "Most exposed members (left) beside their nearest generated records (right, at distance d)\n"
        + fill(meaning, LETTERS),
        fontsize=9,
        x=0.01,
        ha="left",
    )
    return save(figure, directory.plots / "exposed.png")


@write_exposed.register
def _rows(spec: TableSpec, table: RiskTable, members: np.ndarray, samples: np.ndarray, directory: RunDirectory) -> Path:
    """A row per member: its place, risk and distance, then each column's value and the generated one's."""
    exposed = table.exposed_members(ROWS)
    real, fake = spec.decode(members[exposed.position]), spec.decode(samples[exposed.nearest])
    texts: dict[str, list[str]] = {}
    for column in spec.columns:
        texts[column.name] = column.text(real[column.name])
        texts[f"generated {column.name}"] = column.text(fake[column.name])
    rows = [{key: row[key] for key in ("index", "partition", "risk", "nearest_distance")} for row in exposed.to_dicts()]
    path = directory.path / "exposed.csv"
    cells = zip(*texts.values(), strict=True)
    return write_rows([row | dict(zip(texts, line, strict=True)) for row, line in zip(rows, cells, strict=True)], path)


def write_rows(rows: list[dict[str, Any]], path: Path) -> Path:
    """Rows with the keys of the first as a csv with a header; None becomes an empty cell, numbers keep their digits.

    Raises:
        ParganError: the file cannot be written.
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, buffer.getvalue().encode())
    return path


def _partition(table: RiskTable, place: int) -> str:
    k = int(table.partition[place])
    return "" if k < 0 else f",  k = {k}"
