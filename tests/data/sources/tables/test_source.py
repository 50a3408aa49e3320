"""Tables of a user's own, as people have them: the types of columns, and how they are set."""

import numpy as np
import pytest

from pargan.data import table
from pargan.errors import ParganError
from pargan.records import Ranked
from tests.helpers.tables import GOOD, N, back, column, types, why


def test_table_infers_types(write):
    pool = write(GOOD)
    assert types(pool) == {
        "age": "integer",
        "zip": "categorical",  # because of a leading zero
        "dose": "numeric",
        "flag": "boolean",
        "smoker": "boolean",
        "outcome": "categorical",  # three whole numbers, because it is the label
    }
    assert pool.labels.tolist() == [1, 0, 1, 2, 0, 2]
    assert pool.quality.label == "outcome"
    assert pool.duplicates == "together"


def test_table_gives_back_the_users_cells(write, tmp_path):
    assert back(write(GOOD), tmp_path) == GOOD.splitlines()[1:]


def test_table_takes_given_types(write):
    pool = write(GOOD, types={"zip": "integer", "flag": "numeric", "smoker": "categorical"})
    assert [types(pool)[name] for name in ("zip", "flag", "smoker")] == ["integer", "numeric", "categorical"]


@pytest.mark.parametrize(
    ("label", "name", "labels"),
    [
        ("smoker", "smoker", [1, 0, 0, 1, 1, 0]),
        (-2, "smoker", [1, 0, 0, 1, 1, 0]),
        (3, "flag", [0, 1, 0, 1, 0, 1]),
        (None, None, None),
    ],
)
def test_table_takes_a_given_label(write, label, name, labels):
    pool = write(GOOD, label=label)
    assert pool.quality.label == name
    assert (None if pool.labels is None else pool.labels.tolist()) == labels


def test_table_uses_a_last_column_of_numbers_as_label_only_on_request(write):
    text = "a,b\n" + "".join(f"{i % 2},{i * 0.37:.2f}\n" for i in range(40))
    pool = write(text)
    assert pool.labels is None
    assert pool.quality.label is None
    with pytest.raises(ParganError, match="a column of type numeric") as error:
        write(text, label="b")
    assert (error.value.argument, error.value.value) == ("label", "b")
    assert "types={b:categorical}" in error.value.remedy


@pytest.mark.parametrize(
    ("cells", "first_new"),
    [
        ([f"C{i:04}" for i in range(N)], "C0060"),
        ([str(1001 + i) for i in range(N)], "1061"),
        ([str(10**18 + i**3) for i in range(N)], str(11 * 10**17)),
        ([f"{i:08x}-{i * i:04x}-a" for i in range(N)], "new-1"),
    ],
)
def test_table_does_not_learn_identifiers(write, tmp_path, cells, first_new):
    pool = write(column(cells))
    assert types(pool)["x"] == "id"
    assert pool.spec.shape == (1,)
    written = [line.partition(",")[0] for line in back(pool, tmp_path)]
    assert written[0] == first_new
    assert not set(written) & set(cells)
    assert len(set(written)) == N


def test_table_writes_a_constant_again_and_does_not_learn_it(write, tmp_path):
    pool = write("a,b,c\n" + "".join(f"5,{i % 7},\n" for i in range(N)))
    assert types(pool) == {"a": "constant", "b": "integer", "c": "constant"}
    assert pool.spec.shape == (1,)
    assert back(pool, tmp_path, 2) == ["5,0,", "5,1,"]


def test_table_groups_rare_categories(write, tmp_path):
    cells = [f"c{i % 4}" if i < 50 else f"r{i}" for i in range(N)]
    pool = write(column(cells), rare=2)
    assert pool.spec.columns[0].categories == ("c0", "c1", "c2", "c3")
    assert back(pool, tmp_path)[55].startswith("(rare),")
    assert "10 categories with fewer than 2 rows became (rare)" in why(pool, "x")
    assert len(np.unique(pool.hashes())) == len(pool)  # the file tells them apart


def test_table_warns_of_thousands_of_categories(write):
    pool = write(column([f"c{i % 1500}" for i in range(4000)]))
    assert "1500 categories take 23 MiB" in why(pool, "x")
    assert "rare=5" in why(pool, "x")


def test_table_reads_by_a_schema_file(write, tmp_path):
    pool = write(GOOD)
    path = pool.spec.schema.write(tmp_path / "schema.json")
    again = write(GOOD, schema=str(path))
    assert again.spec.columns == pool.spec.columns
    np.testing.assert_array_equal(again.take(np.arange(6)), pool.take(np.arange(6)))
    np.testing.assert_array_equal(again.hashes(), pool.hashes())


@pytest.mark.parametrize("wanted", ["numeric range", "numeric", "numeric ranks"])
def test_table_takes_the_encoding_of_a_column_as_it_is_set(write, tmp_path, wanted):
    path = str(tmp_path / "my.csv")
    write("".join(f"{value}.5,{'ab'[value % 2]}\n" for value in range(60)))
    pool = table(path, types={"column_1": wanted})
    assert pool.spec.schema.decision("column_1").encoding == ([*wanted.split(), "auto"])[1]
    fitted = pool.refit(pool, np.arange(40), "reference records")
    assert isinstance(fitted.spec.columns[0], Ranked) is (wanted != "numeric range")
    np.testing.assert_array_equal(fitted.hashes(), pool.hashes())
    # A schema that is given back is fitted anew, on the records of the new run.
    schema = fitted.spec.schema.write(tmp_path / "schema.json")
    again = table(path, schema=str(schema))
    assert not isinstance(again.spec.columns[0], Ranked)
    refitted = again.refit(again, np.arange(40), "reference records")
    assert refitted.spec.columns == fitted.spec.columns
    assert refitted.spec.schema.decisions == fitted.spec.schema.decisions
