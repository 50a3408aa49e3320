"""Shared by all plots: size, colours, labels beside lines, and saving."""

import io
from pathlib import Path
from typing import TypeAlias
from zlib import crc32

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pargan.io.files import write_atomically

Dash: TypeAlias = str | tuple[float, tuple[float, ...]]
"""A line's dash pattern, in matplotlib's notation."""

WIDTH = 8.0  # inches; 1200 pixels
DPI = 150

MEMBER, NONMEMBER = "#D55E00", "#0072B2"
REAL, FAKE = "#8A8A8A", "#0072B2"

# Okabe and Ito's colours, distinguishable to colour-blind readers; brown instead of their yellow, too pale here.
_PALETTE = ("#0072B2", "#56B4E9", "#009E73", "#D55E00", "#CC79A7", "#E69F00", "#000000", "#7A5C00")
_ATTACKS = (
    "discriminator_mean",
    "discriminator_max",
    "discriminator_gap",
    "own_partition",
    "nearest_neighbour",
    "monte_carlo",
    "latent_search",
    "density_ratio",
)
_COLOURS = dict(zip(_ATTACKS, _PALETTE, strict=True))

# A variant, such as monte_carlo_log, has the colour of its attack and a dash pattern. Attacks that train networks
# and other attacks without variants reuse these colours in one pattern of their own.
_VARIANTS: dict[str, Dash] = {
    "pca": "--",
    "lbfgs": "--",
    "gaussian": "--",
    "features": ":",
    "raw": "-.",
    "mixed": (0, (7, 2)),
    "log": "--",
    "percentile": (0, (4, 1, 1, 1, 1, 1)),
    "reference": (0, (8, 2, 2, 2)),
}
_NO_VARIANTS = (
    "shadow",
    "rmia",
    "surrogate_discriminator",
    "calibrated",
    "gen_lra",
    "dpi",
    "dcr_difference",
    "local_neighbourhood",
)
_WITHOUT_VARIANTS = dict(zip(_NO_VARIANTS, _PALETTE, strict=True))


def attack_colour(name: str) -> str:
    """The colour of an attack, the same in every plot of every run."""
    base = _base_attack(name)
    return _COLOURS[base] if base else _WITHOUT_VARIANTS.get(name, _PALETTE[crc32(name.encode()) % len(_PALETTE)])


def attack_dash(name: str) -> Dash:
    """The dash pattern of an attack: solid for those with a colour of their own, dots for a user's attack."""
    base = _base_attack(name)
    if base == name:
        return "-"
    if name in _WITHOUT_VARIANTS:
        return (0, (5, 1.5))
    return _VARIANTS.get(name[len(base) + 1 :] if base else "", (0, (2, 2)))


def _base_attack(name: str) -> str | None:
    """`name` itself or the attack it is a variant of; None for an attack without a colour of its own."""
    return next((attack for attack in _ATTACKS if name == attack or name.startswith(f"{attack}_")), None)


def new_figure(height: float) -> Figure:
    """An empty figure 1200 pixels wide; `height` in inches of 150 pixels."""
    return Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")


def style_axes(axes: Axes) -> None:
    """Remove the upper and right side of the frame, and draw a faint grid behind the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)


def percent(share: float, _position: float | None = None) -> str:
    """Tick label of a share, for `Axis.set_major_formatter`."""
    return f"{100 * share:g} %"


def label_ends(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Write (y, text, colour) labels to the right of the axes at the ends of their lines, without overlap.

    Call it after the y limits are set.
    """
    low, high = axes.get_ylim()
    gap = 0.06  # the height of a label, as a share of the axes' height
    heights: list[float] = []
    ordered = sorted(ends)
    for y, _, _ in ordered:
        height = (y - low) / (high - low)
        heights.append(max(height, heights[-1] + gap) if heights else height)
    # Labels were only moved up, perhaps beyond the top of the axes: move the upper ones down again.
    ceiling = 1.0
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], ceiling)
        ceiling = heights[i] - gap
    for (_, text, colour), height in zip(ordered, heights, strict=True):
        axes.text(1.015, height, text, color=colour, fontsize=8, va="center", transform=axes.transAxes)


def save(figure: Figure, path: Path) -> Path:
    """Write `figure` as PNG atomically; returns `path`.

    Raises:
        ParganError: the file cannot be written.
    """
    plot = io.BytesIO()
    figure.savefig(plot, format="png")
    write_atomically(path, plot.getvalue())
    return path
