import csv
import pickle

import numpy as np
import pytest
import torch

from pargan.errors import ParganError
from pargan.records.columns import Categorical, Integer, Numeric
from pargan.records.tables import TableSpec

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


def test_encode_keeps_the_order_of_the_users_columns(spec):
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


def test_decode_inverts_encode(spec):
    decoded = spec.decode(spec.encode(TABLE))
    assert list(decoded) == list(TABLE)
    for name in ("sex", "age", "ward"):
        np.testing.assert_array_equal(decoded[name], TABLE[name])
    assert decoded["age"].dtype == np.int64
    np.testing.assert_allclose(decoded["dose"], TABLE["dose"], atol=1e-6)


def test_snap_is_idempotent_and_gives_exact_indicators(spec):
    soft = np.random.default_rng(0).uniform(-1, 1, (50, 7)).astype(np.float32)
    snapped = spec.snap(soft)
    assert set(snapped[:, :3].ravel().tolist()) == {0.0, 1.0}
    np.testing.assert_array_equal(snapped[:, :3].sum(axis=1), 1)
    np.testing.assert_array_equal(snapped[:, :3].argmax(axis=1), soft[:, :3].argmax(axis=1))
    np.testing.assert_array_equal(spec.snap(snapped), snapped)


def test_decode_clips_to_the_fitted_range(spec):
    rows = np.full((2, 7), 9.0, dtype=np.float32) * np.array([[1], [-1]])
    decoded = spec.decode(rows)
    assert decoded["age"].tolist() == [90, 17]
    assert decoded["dose"].tolist() == [7.0, -2.25]


def test_decode_keeps_a_constant_column_constant():
    table = {"a": np.array([5, 5]), "b": np.array([0.3, 0.3]), "c": np.array(["x", "x"])}
    spec = TableSpec.fit(table, {"a": Integer, "b": Numeric, "c": Categorical})
    decoded = spec.decode(np.array([[1.0, 0.9, -3.0]], dtype=np.float32))
    assert decoded["a"].tolist() == [5]
    assert decoded["b"].tolist() == [0.3]
    assert decoded["c"].tolist() == ["x"]


def test_head_is_tanh_for_numbers_and_gumbel_softmax_for_categories(spec):
    rows = torch.randn(3, 5, 7, requires_grad=True)
    out = spec.head()(rows)
    torch.testing.assert_close(out[..., 3:5], rows[..., 3:5].tanh())
    for block in (out[..., :3], out[..., 5:]):
        torch.testing.assert_close(block.sum(-1), torch.ones(3, 5))
        assert (block >= 0).all()
    out.square().sum().backward()
    assert rows.grad.abs().sum(dim=(0, 1)).gt(0).all()


def test_head_draws_categories_with_the_probabilities_of_the_softmax(spec):
    probabilities = torch.tensor([0.6, 0.3, 0.1])
    rows = torch.zeros(20000, 7)
    rows[:, :3] = probabilities.log()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        drawn = spec.head()(rows)[:, :3].argmax(-1).bincount(minlength=3) / len(rows)
    torch.testing.assert_close(drawn, probabilities, atol=4 * (0.25 / len(rows)) ** 0.5, rtol=0)


def test_table_spec_can_be_pickled(spec):
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


def test_write_omits_the_header_of_a_table_without(tmp_path):
    spec = TableSpec.fit(TABLE, TYPES, has_header=False, delimiter=";")
    lines = spec.write(spec.encode(TABLE), tmp_path / "generated").read_text().splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("f;17;0.")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"sex": np.array(["?"])}, 'categorical column "sex"'),
        ({"age": None}, 'has no column "age"'),
    ],
)
def test_encode_refuses_other_tables(spec, change, problem):
    table = {name: values[:1] for name, values in TABLE.items()} | change
    table = {name: values for name, values in table.items() if values is not None}
    with pytest.raises(ParganError) as error:
        spec.encode(table)
    assert error.value.argument == "table"
    assert problem in error.value.problem
    assert error.value.remedy
