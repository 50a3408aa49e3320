"""Plots of a run's metrics over its epochs, and of the scores of finished attacks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pargan.audits.curves import bin_edges, histogram
from pargan.audits.scoring import AttackResult
from pargan.io.run_directory import RunDirectory
from pargan.judge.roc import roc
from pargan.report.history import Curve, read_history
from pargan.report.plot_style import (
    MEMBER,
    NONMEMBER,
    attack_colour,
    attack_dash,
    label_ends,
    new_figure,
    percent,
    save,
    style_axes,
)

GAP_LABEL = "Generalization gap:\nmembers - nonmembers\n(SDs of the logit)"

SCORE_TICKS = 4
"""Intervals between ticks of scores, at most: the labels of small shares, such as 0.00025, are long."""


def loss_curves(directory: RunDirectory) -> Path | None:
    """plots/loss.png: generator and discriminator losses, and the generalization gap where it was measured.

    Thin lines are single discriminators, the thick line is their mean. Returns None where nothing was logged.
    """
    history = read_history(directory.metrics)
    panels = [
        ("Generator loss", history.get("loss/generator"), []),
        ("Discriminator loss", history.get("loss/discriminator"), _numbered(history, "loss/discriminator_")),
        (GAP_LABEL, history.get("gap/mean"), _numbered(history, "gap/partition_")),
    ]
    panels = [panel for panel in panels if panel[1] is not None or panel[2]]
    if not panels:
        return None
    figure = new_figure(0.5 + 1.9 * len(panels))
    all_axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (title, mean, single) in zip(all_axes, panels, strict=True):
        style_axes(axes)
        for k, curve in enumerate(single):
            label = f"single discriminators ({len(single)})" if k == 0 else None
            axes.plot(curve.epochs, curve.values, color="#56B4E9", linewidth=0.8, alpha=0.7, label=label)
        if mean is not None:
            axes.plot(mean.epochs, mean.values, color="#003A5C", linewidth=1.6, label="mean" if single else None)
        if single:
            axes.legend(fontsize=8, frameon=False, ncols=2, loc="best")
        axes.set_ylabel(title, fontsize=9)
    if "gap/mean" in history:
        all_axes[-1].axhline(0, color="#555555", linewidth=0.8, linestyle=":")
    all_axes[0].set_title("Training curves", fontsize=10, loc="left")
    _label_epochs(all_axes[-1])
    return save(figure, directory.plots / "loss.png")


def auc_curves(directory: RunDirectory) -> Path | None:
    """plots/auc.png: AUC of each attack over the epochs with its 95 % interval; None without attacks."""
    history = read_history(directory.metrics)
    names = [name.split("/")[1] for name in history if name.startswith("attack/") and name.endswith("/auc")]
    if not names:
        return None
    figure = new_figure(4.6)
    axes = figure.subplots()
    style_axes(axes)
    ends = []
    for name in names:
        auc, low, high = (history.get(f"attack/{name}/{part}") for part in ("auc", "auc_low", "auc_high"))
        assert auc is not None
        colour = attack_colour(name)
        axes.plot(
            auc.epochs, auc.values, linestyle=attack_dash(name), color=colour, linewidth=1.6, marker="o", markersize=2.5
        )
        if low is not None and high is not None:
            _band(axes, low, high, colour)
        ends.append((float(auc.values[-1]), f"{name} {auc.values[-1]:.3f}", colour))
    axes.axhline(0.5, color="#555555", linewidth=1, linestyle=":")
    low_limit, high_limit = axes.get_ylim()
    axes.set_ylim(min(low_limit, 0.45), max(high_limit, 0.6))
    label_ends(axes, ends)
    axes.set_ylabel("AUC (0.5 = guessing, 1 = perfect)", fontsize=9)
    axes.set_title("AUC of membership inference attacks during training, with 95 % intervals", fontsize=10, loc="left")
    _label_epochs(axes)
    return save(figure, directory.plots / "auc.png")


def roc_curves(results: Sequence[AttackResult], path: Path) -> Path:
    """Write `roc_figure` to `path`."""
    return save(roc_figure(results), path)


def roc_figure(results: Sequence[AttackResult]) -> Figure:
    """ROC curves of all attacks, on linear axes and, for low false positive rates, on logarithmic axes.

    On linear axes corners are joined by straight lines, so that the area below is the AUC, which counts ties half. On
    logarithmic axes the curve is a staircase, the largest TPR whose FPR is at most the one below: a line from a corner
    to (1, 1) would be drawn at 100 % almost everywhere.
    """
    figure = new_figure(5.0)
    linear, logarithmic = figure.subplots(1, 2)
    ordered = sorted(results, key=lambda result: -result.metrics.auc)
    smallest = min(1 / len(result.nonmember_scores) for result in results)
    for result in ordered:
        members, nonmembers = np.asarray(result.member_scores), np.asarray(result.nonmember_scores)
        _, tpr, fpr = roc(members, nonmembers)
        label = f"{result.name} {_auc_with_interval(result)}"
        for axes, drawstyle in ((linear, "default"), (logarithmic, "steps-post")):
            axes.plot(
                fpr,
                tpr,
                drawstyle=drawstyle,
                linestyle=attack_dash(result.name),
                color=attack_colour(result.name),
                linewidth=1.4,
                label=label,
            )
    diagonal = np.geomspace(smallest / 10, 1, 50)
    for axes in (linear, logarithmic):
        style_axes(axes)
        axes.plot(diagonal, diagonal, color="#555555", linewidth=1, linestyle=":", label="guessing")
        axes.set_xlabel("False positive rate: nonmembers taken for members", fontsize=9)
        axes.set_ylabel("True positive rate: members found", fontsize=9)
    linear.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    logarithmic.set(xscale="log", yscale="log", xlim=(smallest, 1), ylim=(smallest, 1), aspect="equal")
    for axis in (linear.xaxis, linear.yaxis, logarithmic.xaxis, logarithmic.yaxis):
        axis.set_major_formatter(percent)
    linear.set_title("ROC curves of the attacks", fontsize=10, loc="left")
    logarithmic.set_title("The same on logarithmic axes", fontsize=10, loc="left")
    handles, labels = linear.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=2,
        fontsize=8,
        frameon=False,
        title="Attack, its AUC and 95 % interval",
        handlelength=4,  # long enough for the longest dash pattern
        title_fontsize=8,
    )
    return figure


def score_histograms(results: Sequence[AttackResult], path: Path) -> Path:
    """Scores of members against nonmembers, one panel per attack.

    The end bins include all scores beyond the central 99 %, so that an outlier does not compress the others.
    """
    columns = min(3, len(results))
    rows = -(-len(results) // columns)
    figure = new_figure(0.6 + 2.2 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(results) :]:
        axes.set_axis_off()
    for axes, result in zip(panels, results, strict=False):
        _member_histogram(axes, result)
    for axes in panels[::columns]:
        axes.set_ylabel("Share of records", fontsize=8)
    for axes in panels[: len(results)][-columns:]:
        axes.set_xlabel("Score (higher = more likely a member)", fontsize=8)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2, fontsize=8, frameon=False)
    return save(figure, path)


def _numbered(history: dict[str, Curve], prefix: str) -> list[Curve]:
    """The curves `prefix` + 0, 1, ... in this order; none where there is only one, which equals its mean."""
    names = [name for name in history if name.removeprefix(prefix).isdigit()]
    if len(names) == 1:
        return []
    return [history[name] for name in sorted(names, key=lambda name: int(name.removeprefix(prefix)))]


def _auc_with_interval(result: AttackResult) -> str:
    metrics = result.metrics
    return f"{metrics.auc:.3f} [{metrics.auc_low:.3f}, {metrics.auc_high:.3f}]"


def _member_histogram(axes: Axes, result: AttackResult) -> None:
    style_axes(axes)
    edges = bin_edges(np.concatenate([result.member_scores, result.nonmember_scores]))
    groups = (
        (result.nonmember_scores, NONMEMBER, "nonmembers"),
        (result.member_scores, MEMBER, "members"),
    )
    for scores, colour, label in groups:
        share = histogram(scores, edges)
        axes.stairs(share, edges, color=colour, fill=True, alpha=0.25)
        axes.stairs(share, edges, color=colour, linewidth=1.2, label=label)
    axes.set_title(f"{result.name}\nAUC {_auc_with_interval(result)}", fontsize=8.5, loc="left")
    axes.yaxis.set_major_formatter(percent)
    axes.xaxis.set_major_locator(MaxNLocator(SCORE_TICKS))


def _band(axes: Axes, low: Curve, high: Curve, colour: str) -> None:
    if len(low.epochs) == 1:  # a band over a single epoch would be invisible
        axes.vlines(low.epochs, low.values, high.values, color=colour, linewidth=1.2)
    else:
        axes.fill_between(low.epochs, low.values, high.values, color=colour, alpha=0.12, linewidth=0)


def _label_epochs(axes: Axes) -> None:
    axes.set_xlabel("Epoch", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
