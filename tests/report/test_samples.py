from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from pargan.records.columns import Categorical, Integer, Numeric
from pargan.records.images import ImageSpec
from pargan.records.points import PointsSpec
from pargan.records.tables import TableSpec
from pargan.report import draw_samples
from pargan.report.samples import montage

RNG = np.random.default_rng(0)


def size(path) -> tuple[int, int]:
    with Image.open(path) as plot:
        assert plot.format == "PNG"
        return plot.size


@pytest.mark.parametrize("dimensions", [1, 2, 5])
def test_draw_samples_of_points_counts_those_outside_the_axes(tmp_path, monkeypatch, dimensions):
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda self, file, **_: figures.append(self))
    real, generated = RNG.normal(size=(2, 50, dimensions)).astype(np.float32) / 100
    generated[:3] = 1000
    draw_samples(PointsSpec(dimensions), generated, real, tmp_path / "points.png")
    left, right = figures[0].axes
    assert left.get_title(loc="left") == "50 real points"
    assert right.get_title(loc="left").startswith("50 generated points")
    outside = int(right.get_title(loc="left").split(", ")[1].split()[0])
    assert 3 <= outside < 10
    assert [axes.get_xlabel() for axes in (left, right)] == ["coordinate 1"] * 2
    assert left.get_ylabel() == ("coordinate 2" if dimensions > 1 else "")
    said = "" if dimensions <= 2 else "Two of 5 dimensions shown: the first two"
    assert figures[0].get_suptitle() == said


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (1, 10, 20)])
def test_draw_samples_of_any_number_of_images(tmp_path, shape):
    for count in (3, 200):
        images = RNG.uniform(-1, 1, size=(count, *shape)).astype(np.float32)
        path = draw_samples(ImageSpec(*shape), images, images, tmp_path / "samples" / f"{count}.png")
        assert size(path)[0] == 1200


@given(st.integers(1, 9), st.sampled_from([1, 3]), st.integers(1, 4), st.integers(1, 4))
def test_montage_has_every_image_in_its_place(count, channels, rows, columns):
    images = np.random.default_rng(count).uniform(-1, 1, size=(count, channels, 3, 2))
    sheet = montage(images, rows, columns)
    assert sheet.shape[:2] == (rows * 4 - 1, columns * 3 - 1)
    sheet = sheet.reshape(*sheet.shape[:2], channels)
    for i in range(rows * columns):
        top, left = 4 * (i // columns), 3 * (i % columns)
        expected = (images[i].transpose(1, 2, 0) + 1) / 2 if i < count else np.ones((3, 2, channels))
        np.testing.assert_allclose(sheet[top : top + 3, left : left + 2], expected)


@pytest.mark.parametrize("repeats", [1, 12])
def test_draw_samples_of_tables_with_few_and_many_columns_of_all_types(tmp_path, repeats):
    types = {"age": Numeric, "visits": Integer, "town": Categorical}
    columns = {
        "age": RNG.normal(50, 9, 100),
        "visits": RNG.poisson(2, 100),
        "town": np.array([f"a town with a very long name, number {i % 30}" for i in range(100)]),
    }
    table = {f"{name}_{i}": values for i in range(repeats) for name, values in columns.items()}
    spec = TableSpec.fit(table, {name: types[name.split("_")[0]] for name in table})
    rows = spec.encode(table)
    path = draw_samples(spec, rows[:4], rows, tmp_path / "table.png")
    width, height = size(path)
    assert width == 1200
    assert height < 2400


def test_draw_samples_of_a_table_with_a_constant_column(tmp_path):
    table = {"always": np.full(10, 3.7), "flag": np.array(["x", "y"] * 5)}
    spec = TableSpec.fit(table, {"always": Numeric, "flag": Categorical})
    rows = spec.encode(table)
    assert size(draw_samples(spec, rows, rows, tmp_path / "table.png"))[0] == 1200


def test_draw_samples_names_an_unknown_kind_of_record(tmp_path):
    with pytest.raises(NotImplementedError, match="SimpleNamespace"):
        draw_samples(SimpleNamespace(), np.zeros((1, 2)), np.zeros((1, 2)), tmp_path / "x.png")


def test_draw_samples_bins_integers_evenly(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda self, file, **_: figures.append(self))
    table = {"band": np.arange(1, 41).repeat(5), "flag": np.array(["x", "y"] * 100)}
    spec = TableSpec.fit(table, {"band": Integer, "flag": Categorical})
    rows = spec.encode(table)
    draw_samples(spec, rows, rows, tmp_path / "table.png")
    band = next(axes for axes in figures[0].axes if axes.get_title(loc="left") == "band")
    shares = band.patches[0].get_data().values
    assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(shares[shares > 0], 1 / 20)


def marginal(figure, name):
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == name)


def drawn_table(tmp_path, monkeypatch, table, types):
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda self, file, **_: figures.append(self))
    spec = TableSpec.fit(table, types)
    rows = spec.encode(table)
    draw_samples(spec, rows, rows, tmp_path / "table.png")
    figures[0].draw_without_rendering()
    return figures[0]


def test_draw_samples_puts_ticks_of_whole_numbers_at_whole_numbers(tmp_path, monkeypatch):
    table = {"children": np.arange(300) % 3, "age": np.arange(300) % 70, "height": np.linspace(1.5, 2.1, 300)}
    figure = drawn_table(tmp_path, monkeypatch, table, {"children": Integer, "age": Integer, "height": Numeric})
    ticks = {name: marginal(figure, name).get_xticks() for name in table}
    assert set(ticks["children"]) >= {0, 2}
    assert not any((ticks[name] % 1).any() for name in ("children", "age"))
    assert (ticks["height"] % 1).any()


def test_draw_samples_orders_categories_by_value_and_not_by_frequency(tmp_path, monkeypatch):
    counts = {"10": 40, "9": 5, "2": 30, "one": 20, "0.5": 5}
    table = {"orders": np.repeat(list(counts), list(counts.values())), "x": np.arange(100)}
    axes = marginal(drawn_table(tmp_path, monkeypatch, table, {"orders": Categorical, "x": Integer}), "orders")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.5", "2", "9", "10", "one"]
    assert axes.yaxis_inverted()  # the first value on top
    np.testing.assert_allclose([bar.get_width() for bar in axes.patches[:5]], [0.05, 0.3, 0.05, 0.4, 0.2])


def test_draw_samples_labels_of_categories_do_not_overlap_and_stay_distinct(tmp_path, monkeypatch):
    names = [f"a town with a long name, number {i:02d}" for i in range(8)]
    table = {"town": np.repeat(names, 5), "zip": np.repeat([f"{i:05d}" for i in range(1067, 1075)], 5)}
    figure = drawn_table(tmp_path, monkeypatch, table, {"town": Categorical, "zip": Categorical})
    for name in table:
        labels = marginal(figure, name).get_yticklabels()
        assert len({label.get_text() for label in labels}) == 8
        boxes = sorted((box.y0, box.y1) for box in (label.get_window_extent() for label in labels))
        assert all(low[1] <= high[0] for low, high in pairwise(boxes))
    assert marginal(figure, "zip").get_yticklabels()[0].get_text() == "01067"


def test_draw_samples_keeps_cells_titles_and_ticks_apart(tmp_path, monkeypatch):
    rows = np.array(["Married-spouse-absent", "Married-civ-spouse", *(f"job {i:02d}" for i in range(14))] * 5)
    table = {"occupation": rows, "weight": np.linspace(14878, 981628, 80).round(), "gain": np.arange(80) * 1000.0}
    figure = drawn_table(tmp_path, monkeypatch, table, {"occupation": Categorical, "weight": Integer, "gain": Integer})
    (cells,) = [table for axes in figure.axes for table in axes.tables]
    for (_, column), cell in cells.get_celld().items():
        if column >= 0:
            assert cell.get_text().get_window_extent().x0 >= cell.get_window_extent().x0
    axes = marginal(figure, "occupation")
    assert (axes.get_xlabel(), axes.get_title(loc="right")) == ("8 of 16 values", "")
    for name in ("weight", "gain"):
        boxes = [label.get_window_extent() for label in marginal(figure, name).get_xticklabels()]
        assert len(boxes) > 1
        assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_draw_samples_writes_numbers_of_rows_without_exponents(tmp_path, monkeypatch):
    table = {"income": np.linspace(31427.53, 90000, 10), "rate": np.linspace(0.00012, 1, 10)}
    figure = drawn_table(tmp_path, monkeypatch, table, {"income": Numeric, "rate": Numeric})
    (cells,) = [table for axes in figure.axes for table in axes.tables]
    texts = {cell.get_text().get_text() for cell in cells.get_celld().values()}
    assert {"31427.5", "0.00012"} <= texts
    assert not [text for text in texts if "e+" in text or "e-" in text]


@pytest.mark.parametrize("kind", ["points", "images", "tables"])
def test_draw_samples_without_real_records_depends_on_generated_ones_alone(tmp_path, monkeypatch, kind):
    table = {"age": RNG.normal(50, 9, 60), "town": np.array(["x", "y", "z"] * 20)}
    formats = {
        "points": (PointsSpec(2), RNG.normal(size=(60, 2)).astype(np.float32)),
        "images": (ImageSpec(1, 8, 8), RNG.uniform(-1, 1, size=(60, 1, 8, 8)).astype(np.float32)),
        "tables": (spec := TableSpec.fit(table, {"age": Numeric, "town": Categorical}), spec.encode(table)),
    }
    spec, generated = formats[kind]
    alone = draw_samples(spec, generated, None, tmp_path / "alone.png")
    beside = draw_samples(spec, generated, generated[:30], tmp_path / "beside.png")
    assert alone.read_bytes() != beside.read_bytes()
    with Image.open(alone) as plot, Image.open(beside) as other:
        assert plot.size[0] == other.size[0] == 1200
