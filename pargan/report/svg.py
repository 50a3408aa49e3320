"""Matplotlib figures as inline SVG whose colours follow the page: light, dark or printed."""

import io
import re
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pargan.report.plot_style import percent

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: small, and readable by screen readers
    "svg.hashsalt": "pargan",  # the same file for the same numbers
    "font.family": "sans-serif",
    "font.size": 10,
}
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
WIDTH = 5.0  # inches: 360 units, the width of a phone, so that text is as large as drawn there


def report_axes(height: float, top: float = 0.12) -> Axes:
    """The axes of a new figure as wide as a phone, without the frame's upper and right side, and with a faint grid.

    Margins are fixed: matplotlib's automatic layout takes three times as long as the drawing.

    Args:
        height: of the axes with the labels of their x axis, in inches.
        top: margin above the axes, in inches.
    """
    figure = Figure(figsize=(WIDTH, height))
    left, bottom = 0.82, 0.5
    axes = figure.add_axes((left / WIDTH, bottom / height, 1 - (left + 0.3) / WIDTH, 1 - (bottom + top) / height))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    return axes


def legend_below(axes: Axes) -> None:
    """Add a legend below the axes: two columns, or one where a name is too long for that. The figure grows by it."""
    figure = axes.figure
    assert isinstance(figure, Figure)
    handles, labels = axes.get_legend_handles_labels()
    columns = 2 if max(map(len, labels)) <= 22 else 1
    width, height = figure.get_size_inches()
    added = 0.12 + 0.19 * -(-len(labels) // columns)
    box = axes.get_position()
    figure.set_size_inches(width, height + added)
    scale = height / (height + added)
    axes.set_position((box.x0, 1 - (1 - box.y0) * scale, box.width, box.height * scale))
    figure.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 0),
        ncols=columns,
        frameon=False,
        fontsize=9,
        borderpad=0.1,
        labelspacing=0.3,
    )


def percent_axis(axes: Axes, name: str) -> None:
    """Tick labels of the axis "x" or "y" in per cent."""
    getattr(axes, f"{name}axis").set_major_formatter(percent)


def inline_svg(axes: Axes, name: str, description: str) -> str:
    """The figure of these axes as an <svg> element.

    It scales with its container, refers to nothing outside, has ids that begin with `name`, which must differ between
    the figures of a page, and colours that are CSS variables: `#0072b2` becomes `var(--c0072b2, #0072b2)`.

    Args:
        axes: made by `report_axes`.
        name: letters and hyphens.
        description: read aloud in place of the figure.
    """
    figure = axes.figure
    assert isinstance(figure, Figure)
    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    root = ElementTree.fromstring(buffer.getvalue())
    for parent in root.iter():
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        for key, value in element.attrib.items():
            element.set(key, _local(key, value, name))
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.attrib |= {"role": "img", "aria-label": description}
    return ElementTree.tostring(root, encoding="unicode")


def _local(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == f"{{{XLINK}}}href":
        return value.replace("#", f"#{name}-", 1)
    value = re.sub(r"url\(#", f"url(#{name}-", value)
    return COLOUR.sub(lambda found: f"var(--c{found[0][1:].lower()}, {found[0].lower()})", value)
