"""Tables, schemas and settings that are refused, with what is wrong, where, and what to do."""

import json
import sys

import pandas as pd
import pytest

from pargan.data import csv_table, table
from pargan.errors import ParganError
from tests.helpers.tables import GOOD, N, column, many, types


@pytest.mark.parametrize(
    ("name", "module", "extra"), [("my.parquet", "pyarrow", "parquet"), ("my.xlsx", "openpyxl", "excel")]
)
def test_table_names_the_extra_that_is_missing(write, monkeypatch, name, module, extra):
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] in (module, "fastparquet")]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ParganError) as error:
        write(b"x", name)
    assert f"pip install 'pargan[{extra}]'" in str(error.value)


@pytest.mark.parametrize("name", ["my.parquet", "my.xlsx", "my.csv.gz", "my.csv.zst"])
def test_table_refuses_damaged_files(write, name):
    with pytest.raises(ParganError) as error:
        write(b"PAR1 nothing", name)
    assert error.value.argument == "path"
    assert "\n" not in str(error.value)


def test_table_refuses_a_few_texts_among_numbers(write):
    cells = ["unknown" if i == 30 else f"{i}.5" for i in range(N)]
    with pytest.raises(ParganError) as error:
        write(column(cells))
    assert '1 cell that is no number in column 1 ("x"), the first is "unknown" in line 32' in error.value.problem
    assert "missing=[unknown]" in error.value.remedy
    assert types(write(column(cells), missing=["unknown"]))["x"] == "numeric"


def test_table_refuses_all_unfit_columns_at_once_with_what_works(write):
    text = "name,n,comment\n" + "".join(f"Ann {i},{i % 9},it was {i} o'clock\n" for i in range(N))
    with pytest.raises(ParganError) as error:
        write(text)
    for name in ("name", "comment"):
        assert f'("{name}")' in error.value.problem
    assert "drop=[name,comment]" in error.value.remedy
    pool = write(text, drop=["name", "comment"])
    assert list(types(pool)) == ["n"]
    assert pool.spec.schema.left_out == {"name": "dropped as set", "comment": "dropped as set"}
    assert types(write(text, types={"name": "id", "comment": "id"})) == {"name": "id", "n": "integer", "comment": "id"}


def test_table_refuses_a_file_with_nothing_to_learn(write):
    with pytest.raises(ParganError, match="nothing to learn"):
        write("a,b\n" + "5,x\n" * 9)


def test_table_refuses_a_frame_of_other_objects():
    with pytest.raises(ParganError) as error:
        table(pd.DataFrame({"a": [1, 2], "b": [[1], [2]]}))
    assert 'cells of type list in column 2 ("b")' in error.value.problem
    with pytest.raises(ParganError, match="no rows"):
        table(pd.DataFrame({"a": []}))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda schema: schema["columns"].pop(0), 'does not describe the column "age"'),
        (lambda schema: schema["columns"][0].update(name="aeg"), 'does not describe the column "age"'),
        (
            lambda schema: schema["columns"][0].update(high=50),
            'cells in column 1 ("age") that the schema does not allow',
        ),
        (lambda schema: schema["columns"][4].update(categories=["no", "maybe"]), '("smoker")'),
        (lambda schema: schema["columns"][2].update(type="integer"), "the schema does not allow (not whole numbers)"),
        (lambda schema: schema["columns"][4].update(type="numeric"), 'does not describe the column "smoker"'),
        (lambda schema: schema["columns"][0].update(type="number"), 'does not describe the column "age"'),
        (lambda schema: schema["columns"][0].update(low=100), "is above"),
        (lambda schema: schema.update(version=7), "is not a schema of version 1"),
    ],
)
def test_table_refuses_a_schema_that_does_not_fit(write, tmp_path, change, problem):
    path = write(GOOD).spec.schema.write(tmp_path / "schema.json")
    schema = json.loads(path.read_text())
    change(schema)
    path.write_text(json.dumps(schema))
    with pytest.raises(ParganError) as error:
        write(GOOD, schema=str(path))
    assert problem in str(error.value)
    assert error.value.argument in ("schema", "path")
    assert error.value.remedy


def test_table_names_line_and_cell_that_a_schema_does_not_allow(write, tmp_path):
    path = write(GOOD).spec.schema.write(tmp_path / "schema.json")
    with pytest.raises(ParganError) as error:
        write(GOOD + "33,01234,oops,1,no,1\n", schema=str(path))
    assert '1 cell that is not numeric in the numeric column 3 ("dose"), the first is "oops" in line 8' in str(
        error.value
    )


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("", "holds no rows", "one record per line"),
        ("\n\n", "holds no rows", "one record per line"),
        ("a,b\n", "holds no rows", "one record per line"),
        ("a\n1\n2\n", "has one column with the delimiter ','", "delimiter="),
        ("a,b\n1,2\n3\n", "line 3 has 1 cell where 2 are expected", "correct that line"),
        ("a,b\n1,2\n\n3,4,5\n", "line 4 has 3 cells where 2 are expected", "correct that line"),
        (
            "x,age\n1,2\ninf,3\n5,6\n",
            '1 cell that is no number in column 1 ("x"), the first is "inf" in line 3',
            "correct",
        ),
        (many(10), '10 categories in 10 rows in the categorical column 1 ("name"), for example "n 0"', "drop=[name]"),
        ("a,b,a\n1,2,3\n", 'the name "a" more than once', "different names"),
        ('a,b\n1,2\n"3,4\n5,6\n', "line 3 (a quote is never closed)", "correct that line"),
        ("a,b\n1,2\n3,\0\n", "line 3 (a NUL byte)", "correct that line"),
    ],
)
def test_table_refuses_unfit_files(write, tmp_path, text, problem, remedy):
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
        ({"types": {"age": "number"}}, '"number"', "choose from numeric, integer, boolean, categorical"),
        ({"types": {"age": "text"}}, '"text"', "drop=[age]"),
        ({"types": {"age": "integer %d"}}, '"integer %d"', "choose from"),
        ({"types": 5}, "does not name columns", "types={age:numeric}"),
        ({"drop": ["aeg"]}, '"aeg"', "choose from age, zip"),
        ({"drop": "age"}, "is not a list", "drop=[age]"),
        ({"missing": "?"}, "is not a list", "missing=[?]"),
        ({"decimal": ";"}, "is no decimal mark", "decimal=auto"),
        ({"rare": -1}, "is no number of rows", "0 or more"),
        ({"schema": "nowhere.json"}, "is not a file", "schema.json"),
        ({"label": "outcom"}, "is not a column", "choose from age, zip"),
        ({"label": 6}, "is not a column", "choose from age, zip"),
    ],
)
def test_table_refuses_unfit_settings(write, settings, problem, remedy):
    with pytest.raises(ParganError) as error:
        write(GOOD, **settings)
    ((argument, value),) = settings.items()
    assert (error.value.argument, error.value.value) == (argument, value)
    assert problem in error.value.problem
    assert remedy in error.value.remedy


@pytest.mark.parametrize(
    ("given", "problem", "remedy"),
    [
        (
            {"smoker": "integer"},
            'in the integer column 5 ("smoker"), the first is "yes"',
            "categorical",
        ),
        (
            {"dose": "integer"},
            '2 cells that are not integer in the integer column 3 ("dose")',
            "numeric",
        ),
        (
            {"age": "date"},
            'in the date column 1 ("age"), the first is "31" in line 2',
            "categorical",
        ),
        ({"age": "categorical"}, '6 categories in 6 rows in the categorical column 1 ("age")', "id"),
        ({"zip": "constant"}, '3 cells that are not constant in the constant column 2 ("zip")', "categorical"),
        ({"age": "boolean"}, '4 cells that are not boolean in the boolean column 1 ("age")', None),
    ],
)
def test_table_refuses_types_that_do_not_fit_the_cells(write, given, problem, remedy):
    with pytest.raises(ParganError) as error:
        write(GOOD, types=given)
    assert error.value.argument == "path"
    assert problem in error.value.problem
    (name,) = given
    if remedy is not None and (name, remedy) != ("age", "categorical"):  # the remedy works
        assert f"types={{{name}:{remedy}}}" in error.value.remedy
        assert write(GOOD, types={name: remedy}).spec is not None


def test_table_refuses_missing_files(tmp_path):
    with pytest.raises(ParganError, match="is missing") as error:
        csv_table()
    assert error.value.argument == "path"
    assert "path=my.csv" in error.value.remedy
    for path in (str(tmp_path / "nothing.csv"), str(tmp_path)):
        with pytest.raises(ParganError, match="is not a file") as error:
            csv_table(path)
        assert (error.value.argument, error.value.value) == ("path", path)
        assert error.value.remedy


@pytest.mark.parametrize("wanted", ["categorical ranks", "numeric logs"])
def test_table_refuses_encodings_that_a_column_cannot_have(write, wanted):
    with pytest.raises(ParganError, match="unknown type"):
        write("".join(f"{value}.5,{'ab'[value % 2]}\n" for value in range(60)), types={"column_1": wanted})


@pytest.mark.parametrize("odd", ["007", "3E5", "oops"])
def test_table_refuses_odd_cells_among_numbers_with_decimals(write, odd):
    rows = [f"{odd if place == 30 else round(place * 1.37 + 0.01, 2)},{place % 7}" for place in range(240)]
    with pytest.raises(ParganError, match=rf'1 cell that is no number in column 1 .*"{odd}" in line 32'):
        write("x,y\n" + "\n".join(rows) + "\n")
