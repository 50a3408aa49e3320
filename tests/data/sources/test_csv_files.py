import numpy as np
import pytest

from pargan.data.sources.csv_files import csv_table
from pargan.errors import ParganError

GOOD = """age,zip,dose,flag,smoker,outcome
31,01234,0.5,0,yes,2
45,98765,1.5,1,no,1
62,01234,-2e3,0,no,2
18,98765,4,1,yes,3
25,01234,3,0,yes,1
70,98765,9,1,no,3
"""


@pytest.fixture
def write(tmp_path):
    def write(text, **settings):
        path = tmp_path / "my.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return csv_table(str(path), **settings)

    return write


def types(pool):
    return {column.name: column.type for column in pool.spec.columns}


def test_csv_table_infers_types(write):
    pool = write(GOOD)
    assert types(pool) == {
        "age": "integer",
        "zip": "categorical",  # because of a leading zero
        "dose": "numeric",
        "flag": "categorical",
        "smoker": "categorical",
        "outcome": "categorical",  # three whole numbers, because it is the label
    }
    assert pool.labels.tolist() == [1, 0, 1, 2, 0, 2]
    assert pool.quality.label == "outcome"


def test_csv_table_decodes_to_the_users_cells(write):
    pool = write(GOOD)
    decoded = pool.spec.decode(pool.take(np.arange(6)))
    assert decoded["age"].tolist() == [31, 45, 62, 18, 25, 70]
    assert decoded["zip"].tolist() == ["01234", "98765"] * 3
    assert decoded["dose"] == pytest.approx([0.5, 1.5, -2000, 4, 3, 9], abs=1e-3)
    assert decoded["smoker"].tolist() == ["yes", "no", "no", "yes", "yes", "no"]


def test_csv_table_takes_given_types(write):
    pool = write(GOOD, types={"zip": "integer", "flag": "numeric"})
    assert types(pool)["zip"] == "integer"
    assert types(pool)["flag"] == "numeric"


@pytest.mark.parametrize(
    ("label", "name", "labels"),
    [
        ("smoker", "smoker", [1, 0, 0, 1, 1, 0]),
        (-2, "smoker", [1, 0, 0, 1, 1, 0]),
        (3, "flag", [0, 1, 0, 1, 0, 1]),
        (None, None, None),
    ],
)
def test_csv_table_takes_a_given_label(write, label, name, labels):
    pool = write(GOOD, label=label)
    assert pool.quality.label == name
    assert (None if pool.labels is None else pool.labels.tolist()) == labels


def test_csv_table_uses_a_last_column_of_numbers_as_label_only_on_request(write):
    text = "a,b\n" + "".join(f"{i % 2},{i * 0.37}\n" for i in range(40))
    pool = write(text)
    assert pool.labels is None
    assert pool.quality.label is None
    with pytest.raises(ParganError, match="a column of type numeric") as error:
        write(text, label="b")
    assert (error.value.argument, error.value.value) == ("label", "b")
    assert "types={b:categorical}" in error.value.remedy


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("a;b\n1;2\n3;4\n5;6\n", {"delimiter": ";"}),
        ("a\tb\n1\t2\n3\t4\n5\t6\n", {"delimiter": "\\t"}),
        ("\ufeffa,b\r\n1,2\r\n\r\n3,4\r\n5,6\r\n", {}),
        ("a, b\n 1 , 2\n3,4\n5,6", {}),
        ('"a","b"\n"1","2"\n3,4\n5,6\n', {"header": True}),
    ],
)
def test_csv_table_reads_delimiters_quotes_and_byte_order_marks(write, text, settings):
    pool = write(text, **settings)
    decoded = pool.spec.decode(pool.take(np.arange(3)))
    assert {name: values.tolist() for name, values in decoded.items()} == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_csv_table_reads_a_given_encoding(write):
    pool = write("name,b\ncafé,1\nthé,2\ncafé,1\nthé,2\n".encode("latin-1"), encoding="latin-1")
    assert set(pool.spec.decode(pool.take(np.arange(4)))["name"].tolist()) == {"café", "thé"}


@pytest.mark.parametrize(
    ("header", "names", "size"),
    [("auto", ["column_1", "column_2"], 3), (False, ["column_1", "column_2"], 3), (True, ["1", "2"], 2)],
)
def test_csv_table_numbers_columns_without_a_header(write, tmp_path, header, names, size):
    pool = write("1,2\n3,4\n5,6\n", header=header)
    assert list(types(pool)) == names
    assert len(pool) == size
    written = pool.spec.write(pool.take(np.arange(size)), tmp_path / "generated").read_text()
    assert len(written.splitlines()) == 3


def many(count):
    return "name,b\n" + "".join(f"n{place},{place}\n" for place in range(count))


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("", "holds no rows", "one record per line"),
        ("\n\n", "holds no rows", "one record per line"),
        ("a,b\n", "holds no rows", "one record per line"),
        ("a\n1\n2\n", "has one column with the delimiter ','", "delimiter="),
        ("a;b\n1;2\n", "has one column", "delimiter="),
        ("a,b\n1,2\n3\n", "line 3 has 1 cells where 2 are expected", "correct that line"),
        ("a,b\n1,2\n\n3,4,5\n", "line 4 has 3 cells where 2 are expected", "correct that line"),
        ("x,age\n1,2\n3,\n5, \n7,NaN\n", '3 empty cells in column 2 ("age"), first in line 3', "fill them"),
        ("x,age\n1,2\nNA,3\n", '1 empty cell in column 1 ("x"), first in line 3', "fill them"),
        (
            "x,age\n1,2\ninf,3\n5,6\n",
            'numeric column 1 ("x"), the first is "inf" in line 3',
            "types={x:categorical}",
        ),
        (
            many(10),
            '10 categories in 10 rows in the categorical column 1 ("name"), for example "n0"',
            "drop the column",
        ),
        ("a,b,a\n1,2,3\n", 'the name "a" more than once', "different names"),
        ("é,b\n1,2\n".encode("latin-1"), "is not utf-8 text", "encoding=latin-1"),
        ('a,b\n"1,2\n', "line 2 has 1 cells where 2 are expected", "correct that line"),
    ],
)
def test_csv_table_refuses_unfit_files(write, tmp_path, text, problem, remedy):
    with pytest.raises(ParganError) as error:
        write(text)
    assert (error.value.argument, error.value.value) == ("path", str(tmp_path / "my.csv"))
    assert problem in error.value.problem
    assert remedy in error.value.remedy
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("settings", "problem", "remedy"),
    [
        ({"encoding": "klingon"}, "is unknown", "latin-1"),
        ({"delimiter": ", "}, "has 2 characters", "one character"),
        ({"header": "maybe"}, "is not a choice", "header=auto"),
        ({"types": {"aeg": "numeric"}}, '"aeg"', "choose from age, zip"),
        ({"types": {"age": "number"}}, '"number"', "choose from numeric, integer, categorical"),
        ({"label": "outcom"}, "is not a column", "choose from age, zip"),
        ({"label": 6}, "is not a column", "choose from age, zip"),
    ],
)
def test_csv_table_refuses_unfit_settings(write, settings, problem, remedy):
    with pytest.raises(ParganError) as error:
        write(GOOD, **settings)
    ((argument, value),) = settings.items()
    assert (error.value.argument, error.value.value) == (argument, value)
    assert problem in error.value.problem
    assert remedy in error.value.remedy


@pytest.mark.parametrize(
    ("types", "problem", "remedy"),
    [
        (
            {"smoker": "integer"},
            '6 cells that are not integer in the integer column 5 ("smoker"), the first is "yes" in',
            "categorical",
        ),
        (
            {"dose": "integer"},
            '2 cells that are not integer in the integer column 3 ("dose"), the first is "0.5" in',
            "numeric",
        ),
        ({"age": "categorical"}, '6 categories in 6 rows in the categorical column 1 ("age")', "drop the column"),
    ],
)
def test_csv_table_refuses_types_that_do_not_fit_the_cells(write, types, problem, remedy):
    with pytest.raises(ParganError) as error:
        write(GOOD, types=types)
    assert error.value.argument == "path"
    assert problem in error.value.problem
    assert remedy in error.value.remedy
    if remedy != "drop the column":  # the remedy works
        (name,) = types
        assert f"types={{{name}:{remedy}}}" in error.value.remedy
        assert write(GOOD, types={name: remedy}).spec is not None


def test_csv_table_refuses_missing_files(tmp_path):
    with pytest.raises(ParganError, match="is missing") as error:
        csv_table()
    assert error.value.argument == "path"
    assert "path=my.csv" in error.value.remedy
    for path in (str(tmp_path / "nothing.csv"), str(tmp_path)):
        with pytest.raises(ParganError, match="is not a file") as error:
            csv_table(path)
        assert (error.value.argument, error.value.value) == ("path", path)
        assert error.value.remedy
