"""The plots of report.html, drawn from the numbers in result.json and metrics.csv."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pargan.report.history import Curve
from pargan.report.plot_style import MEMBER, NONMEMBER, attack_colour, attack_dash
from pargan.report.svg import inline_svg, legend_below, percent_axis, report_axes

MOST_CURVES = 6
"""ROC curves in one panel, the strongest attacks."""


def roc_panel(curves: Sequence[Mapping[str, Any]], access: str) -> str:
    """ROC curves of the attacks of one access level on logarithmic axes, with their 95 % intervals as bands.

    Args:
        curves: entries of `curves` in result.json, the strongest attack first; the first `MOST_CURVES` are drawn.
        access: the access level, for names.
    """
    axes = report_axes(4.3)
    drawn = curves[:MOST_CURVES]
    lowest = min(0.5, *(_lowest_rate(curve["roc"]) for curve in drawn))  # 1 where there is one nonmember
    for curve in drawn:
        colour, points = attack_colour(curve["attack"]), curve["roc"]
        if points["rates"]:
            low = np.maximum(points["tpr_low"], lowest / 10)
            axes.fill_between(points["rates"], low, points["tpr_high"], color=colour, alpha=0.14, linewidth=0)
        axes.step(
            np.append(lowest / 10, points["fpr"][1:]) if points["fpr"][0] == 0 else points["fpr"],
            points["tpr"],
            where="post",
            color=colour,
            linestyle=attack_dash(curve["attack"]),
            linewidth=1.6,
            label=curve["attack"],
        )
    axes.plot([lowest, 1], [lowest, 1], color="#555555", linewidth=1, linestyle=":", label="guessing")
    axes.set(xscale="log", yscale="log", xlim=(lowest, 1), ylim=(lowest, 1))
    percent_axis(axes, "x")
    percent_axis(axes, "y")
    axes.set_xlabel("False positive rate: nonmembers accused")
    axes.set_ylabel("True positive rate: members found")
    legend_below(axes)
    names = ", ".join(curve["attack"] for curve in drawn)
    return inline_svg(axes, f"roc-{access}", f"ROC curves on logarithmic axes: {names}")


def score_panel(curve: Mapping[str, Any], place: int) -> str:
    """Histograms of the scores of members and of nonmembers.

    Args:
        curve: an entry of `curves` in result.json.
        place: a number that no other panel of the page has.
    """
    axes = report_axes(2.4, top=0.3)
    bars = curve["histogram"]
    for share, colour, label in (
        (bars["nonmember_share"], NONMEMBER, "nonmembers"),
        (bars["member_share"], MEMBER, "members"),
    ):
        axes.stairs(share, bars["edges"], color=colour, fill=True, alpha=0.25)
        axes.stairs(share, bars["edges"], color=colour, linewidth=1.4, label=label)
    axes.set_title(curve["attack"], loc="left", fontsize=10)
    axes.set_xlabel("Score (higher = more likely a member)")
    axes.set_ylabel("Share of records")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    percent_axis(axes, "y")
    axes.set_ylim(0, 1.25 * max(*bars["nonmember_share"], *bars["member_share"]))  # the legend stands above the bars
    axes.legend(frameon=False, fontsize=9, loc="upper right", ncols=2)
    return inline_svg(axes, f"scores-{place}", f"Scores of members and nonmembers under {curve['attack']}")


def leakage_panel(history: Mapping[str, Curve]) -> str | None:
    """AUC of each attack over the epochs with its 95 % interval; None where no attack ran during training."""
    names = [name.split("/")[1] for name in history if name.startswith("attack/") and name.endswith("/auc")]
    if not names:
        return None
    axes = report_axes(3.3)
    for name in names:
        auc, low, high = (history.get(f"attack/{name}/{part}") for part in ("auc", "auc_low", "auc_high"))
        assert auc is not None
        colour = attack_colour(name)
        axes.plot(auc.epochs, auc.values, color=colour, linestyle=attack_dash(name), linewidth=1.6, label=name)
        if low is not None and high is not None and len(low.epochs) > 1:
            axes.fill_between(low.epochs, low.values, high.values, color=colour, alpha=0.12, linewidth=0)
    axes.axhline(0.5, color="#555555", linewidth=1, linestyle=":", label="guessing")
    axes.set_ylabel("AUC (higher = leaks more)")
    _label_epochs(axes)
    legend_below(axes)
    return inline_svg(axes, "leakage", "AUC of the attacks over the epochs")


def quality_panel(history: Mapping[str, Curve], name: str) -> str | None:
    """The main quality metric over the epochs; None where it was not measured during training."""
    curve = history.get("quality/distance")
    if curve is None:
        return None
    axes = report_axes(3.3, top=0.3)
    axes.plot(curve.epochs, curve.values, color="#009e73", linewidth=1.6)
    axes.set_title(f"{name} (lower = better)", loc="left", fontsize=10)
    if curve.values.min() > 0 and curve.values.max() > 20 * curve.values.min():
        axes.set_yscale("log")
    _label_epochs(axes)
    return inline_svg(axes, "quality", f"{name} over the epochs")


def _lowest_rate(points: Mapping[str, Any]) -> float:
    """The lowest FPR above 0 in a curve."""
    return min((rate for rate in points["fpr"] if rate > 0), default=1e-3)


def _label_epochs(axes: Axes) -> None:
    axes.set_xlabel("Epoch")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
