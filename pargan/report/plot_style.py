"""What all plots share: size, colours, labels beside lines, and how they reach the disk."""

import io
from pathlib import Path
from typing import TypeAlias
from zlib import crc32

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pargan.io.files import write_atomically

Dash: TypeAlias = str | tuple[float, tuple[float, ...]]
"""A line's pattern, as matplotlib takes it."""

WIDTH = 8.0  # inches; 1200 pixels
DPI = 150

MEMBER, NONMEMBER = "#D55E00", "#0072B2"
REAL, FAKE = "#8A8A8A", "#0072B2"

# Okabe and Ito's colours, which colour-blind readers can tell apart; their yellow, too pale here, is a brown.
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


# Variants have their attack's colour and a pattern of their own; the rest share colours in a pattern nobody else has.
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
_OTHERS = dict(
    zip(
        ("shadow", "rmia", "surrogate_discriminator", "calibrated"),
        ("#0072B2", "#56B4E9", "#009E73", "#D55E00"),
        strict=True,
    )
)


def attack_colour(name: str) -> str:
    """The colour of an attack, the same in every plot and every run."""
    family = _family(name)
    return _COLOURS[family] if family else _OTHERS.get(name, _PALETTE[crc32(name.encode()) % len(_PALETTE)])


def attack_dash(name: str) -> Dash:
    """Solid for the attacks with a colour of their own, else a pattern; a user's attack has dots of its own."""
    family = _family(name)
    if family == name:
        return "-"
    if name in _OTHERS:
        return (0, (5, 1.5))
    return _VARIANTS.get(name[len(family) + 1 :] if family else "", (0, (2, 2)))


def _family(name: str) -> str | None:
    """The attack of which `name` is a variant, or itself."""
    return next((attack for attack in _ATTACKS if name == attack or name.startswith(f"{attack}_")), None)


def new_figure(height: float) -> Figure:
    """An empty plot 1200 pixels wide; `height` in inches of 150 pixels."""
    return Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")


def tidy(axes: Axes) -> None:
    """Drop the frame's upper and right side, draw a faint grid behind the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)


def label_ends(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Write (y, text, colour) labels right of the axes, at their lines' ends, moved apart where they overlap.

    To be called when the y limits stand.
    """
    low, high = axes.get_ylim()
    gap = 0.06  # a line of small type, as a share of the axes' height
    heights: list[float] = []
    ordered = sorted(ends)
    for y, _, _ in ordered:
        wanted = (y - low) / (high - low)
        heights.append(max(wanted, heights[-1] + gap) if heights else wanted)
    # Pushed up only, a crowd of labels would leave the axes at the top: move the upper ones down again.
    ceiling = 1.0
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], ceiling)
        ceiling = heights[i] - gap
    for (_, text, colour), height in zip(ordered, heights, strict=True):
        axes.text(1.015, height, text, color=colour, fontsize=8, va="center", transform=axes.transAxes)


def save(figure: Figure, path: Path) -> Path:
    """Write `figure` as PNG, whole or not at all; returns `path`.

    Raises:
        ParganError: the file cannot be written.
    """
    plot = io.BytesIO()
    figure.savefig(plot, format="png")
    write_atomically(path, plot.getvalue())
    return path
