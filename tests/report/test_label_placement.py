"""Where labels stand beside the points of a plot."""

import pytest
from matplotlib.figure import Figure

from pargan.report.label_placement import place_labels


def offsets(points, lines=()):
    """Offset of each label from its point, in points; the axes are 4 by 3 inches, from 0 to 1."""
    axes = Figure(figsize=(4, 3)).add_axes((0, 0, 1, 1))
    place_labels(axes, points, lines)
    return [text.get_position() for text in axes.texts]


def test_a_label_stands_to_the_right_where_nothing_is():
    ((x, y),) = offsets([(0.5, 0.5, "K=5")])
    assert x > 0
    assert -10 < y < 0  # centred


def test_a_label_leaves_the_bars_through_its_point_free():
    ((x, y),) = offsets([(0.5, 0.5, "K=5")], [((0.2, 0.5), (0.9, 0.5)), ((0.5, 0.3), (0.5, 0.7))])
    assert x > 2
    assert y > 2  # above the horizontal bar, right of the vertical one


@pytest.mark.parametrize(("x", "side"), [(0.99, -1), (0.01, 1)])
def test_a_label_stays_inside(x, side):
    ((offset, _),) = offsets([(x, 0.5, "wgan, K=10")])
    assert offset * side > 0


def test_labels_of_points_beside_each_other_do_not_overlap():
    (first, _), (second, _) = offsets([(0.5, 0.5, "a label"), (0.52, 0.5, "another")])
    assert first != second
    places = offsets([(0.5, 0.5, "a label"), (0.5, 0.505, "another")])
    assert abs(places[0][1] - places[1][1]) > 8 or abs(places[0][0] - places[1][0]) > 30
