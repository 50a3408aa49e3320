"""A plot of a generated table: some rows, and each column's distribution beside the real one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from pargan.records.column import Column
from pargan.records.tables import TableSpec
from pargan.report.plot_style import FAKE, REAL, new_figure, percent, save, style_axes

Groups = Sequence[tuple[np.ndarray, str]]
"""Values (N,) of a column and their colour: generated ones, then real ones where they are shown."""

COLUMNS = 20  # columns drawn, where a table has more
ROWS = 6  # generated rows shown
ACROSS = 4  # histograms in a row
VALUES = 8  # categories drawn, the most frequent real ones
LETTERS = 20  # of a name, before it is cut
CELL_LETTERS = 16  # of a value in the table of rows
TICK_LETTERS = 11  # of a category beside its bar
BINS = 20


def draw_table(spec: TableSpec, generated: np.ndarray, real: np.ndarray | None, path: Path) -> Path:
    """Draw generated (S, width) rows beside real (R, width) ones: a few rows, then each column's marginal."""
    fake_columns = spec.decode(generated)
    real_columns = None if real is None else spec.decode(real)
    columns = spec.learnt[:COLUMNS]
    down = -(-len(columns) // ACROSS)
    heights = 0.55 + 0.21 * (len(columns) + 1), 1.6 * down + 0.3
    figure = new_figure(sum(heights))
    upper, lower = figure.subfigures(2, 1, height_ratios=heights, squeeze=False)[:, 0]
    left_out = f" (the first {COLUMNS} of {len(spec.learnt)} columns)" if len(spec.learnt) > COLUMNS else ""
    upper.suptitle(f"Generated rows, one in each column{left_out}", fontsize=10, x=0.01, ha="left")
    _draw_rows(upper, {column.name: _cells(column, fake_columns[column.name][:ROWS]) for column in columns})
    shown = "generated rows" if real is None else "generated (blue) and of real (grey) rows"
    lower.suptitle(
        f"Distribution of each column: share of {shown}",
        fontsize=10,
        x=0.01,
        ha="left",
    )
    panels = lower.subplots(down, ACROSS, squeeze=False).ravel()
    for axes in panels[len(columns) :]:
        axes.set_axis_off()
    for axes, column in zip(panels, columns, strict=False):
        groups = [(fake_columns[column.name], FAKE)]
        groups += [] if real_columns is None else [(real_columns[column.name], REAL)]
        _marginal(axes, groups, column)
    return save(figure, path)


def _draw_rows(figure: SubFigure, columns: dict[str, Sequence[Any]]) -> None:
    axes = figure.subplots()
    axes.set_axis_off()
    table = axes.table(
        cellText=[[_shortened(value, CELL_LETTERS) for value in values] for values in columns.values()],
        rowLabels=[_shortened(name) for name in columns],
        cellLoc="right",
        loc="upper center",
        bbox=Bbox.from_bounds(0.18, 0, 0.82, 1),
    )
    table.auto_set_font_size(False)
    table.set_fontsize(7.5)
    for cell in table.get_celld().values():
        cell.set(linewidth=0.4, edgecolor="#CCCCCC")


def _cells(column: Column, values: np.ndarray) -> Sequence[Any]:
    """The first values: numbers as they are, which are shortened by their digits, others as they are written."""
    return values.tolist() if values.dtype.kind in "if" else column.text(values)


def _marginal(axes: Axes, groups: Groups, column: Column) -> None:
    style_axes(axes)
    axes.set_title(_shortened(column.name), fontsize=8, loc="left")
    axes.tick_params(labelsize=7)
    shares = axes.yaxis if column.is_number else axes.xaxis
    shares.set_major_formatter(percent)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_locator(MaxNLocator(3))
    if column.is_number:
        _histogram(axes, [(column.numbers(values), colour) for values, colour in groups])
    else:
        _bars(axes, [(values.astype(str), colour) for values, colour in groups])


def _bars(axes: Axes, groups: Groups) -> None:
    """A bar per category and group, from top to bottom in the order of the values: numbers as numbers, else texts."""
    values, counts = np.unique(groups[-1][0], return_counts=True)
    drawn = sorted(values[np.argsort(-counts, kind="stable")[:VALUES]], key=_in_order)
    places = np.arange(len(drawn))
    shifts = (-0.2, 0.2) if len(groups) > 1 else (0.0,)
    for (group, colour), shift in zip(groups, shifts, strict=True):
        axes.barh(places + shift, [(group == value).mean() for value in drawn], height=0.4, color=colour)
    axes.set_yticks(places, _distinct_labels(drawn))
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    if len(drawn) < len(values):
        axes.set_xlabel(f"{len(drawn)} of {len(values)} values", fontsize=7, color="#666666")


def _histogram(axes: Axes, groups: Groups) -> None:
    """Bins span the values of the last group; the two end bins also hold the values of the other beyond them.

    Shares are those of all values, missing ones included, which are in no bin.
    """
    spanned = groups[-1][0][~np.isnan(groups[-1][0])]
    if not len(spanned):
        return
    low, high = spanned.min(), spanned.max()
    are_whole = not np.any(spanned % 1)
    if low == high or are_whole:
        # Bins that cover unequal numbers of integers would show jumps that are not in the data.
        step = max(1.0, np.ceil((high - low + 1) / BINS))
        edges = np.arange(low, high + step + 1, step) - 0.5
    else:
        edges = np.linspace(low, high, BINS + 1)
    labels = 2 if max(abs(low), abs(high)) >= 1e5 else 3  # those of six digits fill a third of the width
    axes.xaxis.set_major_locator(MaxNLocator(labels, integer=are_whole))
    for values, colour in reversed(groups):
        present = values[~np.isnan(values)]
        count, _ = np.histogram(np.clip(present, edges[0], edges[-1]), bins=edges)
        filled = colour == REAL
        axes.stairs(count / len(values), edges, color=colour, fill=filled, alpha=0.6 if filled else 1, linewidth=1.3)


def _in_order(value: str) -> tuple[bool, float, str]:
    """Sort key of categories: those that are numbers by value, before the texts by letter."""
    try:
        return (False, float(value), value)
    except ValueError:
        return (True, 0.0, value)


def _distinct_labels(values: Sequence[str]) -> list[str]:
    """The values cut to one length; where a cut would make two equal, their middle is cut out instead of their end."""
    labels = [_shortened(value, TICK_LETTERS) for value in values]
    end = TICK_LETTERS // 2
    return [
        label if labels.count(label) == 1 else f"{value[: TICK_LETTERS - end - 1]}…{value[-end:]}"
        for value, label in zip(values, labels, strict=True)
    ]


def _shortened(value: Any, letters: int = LETTERS) -> str:
    text = _number(float(value)) if isinstance(value, float | np.floating) else str(value)
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _number(value: float) -> str:
    """Six significant digits; with an exponent only where the plain number would be very long."""
    plain = value == 0 or 1e-5 <= abs(value) < 1e9
    return np.format_float_positional(value, 6, fractional=False, trim="-") if plain else f"{value:.6g}"
