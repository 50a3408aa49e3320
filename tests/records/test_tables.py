"""Typed columns: into model space and back."""

import csv
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pargan.errors import ParganError
from pargan.records.tables import Categorical, Integer, Numeric, TableSpec

TABLE = {
    "sex": np.array(["f", "m", "f", "x"]),
    "age": np.array([17, 90, 41, 41]),
    "dose": np.array([0.5, -2.25, 7.0, 0.125]),
    "ward": np.array(["10", "9", "10", "10"]),
}
TYPES = {"sex": Categorical, "age": Integer, "dose": Numeric, "ward": Categorical}


@pytest.fixture
def spec():
    return TableSpec.fit(TABLE, TYPES)


def test_the_layout_follows_the_users_columns(spec):
    expected = [
        # f  m  x   age               dose              10 9
        [1, 0, 0, -1, 2 * 2.75 / 9.25 - 1, 1, 0],
        [0, 1, 0, 1, -1, 0, 1],
        [1, 0, 0, 2 * 24 / 73 - 1, 1, 1, 0],
        [0, 0, 1, 2 * 24 / 73 - 1, 2 * 2.375 / 9.25 - 1, 1, 0],
    ]
    encoded = spec.encode(TABLE)
    assert spec.shape == (7,)
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(encoded, expected, atol=1e-6)
    assert [(column.name, column.type) for column in spec.columns] == [
        ("sex", "categorical"),
        ("age", "integer"),
        ("dose", "numeric"),
        ("ward", "categorical"),
    ]


def test_decode_gives_back_the_users_table(spec):
    decoded = spec.decode(spec.encode(TABLE))
    assert list(decoded) == list(TABLE)
    for name in ("sex", "age", "ward"):
        np.testing.assert_array_equal(decoded[name], TABLE[name])
    assert decoded["age"].dtype == np.int64
    np.testing.assert_allclose(decoded["dose"], TABLE["dose"], atol=1e-6)


@given(
    values=hnp.arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 2**24 - 1)),
    offset=st.integers(-(10**12), 10**12),
)
def test_integers_are_exact_up_to_a_span_of_24_bits(values, offset):
    spec = TableSpec.fit({"a": values + offset}, {"a": Integer})
    np.testing.assert_array_equal(spec.decode(spec.encode({"a": values + offset}))["a"], values + offset)


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=5), min_size=1))
def test_categories_are_exact(values):
    table = {"a": np.array(values, dtype=np.str_)}
    spec = TableSpec.fit(table, {"a": Categorical})
    assert spec.decode(spec.encode(table))["a"].tolist() == values


@given(
    hnp.arrays(
        np.float64,
        st.integers(2, 30),
        elements=st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3)),
    )
)
def test_numbers_come_back_to_single_precision(values):
    spec = TableSpec.fit({"a": values}, {"a": Numeric})
    decoded = spec.decode(spec.encode({"a": values}))["a"]
    np.testing.assert_allclose(decoded, values, atol=1e-7 * np.ptp(values) + 1e-9)


def test_snap_is_idempotent_and_gives_whole_rows(spec):
    soft = np.random.default_rng(0).uniform(-1, 1, (50, 7)).astype(np.float32)
    snapped = spec.snap(soft)
    assert set(snapped[:, :3].ravel().tolist()) == {0.0, 1.0}
    np.testing.assert_array_equal(snapped[:, :3].sum(axis=1), 1)
    np.testing.assert_array_equal(snapped[:, :3].argmax(axis=1), soft[:, :3].argmax(axis=1))
    np.testing.assert_array_equal(spec.snap(snapped), snapped)


def test_outside_the_range_is_cut(spec):
    rows = np.full((2, 7), 9.0, dtype=np.float32) * np.array([[1], [-1]])
    decoded = spec.decode(rows)
    assert decoded["age"].tolist() == [90, 17]
    assert decoded["dose"].tolist() == [7.0, -2.25]


def test_a_constant_column_stays_constant():
    table = {"a": np.array([5, 5]), "b": np.array([0.3, 0.3]), "c": np.array(["x", "x"])}
    spec = TableSpec.fit(table, {"a": Integer, "b": Numeric, "c": Categorical})
    decoded = spec.decode(np.array([[1.0, 0.9, -3.0]], dtype=np.float32))
    assert decoded["a"].tolist() == [5]
    assert decoded["b"].tolist() == [0.3]
    assert decoded["c"].tolist() == ["x"]


def test_the_head_is_tanh_for_numbers_and_gumbel_softmax_for_each_category(spec):
    rows = torch.randn(3, 5, 7, requires_grad=True)
    out = spec.head()(rows)
    torch.testing.assert_close(out[..., 3:5], rows[..., 3:5].tanh())
    for block in (out[..., :3], out[..., 5:]):
        torch.testing.assert_close(block.sum(-1), torch.ones(3, 5))
        assert (block >= 0).all()
    out.square().sum().backward()
    assert rows.grad.abs().sum(dim=(0, 1)).gt(0).all()


def test_generated_categories_are_drawn_with_the_softmax_of_their_activations(spec):
    shares = torch.tensor([0.6, 0.3, 0.1])
    rows = torch.zeros(20000, 7)
    rows[:, :3] = shares.log()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        drawn = spec.head()(rows)[:, :3].argmax(-1).bincount(minlength=3) / len(rows)
    torch.testing.assert_close(drawn, shares, atol=4 * (0.25 / len(rows)) ** 0.5, rtol=0)


def test_the_spec_can_be_pickled(spec):
    copy = pickle.loads(pickle.dumps(spec))
    np.testing.assert_array_equal(copy.encode(TABLE), spec.encode(TABLE))


def test_write_uses_the_users_header_and_values(spec, tmp_path):
    path = spec.write(spec.encode(TABLE), tmp_path / "generated")
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert path.name == "generated.csv"
    assert rows[0] == ["sex", "age", "dose", "ward"]
    assert [row[1] for row in rows[1:]] == ["17", "90", "41", "41"]
    assert [float(row[2]) for row in rows[1:]] == pytest.approx(TABLE["dose"], abs=1e-6)
    assert [row[3] for row in rows[1:]] == ["10", "9", "10", "10"]


def test_write_leaves_the_header_out_where_there_was_none(tmp_path):
    spec = TableSpec.fit(TABLE, TYPES, has_header=False, delimiter=";")
    lines = spec.write(spec.encode(TABLE), tmp_path / "generated").read_text().splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("f;17;0.")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sex": np.array(["?"])}, r'column "sex" \(categorical\) holds a value unlike'),
        ({"age": None}, r'column "age" is missing'),
    ],
)
def test_encoding_a_foreign_table(spec, change, sentence):
    table = {name: values[:1] for name, values in TABLE.items()} | change
    table = {name: values for name, values in table.items() if values is not None}
    with pytest.raises(ParganError, match=sentence):
        spec.encode(table)
