"""A user's own tables, good and bad."""

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


def types(records):
    return {column.name: column.type for column in records.spec.columns}


def test_types_are_inferred(write):
    records = write(GOOD)
    assert types(records) == {
        "age": "integer",
        "zip": "categorical",  # a leading zero is no number
        "dose": "numeric",
        "flag": "categorical",
        "smoker": "categorical",
        "outcome": "categorical",  # three whole numbers, but the label
    }
    assert records.labels.tolist() == [1, 0, 1, 2, 0, 2]
    assert records.quality.label == "outcome"


def test_the_users_cells_come_back(write):
    records = write(GOOD)
    decoded = records.spec.decode(records.take(np.arange(6)))
    assert decoded["age"].tolist() == [31, 45, 62, 18, 25, 70]
    assert decoded["zip"].tolist() == ["01234", "98765"] * 3
    assert decoded["dose"] == pytest.approx([0.5, 1.5, -2000, 4, 3, 9], abs=1e-3)
    assert decoded["smoker"].tolist() == ["yes", "no", "no", "yes", "yes", "no"]


def test_types_can_be_overridden(write):
    records = write(GOOD, types={"zip": "integer", "flag": "numeric"})
    assert types(records)["zip"] == "integer"
    assert types(records)["flag"] == "numeric"


@pytest.mark.parametrize(
    ("label", "name", "labels"),
    [
        ("smoker", "smoker", [1, 0, 0, 1, 1, 0]),
        (-2, "smoker", [1, 0, 0, 1, 1, 0]),
        (3, "flag", [0, 1, 0, 1, 0, 1]),
        (None, None, None),
    ],
)
def test_the_label_can_be_chosen(write, label, name, labels):
    records = write(GOOD, label=label)
    assert records.quality.label == name
    assert (None if records.labels is None else records.labels.tolist()) == labels


def test_a_last_column_of_numbers_is_no_label_unless_asked_for(write):
    text = "a,b\n" + "".join(f"{i % 2},{i * 0.37}\n" for i in range(40))
    records = write(text)
    assert records.labels is None
    assert records.quality.label is None
    with pytest.raises(ParganError, match=r"^dataset\.label=b is a column of type numeric"):
        write(text, label="b")


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
def test_dialects(write, text, settings):
    records = write(text, **settings)
    decoded = records.spec.decode(records.take(np.arange(3)))
    assert {name: values.tolist() for name, values in decoded.items()} == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_another_encoding_can_be_named(write):
    records = write("name,b\ncafé,1\nthé,2\ncafé,1\nthé,2\n".encode("latin-1"), encoding="latin-1")
    assert set(records.spec.decode(records.take(np.arange(4)))["name"].tolist()) == {"café", "thé"}


@pytest.mark.parametrize(
    ("header", "names", "size"),
    [("auto", ["column_1", "column_2"], 3), (False, ["column_1", "column_2"], 3), (True, ["1", "2"], 2)],
)
def test_files_without_a_header(write, tmp_path, header, names, size):
    records = write("1,2\n3,4\n5,6\n", header=header)
    assert list(types(records)) == names
    assert len(records) == size
    written = records.spec.write(records.take(np.arange(size)), tmp_path / "generated").read_text()
    assert len(written.splitlines()) == 3


def many(count):
    return "name,b\n" + "".join(f"n{place},{place}\n" for place in range(count))


@pytest.mark.parametrize(
    ("text", "settings", "sentence"),
    [
        ("", {}, "my.csv holds no rows"),
        ("\n\n", {}, "my.csv holds no rows"),
        ("a,b\n", {}, "my.csv holds no rows"),
        ("a\n1\n2\n", {}, "my.csv has one column; .*','.*set dataset.delimiter"),
        ("a;b\n1;2\n", {}, "my.csv has one column"),
        ("a,b\n1,2\n3\n", {}, "my.csv: line 3 has 1 cells where 2 are expected"),
        ("a,b\n1,2\n\n3,4,5\n", {}, "my.csv: line 4 has 3 cells where 2 are expected"),
        (
            "x,age\n1,2\n3,\n5, \n7,NaN\n",
            {},
            r'my.csv: column 2 \("age"\) holds 3 empty cells \(the first in line 3',
        ),
        ("x,age\n1,2\nNA,3\n", {}, r'my.csv: column 1 \("x"\) holds 1 empty cell \(the first in line 3'),
        (
            "x,age\n1,2\ninf,3\n5,6\n",
            {},
            r'column 1 \("x"\) is numeric, but 1 of its cells are not .*"inf" in line 3',
        ),
        (
            many(10),
            {},
            r'column 1 \("name"\) is categorical with 10 categories in 10 rows \(for example "n0"\); drop',
        ),
        ("a,b,a\n1,2,3\n", {}, 'the header names "a" more than once'),
        ("é,b\n1,2\n".encode("latin-1"), {}, "my.csv is not utf-8 text .*dataset.encoding=latin-1"),
        (GOOD, {"encoding": "klingon"}, "dataset.encoding=klingon is unknown"),
        (GOOD, {"delimiter": ", "}, "dataset.delimiter=', ' is not one character"),
        (GOOD, {"header": "maybe"}, "dataset.header=maybe is none of true, false and auto"),
        (
            GOOD,
            {"types": {"aeg": "numeric"}},
            "dataset.types.aeg=numeric names no column .*choose from age, zip",
        ),
        (
            GOOD,
            {"types": {"age": "number"}},
            "dataset.types.age=number is no column type; choose from numeric",
        ),
        (
            GOOD,
            {"types": {"smoker": "integer"}},
            r'\("smoker"\) is integer, but 6 .*"yes" in line 2.*types.smoker',
        ),
        (
            GOOD,
            {"types": {"age": "categorical"}},
            r'column 1 \("age"\) is categorical with 6 categories in 6 rows',
        ),
        (GOOD, {"label": "outcom"}, "dataset.label=outcom is no column of the file; choose from age"),
        (GOOD, {"label": 6}, "dataset.label=6 is no column of the file"),
        ('a,b\n"1,2\n', {}, "my.csv: line 2 has 1 cells|my.csv holds|my.csv: line 3"),
    ],
)
def test_bad_tables_get_one_sentence(write, text, settings, sentence):
    with pytest.raises(ParganError, match=sentence) as caught:
        write(text, **settings)
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value) or "none of" in str(caught.value)  # there is always a remedy


def test_a_missing_path_and_a_missing_file(tmp_path):
    with pytest.raises(ParganError, match=r"^dataset\.path is missing: give the file"):
        csv_table()
    with pytest.raises(ParganError, match=r"nothing\.csv is no file; give the path"):
        csv_table(str(tmp_path / "nothing.csv"))
    with pytest.raises(ParganError, match="is no file"):
        csv_table(str(tmp_path))
