"""Labels beside the points of a plot, where they cover little of what is drawn."""

from collections.abc import Sequence

from matplotlib.axes import Axes

Segment = tuple[tuple[float, float], tuple[float, float]]
"""A line that is drawn from one place (x, y) to another, in the units of the data."""

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""

PER_INCH = 72.0
LETTER, LINE = 5.2, 9.0  # width and height of a letter, in points
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))  # right, up; the first of equal ones


def place_labels(axes: Axes, points: Sequence[tuple[float, float, str]], lines: Sequence[Segment]) -> None:
    """Write each label beside its point, on the side where it covers the least of labels, points and lines.

    Args:
        axes: with their limits, in a figure of its final size.
        points: x, y and label of each, in the units of the data.
        lines: what else is drawn, along one of the axes.
    """
    figure = axes.figure
    box = axes.get_position()
    width, height = figure.get_size_inches()  # type: ignore[union-attr]
    inside = (box.width * width * PER_INCH, box.height * height * PER_INCH)
    limits = (axes.get_xlim(), axes.get_ylim())

    def place(x: float, y: float) -> tuple[float, float]:
        shares = ((value - low) / (high - low) for value, (low, high) in zip((x, y), limits, strict=True))
        across, along = (share * size for share, size in zip(shares, inside, strict=True))
        return across, along

    marks = [place(x, y) for x, y, _ in points]
    drawn = [_around(place(*start), place(*end), 2) for start, end in lines]
    placed: list[Box] = []
    for (x, y), (at_x, at_y, text) in zip(marks, points, strict=True):
        candidates: list[tuple[float, int, Box]] = []
        for area in _beside(x, y, LETTER * len(text), LINE):
            cost = sum(_shared(area, other) for other in [*placed, *drawn])
            cost += sum(_shared(area, _around(mark, mark, 4)) for mark in marks if mark != (x, y))
            beyond = (-area[0], area[2] - inside[0], -area[1], area[3] - inside[1])
            cost += 10 * sum(max(0, distance) for distance in beyond)
            candidates.append((cost, len(candidates), area))
        area = min(candidates)[2]
        placed.append(area)
        axes.annotate(
            text,
            (at_x, at_y),
            xytext=(area[0] - x, area[1] - y),
            textcoords="offset points",
            fontsize=8,
            color="#000000",
        )


def _beside(x: float, y: float, width: float, height: float) -> list[Box]:
    """Where a label of this size can stand."""
    boxes = []
    for right, up in SIDES:
        left = x + (6 if right > 0 else -6 - width if right < 0 else -width / 2)
        bottom = y + (5 if up > 0 else -5 - height if up < 0 else -height / 2)
        boxes.append((left, bottom, left + width, bottom + height))
    return boxes


def _around(start: tuple[float, float], end: tuple[float, float], margin: float) -> Box:
    (left, right), (bottom, top) = (sorted(pair) for pair in zip(start, end, strict=True))
    return left - margin, bottom - margin, right + margin, top + margin


def _shared(first: Box, second: Box) -> float:
    """The area that two boxes share."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return max(0.0, width) * max(0.0, height)
