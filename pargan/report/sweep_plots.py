"""Quality against leakage of the configurations of a sweep, for sweep.html and as pareto.png."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pargan.report.label_placement import Segment, place_labels
from pargan.report.plot_style import DPI, save, style_axes
from pargan.report.svg import inline_svg, percent_axis, report_axes
from pargan.report.sweep_comparison import LEAKAGE, Measured, pareto

FRONT, DOMINATED, CONTROL = "#0072b2", "#8a8a8a", "#d55e00"
PANEL = (4.2, 3.6)  # inches, in pareto.png
LEGEND = 0.7  # its height


@dataclass(frozen=True)
class Configuration:
    """One configuration in a plot of quality against leakage.

    Attributes:
        label: short, beside its mean.
        is_control: whether K = 1.
        leakage: lower is better.
        quality: the main quality metric.
    """

    label: str
    is_control: bool
    leakage: Measured
    quality: Measured


def draw_pareto(axes: Axes, shown: Sequence[Configuration], lower_is_better: bool) -> None:
    """Draw the configurations with their Pareto steps.

    A configuration is its mean over seeds: a square where K = 1, else a disc; coloured where no other configuration has
    at least as little leakage and as good quality, grey where one has. Thin bars are the standard deviation between
    seeds, thick ones the mean 95 % interval within a run. Single seeds are dots.

    Args:
        axes: empty.
        shown: one or more.
        lower_is_better: the direction of the quality metric.
    """
    sign = 1 if lower_is_better else -1
    means = [(each.leakage.mean, sign * each.quality.mean) for each in shown]
    on_front = pareto(means)
    steps = sorted(mean for mean, best in zip(means, on_front, strict=True) if best)
    for each, best in zip(shown, on_front, strict=True):
        colour = DOMINATED if not best else CONTROL if each.is_control else FRONT
        x, y = each.leakage.mean, each.quality.mean
        axes.plot(each.leakage.seeds, each.quality.seeds, ".", color=colour, markersize=4, alpha=0.6)
        if each.leakage.low is not None and each.leakage.high is not None:
            axes.plot([each.leakage.low, each.leakage.high], [y, y], color=colour, linewidth=4, alpha=0.3)
        axes.errorbar(
            x,
            y,
            xerr=each.leakage.sd,
            yerr=each.quality.sd,
            color=colour,
            linewidth=1,
            marker="s" if each.is_control else "o",
            markersize=6,
        )
    _fit_limits(axes, shown)
    left_out = axes.get_ylim()[1 if lower_is_better else 0], axes.get_xlim()[1]
    xs, ys = [x for x, _ in steps], [sign * y for _, y in steps]
    # From the best configurations on, everything that leaks more or is worse is dominated.
    axes.step(
        [xs[0], *xs, left_out[1]],
        [left_out[0], *ys, ys[-1]],
        where="post",
        color="#555555",
        linewidth=1,
        linestyle=":",
        zorder=1,
    )
    points = [(each.leakage.mean, each.quality.mean, each.label) for each in shown]
    place_labels(axes, points, [bar for each in shown for bar in _bars(each)])


def _legend_entries(axes: Axes, with_control: bool) -> None:
    """Add what the marks mean as labelled artists without data, for a legend."""
    if with_control:
        axes.plot([], [], "s", color=CONTROL, label="K = 1, the control")
    axes.plot([], [], "o", color=FRONT, label="no other is as good in both")
    axes.plot([], [], "o", color=DOMINATED, label="another is as good in both")
    axes.plot([], [], ".", color=FRONT, markersize=4, label="one seed")
    axes.plot([], [], color="#555555", linewidth=1, label="SD between seeds")
    axes.plot([], [], color="#555555", linewidth=4, alpha=0.3, label="95 % interval within a run")
    axes.plot([], [], ":", color="#555555", linewidth=1, label="Pareto steps")


def pareto_panel(shown: Sequence[Configuration], level: str, metric: str, lower_is_better: bool, name: str) -> str:
    """One plot as inline SVG.

    Args:
        shown: one or more.
        level: the access level.
        metric: a key of `LEAKAGE`.
        lower_is_better: the direction of the quality metric.
        name: of the plot, which no other on the page has.
    """
    axes = report_axes(3.7)
    draw_pareto(axes, shown, lower_is_better)
    _name_axes(axes, shown, metric, lower_is_better)
    return inline_svg(axes, name, f"Quality against {LEAKAGE[metric]} of the strongest attack with access {level}")


def write_pareto(panels: Sequence[tuple[str, str, Sequence[Configuration]]], lower_is_better: bool, path: Path) -> Path:
    """pareto.png: all plots of a board, a column per access level and a row per metric; returns `path`.

    Args:
        panels: access level, metric, configurations.
        lower_is_better: the direction of the quality metric.
        path: of the file.

    Raises:
        ParganError: the file cannot be written.
    """
    levels, metrics = (list(dict.fromkeys(panel[place] for panel in panels)) for place in (0, 1))
    width, height = PANEL[0] * len(levels), PANEL[1] * len(metrics) + LEGEND
    figure = Figure(figsize=(width, height), dpi=DPI)
    grid = figure.subplots(len(metrics), len(levels), squeeze=False)
    figure.subplots_adjust(0.7 / width, (LEGEND + 0.5) / height, 1 - 0.15 / width, 1 - 0.35 / height, 0.25, 0.32)
    for axes in grid.flat:
        axes.set_visible(False)
    for level, metric, shown in panels:
        axes = grid[metrics.index(metric), levels.index(level)]
        axes.set_visible(True)
        style_axes(axes)
        draw_pareto(axes, shown, lower_is_better)
        _name_axes(axes, shown, metric, lower_is_better)
        axes.set_title(f"The strongest attack with access: {level}", loc="left", fontsize=10)
    _legend_entries(grid[0, 0], any(each.is_control for _, _, shown in panels for each in shown))
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower left", ncols=1 + len(levels), frameon=False, fontsize=8)
    return save(figure, path)


def _name_axes(axes: Axes, shown: Sequence[Configuration], metric: str, lower_is_better: bool) -> None:
    axes.set_xlabel(f"{LEAKAGE[metric]} (lower = leaks less)", fontsize=9)
    axes.set_ylabel(f"{shown[0].quality.name} ({'lower' if lower_is_better else 'higher'} = better)", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    if metric != "auc":
        percent_axis(axes, "x")


def _fit_limits(axes: Axes, shown: Sequence[Configuration]) -> None:
    """Limits that hold everything drawn, with room for labels, and do not blow up differences without meaning."""
    quality = [each.quality for each in shown]
    typical = float(np.mean([abs(each.mean) for each in quality]))
    for measured, set_limits, smallest in (
        ([each.leakage for each in shown], axes.set_xlim, 0.02),
        (quality, axes.set_ylim, 0.05 * typical or 0.05),
    ):
        values = np.concatenate([*(each.seeds for each in measured), *map(_extent, measured)])
        margin = max(0.08 * float(np.ptp(values)), (smallest - float(np.ptp(values))) / 2)
        set_limits(float(values.min()) - margin, float(values.max()) + margin)


def _bars(each: Configuration) -> list[Segment]:
    """The bars that are drawn through the mean of a configuration."""
    x, y = each.leakage.mean, each.quality.mean
    (left, right), (bottom, top) = _extent(each.leakage), _extent(each.quality)
    return [((left, y), (right, y)), ((x, bottom), (x, top))]


def _extent(measured: Measured) -> tuple[float, float]:
    """From where to where the bars of a mean reach: its interval and its standard deviation."""
    deviation = measured.sd or 0
    ends = [measured.low, measured.high, measured.mean - deviation, measured.mean + deviation]
    known = [end for end in ends if end is not None]
    return min(known), max(known)
