"""Plots of generated records beside real ones, in a form for each kind of record.

Legend: S generated, R real records, *shape of one record in model space.
"""

from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from pargan.records.images import ImageSpec
from pargan.records.points import PointsSpec
from pargan.records.tables import TableSpec
from pargan.report.marginals import draw_table
from pargan.report.plot_style import FAKE, REAL, new_figure, save, style_axes

POINTS = 2000  # drawn at most, of real and of generated ones
ACROSS = 16  # images in a row
FAKE_ROWS, REAL_ROWS = 6, 2


@singledispatch
def draw_samples(spec: Any, generated: np.ndarray, real: np.ndarray | None, path: Path) -> Path:
    """Draw generated (S, *shape) records beside real (R, *shape) ones as a PNG at `path`; returns `path`.

    Without real records the plot shows nothing but generated ones, so that it may be shown to people who may not see
    the data. A new kind of record is added with `draw_samples.register`.

    Raises:
        NotImplementedError: nothing is registered for this kind of spec.
        ParganError: the file cannot be written.
    """
    raise NotImplementedError(f"no plot is registered for {type(spec).__name__}; use draw_samples.register")


draw_samples.register(TableSpec, draw_table)


@draw_samples.register
def _points(spec: PointsSpec, generated: np.ndarray, real: np.ndarray | None, path: Path) -> Path:
    """Scatter plot of the first two coordinates, the axes limited to the range of the real points.

    The title says where there are more coordinates than the two.
    """
    generated = _first_two(spec.decode(generated[:POINTS]))
    real = None if real is None else _first_two(spec.decode(real[:POINTS]))
    framed = generated if real is None else real
    low, high = framed.min(axis=0), framed.max(axis=0)
    margin = 0.15 * (high - low) + 1e-9
    low, high = low - margin, high + margin
    outside = int((~((generated >= low) & (generated <= high)).all(axis=1)).sum())
    figure = new_figure(4.6)
    panels = figure.subplots(1, 1 if real is None else 2, sharex=True, sharey=True, squeeze=False)[0]
    for axes in panels:
        style_axes(axes)
        axes.set_xlabel("coordinate 1", fontsize=8)
        if real is not None:
            axes.scatter(*real.T, s=5, color=REAL, alpha=0.35, linewidths=0)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        axes.set_aspect("equal")
    panels[0].set_ylabel("coordinate 2" if spec.size > 1 else "", fontsize=8)
    panels[-1].scatter(*generated.T, s=5, color=FAKE, alpha=0.55, linewidths=0)
    note = f", {outside} not shown" if outside else ""
    panels[-1].set_title(f"{len(generated)} generated points (blue){note}", fontsize=10, loc="left")
    if real is not None:
        panels[0].set_title(f"{len(real)} real points", fontsize=10, loc="left")
    if spec.size > 2:
        figure.suptitle(f"Two of {spec.size} dimensions shown: the first two", fontsize=9, x=0.01, ha="left")
    return save(figure, path)


@draw_samples.register
def _images(spec: ImageSpec, generated: np.ndarray, real: np.ndarray | None, path: Path) -> Path:
    """Grid of generated images above two rows of real ones."""
    _, height, width = spec.shape
    rows = [FAKE_ROWS] if real is None else [FAKE_ROWS, REAL_ROWS]
    figure = new_figure(0.6 + sum(rows) * 7.8 / ACROSS * height / width)
    panels = figure.subplots(len(rows), 1, height_ratios=rows, squeeze=False)[:, 0]
    _show(panels[0], generated, FAKE_ROWS, "Generated images")
    if real is not None:
        _show(panels[1], real, REAL_ROWS, "Real images")
    return save(figure, path)


def _first_two(points: np.ndarray) -> np.ndarray:
    """(N, D) -> (N, 2): the first two coordinates; one-dimensional points get a second coordinate 0."""
    points = np.asarray(points, dtype=np.float64)
    return points[:, :2] if points.shape[1] > 1 else np.column_stack([points, np.zeros(len(points))])


def _show(axes: Axes, images: np.ndarray, rows: int, title: str) -> None:
    axes.imshow(montage(images, rows, ACROSS), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_axis_off()


def montage(images: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Tile (N, C, H, W) images in [-1, 1] row by row, separated by white lines.

    Returns:
        (rows * (H + 1) - 1, columns * (W + 1) - 1) grey levels, or the same with 3 channels last, in [0, 1].
        Places without an image are white; of images with neither 1 nor 3 channels the first channel is shown.
    """
    _, channels, height, width = images.shape
    shown = images[: rows * columns] if channels == 3 else images[: rows * columns, :1]
    sheet = np.ones((rows, columns, shown.shape[1], height + 1, width + 1))
    for place, image in zip(np.ndindex(rows, columns), shown, strict=False):
        sheet[place][:, :height, :width] = np.clip((image + 1) / 2, 0, 1)
    # (rows, columns, C, H, W) -> (rows, H, columns, W, C)
    tiled = sheet.transpose(0, 3, 1, 4, 2).reshape(rows * (height + 1), columns * (width + 1), -1)[:-1, :-1]
    return tiled[:, :, 0] if tiled.shape[2] == 1 else tiled
