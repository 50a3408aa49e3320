"""The most exposed members beside their nearest generated records, in a form for each kind of record.

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
from pargan.report.words import significant

PAIRS_ACROSS, PAIRS_DOWN = 5, 4
CAPTIONS = 0.58  # inches above and below a pair
LETTERS = 120  # in a line of the title
ROWS = 100  # in a table


@singledispatch
def write_exposed(
    spec: Any, table: RiskTable, members: np.ndarray, samples: np.ndarray, directory: RunDirectory
) -> Path | None:
    """Write the most exposed members beside their nearest generated records.

    Images go to private/exposed.png, rows of tables to private/exposed.csv in the user's units. For other kinds of
    records nothing is written; private/records.csv lists all records by risk. A new kind is added with
    `write_exposed.register`.

    Args:
        spec: the record format.
        table: the records by risk.
        members: (m, *shape) the members, indexed by the table's positions.
        samples: (S, *shape) generated records.
        directory: where to write.

    Returns:
        The file written, or None.

    Raises:
        ParganError: the file cannot be written.
    """
    return None


@write_exposed.register
def _images(
    spec: ImageSpec, table: RiskTable, members: np.ndarray, samples: np.ndarray, directory: RunDirectory
) -> Path:
    """Pairs of a member (left) and a generated record (right), most exposed first; their risk and distance below."""
    exposed = table.exposed_members(PAIRS_ACROSS * PAIRS_DOWN)
    _, height, width = spec.shape
    down = -(-len(exposed) // PAIRS_ACROSS)
    pair_height = (WIDTH / PAIRS_ACROSS - 0.1) * height / (2 * width + 1)
    figure = new_figure(0.7 + down * (pair_height + CAPTIONS))
    panels = figure.subplots(down, PAIRS_ACROSS, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for place, axes in zip(range(len(exposed)), panels, strict=False):
        pair = np.stack([members[exposed.position[place]], samples[exposed.nearest[place]]])
        axes.imshow(montage(pair, 1, 2), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(f"record {exposed.index[place]}{_partition_label(exposed, place)}", fontsize=8, pad=2)
        nearer = f"{exposed.distance_percentile[place]:.0f} % nearer"
        caption = f"risk {exposed.risk[place]:.1f}   d = {_distance(exposed.distance[place])}\n{nearer}"
        axes.text(0.5, -0.03, caption, fontsize=8, ha="center", va="top", transform=axes.transAxes)
    partition = "k = partition; " if (exposed.partition >= 0).any() else ""
    attacks = ", ".join(exposed.averaged)
    legend = (
        f"{partition}risk = percentile of the score among nonmembers, averaged over {attacks}; d = distance; nearer = "
        f"nonmembers with a smaller d. Half of the nonmembers have d below {_distance(_usual_distance(table))}"
    )
    figure.suptitle(
        "Most exposed members (left of each pair) and the generated record nearest to each (right)\n"
        + fill(legend, LETTERS),
        fontsize=9,
        x=0.01,
        ha="left",
    )
    return save(figure, directory.exposed_images)


@write_exposed.register
def _rows(spec: TableSpec, table: RiskTable, members: np.ndarray, samples: np.ndarray, directory: RunDirectory) -> Path:
    """A row per member: index, partition, risk, distances, then its columns and those of the generated record.

    `usual_distance` is the same in every row: half of the nonmembers are nearer to a generated record than that.
    """
    exposed = table.exposed_members(ROWS)
    real, fake = spec.decode(members[exposed.position]), spec.decode(samples[exposed.nearest])
    cells: dict[str, list[str]] = {}
    for column in spec.learnt:
        cells[column.name] = column.text(real[column.name])
        cells[f"generated {column.name}"] = column.text(fake[column.name])
    kept = ("index", "partition", "risk", "nearest_distance", "distance_percentile")
    usual = {"usual_distance": _usual_distance(table)}
    risks = [{key: row[key] for key in kept} | usual for row in exposed.to_dicts()]
    values = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    return write_rows([a | b for a, b in zip(risks, values, strict=True)], directory.exposed_rows)


def write_rows(rows: list[dict[str, Any]], path: Path) -> Path:
    """Write rows as a csv; the first row's keys are the header, None becomes an empty cell, numbers keep all digits.

    Raises:
        ParganError: the file cannot be written.
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, buffer.getvalue().encode())
    return path


def _usual_distance(table: RiskTable) -> float:
    return float(table.summary()["usual_distance"])


def _distance(value: float) -> str:
    """Three significant digits: two decimals show a near copy as 0.00, which it is not."""
    return significant(float(f"{value:.3g}"))


def _partition_label(table: RiskTable, place: int) -> str:
    """ ",  k = ..." for a record whose partition is known."""
    k = int(table.partition[place])
    return "" if k < 0 else f",  k = {k}"
