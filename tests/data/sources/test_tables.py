"""Tables of a user's own, as people have them: each test stands for a kind of file."""

import gzip
import json
import sys

import numpy as np
import pandas as pd
import pytest
import zstandard

from pargan.data import csv_table, table
from pargan.errors import ParganError
from pargan.records import Ranked

GOOD = """age,zip,dose,flag,smoker,outcome
31,01234,0.5,0,yes,2
45,98765,1.5,1,no,1
62,01234,-200,0,no,2
18,98765,4,1,yes,3
25,01234,3,0,yes,1
70,98765,9,1,no,3
"""
N = 60


@pytest.fixture
def write(tmp_path):
    def write(text, name="my.csv", **settings):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return table(str(path), **settings)

    return write


def types(pool):
    return {column.name: column.type for column in pool.spec.columns}


def why(pool, name):
    return pool.spec.schema.decision(name).why


def back(pool, tmp_path, rows=None):
    """The records as they are written again, without header."""
    path = pool.spec.write(pool.take(np.arange(len(pool) if rows is None else rows)), tmp_path / "back")
    return path.read_text().splitlines()[1:]


def column(cells, other=None):
    """A file with one column of these cells, one row each, and a column of numbers beside it."""
    quoted = [f'"{cell}"' if "," in cell else cell for cell in cells]
    return "x,n\n" + "".join(f"{cell},{place % 37 + 10}\n" for place, cell in enumerate(quoted))


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


# Files


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("a;b\n1;2\n3;4\n5;6\n", {}),
        ("a;b\n1;2\n3;4\n5;6\n", {"delimiter": ";"}),
        ("a\tb\n1\t2\n3\t4\n5\t6\n", {"delimiter": "\\t"}),
        ("a|b\n1|2\n3|4\n5|6\n", {}),
        ("\ufeffa,b\r\n1,2\r\n\r\n3,4\r\n5,6\r\n", {}),
        ("a, b\n 1 , 2\n3,4\n5,6", {}),
        ('"a","b"\n"1","2"\n3,4\n5,6\n', {"header": True}),
        ("'a','b'\n'1','2'\n'3','4'\n'5','6'\n", {}),
        ("a,b\n1,2\n3,4\n5,6\n".encode("utf-16"), {}),
        (",a,b\n0,1,2\n1,3,4\n2,5,6\n", {}),  # the index of pandas
        ('"a","b"\n"1",1,2\n"2",3,4\n"3",5,6\n', {}),  # the row names of R
    ],
)
def test_table_reads_delimiters_quotes_marks_and_indexes(write, text, settings):
    pool = write(text, **settings)
    decoded = pool.spec.decode(pool.take(np.arange(3)))
    assert {name: values.tolist() for name, values in decoded.items()} == {"a": [1, 3, 5], "b": [2, 4, 6]}


@pytest.mark.parametrize(("name", "pack"), [("my.csv.gz", gzip.compress), ("my.csv.zst", zstandard.compress)])
def test_table_reads_compressed_files(write, name, pack):
    assert types(write(pack(GOOD.encode()), name)) == types(write(GOOD))
    with pytest.raises(ParganError, match="is damaged"):
        write(pack(GOOD.encode() * 100)[:-30], name)


@pytest.mark.parametrize(("encoding", "given"), [("latin-1", "auto"), ("latin-1", "latin-1"), ("utf-8", "auto")])
def test_table_finds_the_encoding(write, encoding, given):
    pool = write("name,b\ncafé,1\nthé,2\ncafé,1\nthé,4\n".encode(encoding), encoding=given)
    assert set(pool.spec.decode(pool.take(np.arange(4)))["name"].tolist()) == {"café", "thé"}
    assert any("cp1252" in remark for remark in pool.spec.schema.remarks) == (encoding != "utf-8" and given == "auto")


@pytest.mark.parametrize("write_frame", ["to_parquet", "to_excel"])
def test_table_reads_parquet_and_excel_like_the_frame(tmp_path, write_frame):
    frame = pd.DataFrame(
        {
            "zip": ["01234", "98765"] * 30,
            "income": [1200.5, None, 30.25] * 20,
            "born": pd.to_datetime(["1990-05-01", "1985-02-03"] * 30),
            "visits": np.arange(60) % 7,
            "ill": [True, False, False] * 20,
        }
    )
    path = tmp_path / f"my.{'parquet' if write_frame == 'to_parquet' else 'xlsx'}"
    getattr(frame, write_frame)(path, index=False)
    read, given = table(str(path)), table(frame)
    assert types(read) == types(given)
    assert [*types(read).values()] == ["categorical", "numeric", "date", "integer", "boolean"]
    np.testing.assert_array_equal(read.take(np.arange(60)), given.take(np.arange(60)))
    np.testing.assert_array_equal(read.identities, given.identities)


def test_table_reads_parquet_without_a_loss(tmp_path):
    """Whole numbers beyond 2^53 beside missing ones, types with gaps, negative durations, an index that is a column."""
    places = np.arange(60)
    frame = pd.DataFrame(
        {
            "account": pd.array([None if place % 7 == 0 else 2**60 + int(place) for place in places], dtype="Int64"),
            "ill": pd.array([None if place % 5 == 0 else bool(place % 2) for place in places], dtype="boolean"),
            "town": pd.Categorical(["Ulm", "Aue"] * 30),
            "delay": pd.to_timedelta(places - 20, unit="h"),
        },
        index=pd.Index(places + 3, name="age"),
    )
    frame.to_parquet(tmp_path / "my.parquet")
    pool = table(str(tmp_path / "my.parquet"), types={"age": "integer"}, label=None)
    read = pool.spec.decode(pool.take(np.arange(60)))
    assert types(pool) == {
        "account": "integer", "ill": "boolean", "town": "categorical", "delay": "duration", "age": "integer"
    }  # fmt: skip
    assert read["account"].tolist() == [None if place % 7 == 0 else 2**60 + place for place in places.tolist()]
    assert [str(value) for value in read["ill"]] == [str(value) if value is not None else "None" for value in
        [None if place % 5 == 0 else bool(place % 2) for place in places]]  # fmt: skip
    np.testing.assert_array_equal(read["delay"], (places - 20).astype("timedelta64[h]"))
    np.testing.assert_array_equal(read["age"], places + 3)
    given = table(frame.reset_index(), types={"age": "integer"}, label=None)
    np.testing.assert_array_equal(read["delay"], given.spec.decode(given.take(np.arange(60)))["delay"])


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


@pytest.mark.parametrize(
    ("text", "header", "names", "size"),
    [
        ("1,2\n3,4\n5,6\n", "auto", ["column_1", "column_2"], 3),
        ("1,2\n3,4\n5,6\n", False, ["column_1", "column_2"], 3),
        ("1,2\n3,4\n5,6\n", True, ["1", "2"], 2),
        ("2019,2020,2021\n5,7,9\n4,4,1\n6,5,2\n", "auto", ["2019", "2020", "2021"], 3),
        ("0,1,2\n5,7,9\n4,4,1\n6,5,2\n", "auto", ["0", "1", "2"], 3),
        ("town,2019,2020\nUlm,7,9\nUlm,4,1\nAue,5,2\nAue,6,3\n", "auto", ["town", "2019", "2020"], 4),
        ("f,Ulm\nm,Aue\nf,Ulm\nm,Ulm\n", "auto", ["column_1", "column_2"], 4),
    ],
)
def test_table_finds_out_whether_there_is_a_header(write, text, header, names, size):
    pool = write(text, header=header)
    assert list(types(pool)) == names
    assert len(pool) == size


def test_table_says_that_numbers_were_taken_as_names(write):
    (remark,) = write("2019,2020,2021\n5,7,9\n4,4,1\n6,5,2\n").spec.schema.remarks
    assert "header=false" in remark


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_table_leaves_out_an_index_and_says_so(write, name):
    rows = np.random.default_rng(0).permutation(100)[:N]
    pool = write(f"{name},n,town\n" + "".join(f"{row},{row % 9},{'Ulm' if row % 3 else 'Aue'}\n" for row in rows))
    assert list(types(pool)) == ["n", "town"]
    (reason,) = pool.spec.schema.left_out.values()
    assert "index" in reason


def test_table_keeps_an_unnamed_column_that_is_no_index(write):
    assert list(types(write(",n\n" + "".join(f"{row % 5},{row % 9}\n" for row in range(N))))) == ["column_1", "n"]


# Numbers


@pytest.mark.parametrize(
    ("cells", "type_name"),
    [
        ([f"{i % 50 + 10}.{i % 100:02}" for i in range(N)], "numeric"),
        ([f"${i % 50 + 10}.{i % 100:02}" for i in range(N)], "numeric"),
        ([f"{i % 50 + 10}%" for i in range(N)], "integer"),
        ([f"{i % 50 + 10},{i % 10} €" for i in range(N)], "numeric"),
        ([f"{i % 50 + 1},{i % 900 + 100}.50" for i in range(N)], "numeric"),
        ([f"1,{i % 50 + 100},{i % 900 + 100}" for i in range(N)], "integer"),
        ([f"{i % 50 + 1}.0" for i in range(N)], "integer"),
        ([f"-{i % 50 + 1}" for i in range(N)], "integer"),
        ([str(2**62 + 12_345_678 - i % 50) for i in range(N)], "integer"),
        ([f"{i % 50 + 1}.{i % 5 or ''}5" for i in range(N)], "numeric"),
    ],
)
def test_table_writes_numbers_as_the_file_does(write, tmp_path, cells, type_name):
    pool = write(column(cells))
    assert types(pool)["x"] == type_name
    written = [line.rpartition(",")[0].strip('"') for line in back(pool, tmp_path)]
    assert written == cells


def test_table_reads_decimal_commas(write, tmp_path):
    lines = [f"{i % 50 + 10},{i % 9};{i % 7},5;{'m' if i % 2 else 'w'}" for i in range(N)]
    pool = write("Größe;Gewicht;Geschlecht\n" + "\n".join(lines))
    assert list(types(pool).values()) == ["numeric", "numeric", "categorical"]
    assert back(pool, tmp_path) == lines


@pytest.mark.parametrize(
    ("delimiter", "settings", "largest"),
    [(";", {}, 9.234), (",", {}, 9234), (",", {"decimal": ","}, 9.234), (";", {"decimal": "."}, 9234)],
)
def test_table_says_how_an_ambiguous_comma_was_read(write, delimiter, settings, largest):
    cells = [f'"{i % 9 + 1},234"' for i in range(N)]
    text = f"x{delimiter}n\n" + "".join(f"{cell}{delimiter}{place % 37}\n" for place, cell in enumerate(cells))
    pool = write(text, **settings)
    assert pool.spec.columns[0].high == pytest.approx(largest)
    assert "decimal=..." in why(pool, "x")


def test_table_takes_the_decimal_mark_that_other_columns_prove(write):
    text = "x;n\n" + "".join(f"{i % 9 + 1}.234;{i % 37},5\n" for i in range(N))
    assert write(text).spec.columns[0].high == 9.234  # no comma in it
    text = "x;n\n" + "".join(f"{i % 9 + 1}.234,5;{i % 37},5\n" for i in range(N))
    assert write(text).spec.columns[0].high == 9234.5


@pytest.mark.parametrize("code", ["0{}", "{}E5", "1_{}", "{}e3"])
def test_table_keeps_codes_as_text(write, tmp_path, code):
    cells = [code.format(i % 9 + 1) for i in range(N)]
    pool = write(column(cells))
    assert types(pool)["x"] == "categorical"
    assert [line.partition(",")[0] for line in back(pool, tmp_path)] == cells
    if "_" not in code:
        assert "types={x:numeric}" in why(pool, "x")
        assert types(write(column(cells), types={"x": "numeric"}))["x"] == "numeric"


def test_table_reads_the_exponents_that_programs_write(write):
    pool = write(column([repr(10.0 ** -(i % 9) * 1.5) for i in range(N)]))
    assert types(pool)["x"] == "numeric"
    assert pool.spec.columns[0].low == 10.0**-8 * 1.5


# Distinct records are those that the file tells apart


@pytest.mark.parametrize(
    "cells",
    [
        [f"{1e7 + i / 1000:.3f}" for i in range(N)],
        ["9200000000000000000", *(str(i) for i in range(N - 1))],
        [str(2**62 + i * 3) for i in range(N)],
        [repr(1 + i * 2**-50) for i in range(N)],
        [f"2020-01-01 00:00:{i:02}" for i in range(N - 1)] + ["9999-12-31 00:00:00"],
    ],
)
def test_table_tells_records_apart_as_the_file_does(write, cells):
    pool = write("x,n\n" + "".join(f"{cell},1\n{cell},1\n{cell},2\n" for cell in cells), types={"n": "boolean"})
    assert len(np.unique(pool.hashes())) == 2 * len(cells)
    again = write("x,n\n" + "".join(f"{cell},2\n{cell},1\n" for cell in cells), types={"n": "boolean"})
    assert set(again.hashes().tolist()) == set(pool.hashes().tolist())


def test_table_counts_the_same_number_in_other_notation_as_equal(write):
    pool = write("x,n\n" + "".join(f"{i % 7}.50,1\n{i % 7}.5,2\n" for i in range(N)), types={"n": "boolean"})
    assert len(np.unique(pool.hashes())) == 14


# Missing values


@pytest.mark.parametrize("mark", ["", "?", "-", ".", "None", "#N/A", "NaT", "<NA>", "missing", "NaN", "n/a", "NULL"])
def test_table_models_missing_numbers_whatever_their_mark(write, tmp_path, mark):
    cells = [mark if i % 10 == 3 else f"{i % 40 + 10}.{i % 10}" for i in range(N)]
    pool = write(column(cells))
    assert (types(pool)["x"], pool.spec.schema.decision("x").missing) == ("numeric", 6)
    decoded = pool.spec.decode(pool.take(np.arange(N)))["x"]
    np.testing.assert_array_equal(np.isnan(decoded), [cell == mark for cell in cells])
    assert [line.partition(",")[0] for line in back(pool, tmp_path)] == cells
    if mark:
        assert f'"{mark}" means missing' in why(pool, "x")


def test_table_writes_the_most_frequent_of_several_marks(write, tmp_path):
    cells = ["?" if i % 10 == 3 else "" if i == 5 else str(i % 40 + 10) for i in range(N)]
    pool = write(column(cells))
    assert pool.spec.schema.decision("x").missing == 7
    assert back(pool, tmp_path)[5].partition(",")[0] == "?"


@pytest.mark.parametrize("settings", [{}, {"types": {"x": "categorical"}}])
def test_table_takes_na_in_a_column_of_text_as_a_country(write, tmp_path, settings):
    cells = [["NA", "BW", "ZA", "NE"][i % 4] for i in range(N)]
    pool = write(column(cells), **settings)
    assert pool.spec.columns[0].categories == ("BW", "NA", "NE", "ZA")
    assert [line.partition(",")[0] for line in back(pool, tmp_path)] == cells
    assert '"NA" is a category (15 rows' in why(pool, "x")


def test_table_takes_the_texts_that_mean_missing_as_they_are_set(write):
    cells = [["NA", "BW", "ZA", "unknown"][i % 4] for i in range(N)]
    pool = write(column(cells), missing=["NA", "unknown"])
    assert pool.spec.columns[0].categories == ("BW", "ZA")
    assert pool.spec.schema.decision("x").missing == 30
    numbers = ["999" if i % 10 == 3 else str(i % 40 + 10) for i in range(N)]
    assert write(column(numbers), missing=["999"]).spec.columns[0].column.high == 49


def test_table_gives_missing_categories_a_category(write):
    pool = write(column(["" if i % 5 == 0 else "ab"[i % 2] for i in range(N)]))
    decoded = pool.spec.decode(pool.take(np.arange(4)))["x"]
    assert decoded.tolist() == [None, "b", "a", "b"]


def test_table_keeps_flags_with_gaps(write, tmp_path):
    cells = ["" if i % 5 == 0 else f"{i % 2}.0" for i in range(N)]  # as pandas writes 0 and 1 with gaps
    pool = write(column(cells))
    assert types(pool)["x"] == "boolean"
    assert [line.partition(",")[0] for line in back(pool, tmp_path)] == cells


def test_table_refuses_a_few_texts_among_numbers(write):
    cells = ["unknown" if i == 30 else f"{i}.5" for i in range(N)]
    with pytest.raises(ParganError) as error:
        write(column(cells))
    assert '1 cells that are no numbers in column 1 ("x"), the first is "unknown" in line 32' in error.value.problem
    assert "missing=[unknown]" in error.value.remedy
    assert types(write(column(cells), missing=["unknown"]))["x"] == "numeric"


# Times


@pytest.mark.parametrize(
    ("cells", "type_name"),
    [
        ([f"2019-{i % 12 + 1:02}-{i % 28 + 1:02}" for i in range(N)], "date"),
        ([f"2019{i % 12 + 1:02}{i % 28 + 1:02}" for i in range(N)], "date"),
        ([f"{i % 28 + 1:02}.{i % 12 + 1:02}.2019" for i in range(N)], "date"),
        ([f"{i % 12 + 1:02}/{i % 28 + 1:02}/2019" for i in range(N)], "date"),
        ([f"{i % 28 + 1:02}-May-2019" for i in range(N)], "date"),
        (["9999-12-31" if i == 3 else f"2019-01-{i % 28 + 1:02}" for i in range(N)], "date"),
        ([f"2019-01-{i % 28 + 1:02}T05:{i % 60:02}:00+02:00" for i in range(N)], "datetime"),
        ([f"2019-01-{i % 28 + 1:02} 05:{i % 60:02}:07" for i in range(N)], "datetime"),
        ([f"2019-01-{i % 28 + 1:02}T05:{i % 60:02}:07Z" for i in range(N)], "datetime"),
        ([f"01/{i % 28 + 1:02}/2019 {i % 12 + 1:02}:15 PM" for i in range(N)], "datetime"),
        ([f"{i % 14:02}:{i % 60:02}" for i in range(N)], "duration"),
        ([f"{i % 4} days 0{i % 9}:{i % 60:02}:09" for i in range(N)], "duration"),
        (["" if i % 9 == 2 else f"2019-{i % 12 + 1:02}-{i % 28 + 1:02}" for i in range(N)], "date"),
    ],
)
def test_table_models_times(write, tmp_path, cells, type_name):
    pool = write(column(cells))
    assert types(pool)["x"] == type_name
    assert pool.spec.columns[0].is_number
    if "9999-12-31" not in cells:
        assert [line.partition(",")[0] for line in back(pool, tmp_path)] == cells
    between = pool.spec.decode(np.zeros((1, pool.spec.shape[0]), np.float32))["x"]
    assert len(pool.spec.columns[0].text(between)) == 1


def test_table_says_where_day_and_month_may_be_swapped(write):
    cells = [f"{i % 12 + 1:02}/{i % 11 + 1:02}/2019" for i in range(N)]
    pool = write(column(cells))
    assert "types={x: date %d/%m/%Y}" in why(pool, "x")
    other = write(column(cells), types={"x": "date %d/%m/%Y"})
    assert other.spec.columns[0].format == "%d/%m/%Y"
    assert other.spec.columns[0].high.startswith("2019-11")


def test_table_of_several_zones_writes_the_most_frequent(write, tmp_path):
    cells = [f"2019-07-01T05:{i % 60:02}:00+0{1 if i % 4 == 0 else 2}:00" for i in range(N)]
    pool = write(column(cells))
    assert back(pool, tmp_path)[0].startswith("2019-07-01T06:00:00+02:00")  # the same moment


@pytest.mark.parametrize("cells", [[f"{i % 50 + 20200000}" for i in range(N)], [f"{i % 9}:1" for i in range(N)]])
def test_table_takes_no_other_numbers_for_times(write, cells):
    assert types(write(column(cells)))["x"] in ("integer", "categorical")


# Identifiers, text, constants, categories


@pytest.mark.parametrize(
    ("cells", "first_new"),
    [
        ([f"C{i:04}" for i in range(N)], "C0060"),
        ([str(1001 + i) for i in range(N)], "1061"),
        ([str(10**18 + i**3) for i in range(N)], str(10**18 + (N - 1) ** 3 + 1)),
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


def test_table_writes_a_constant_again_and_does_not_learn_it(write, tmp_path):
    pool = write("a,b,c\n" + "".join(f"5,{i % 7},\n" for i in range(N)))
    assert types(pool) == {"a": "constant", "b": "integer", "c": "constant"}
    assert pool.spec.shape == (1,)
    assert back(pool, tmp_path, 2) == ["5,0,", "5,1,"]


def test_table_refuses_a_file_with_nothing_to_learn(write):
    with pytest.raises(ParganError, match="nothing to learn"):
        write("a,b\n" + "5,x\n" * 9)


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


# DataFrames


def test_table_reads_a_frame_by_its_types(tmp_path):
    frame = pd.DataFrame(
        {
            "zip": ["12345", "98765"] * 30,
            "kind": pd.Categorical(["a", "b", None] * 20),
            "count": pd.array([1, 2, None, 7] * 15, dtype="Int64"),
            "money": np.round(np.arange(60) * 1.37, 2),
            "single": np.linspace(0, 1, 60, dtype=np.float32),
            "at": pd.date_range("2020-01-01", periods=60, freq="h", tz="Europe/Berlin"),
            "took": pd.to_timedelta(np.arange(60), unit="min"),
            "yes": [True, False] * 30,
        }
    )
    pool = table(frame)
    assert types(pool) == {
        "zip": "categorical",
        "kind": "categorical",
        "count": "integer",
        "money": "numeric",
        "single": "numeric",
        "at": "datetime",
        "took": "duration",
        "yes": "boolean",
    }
    decoded = pool.spec.decode(pool.take(np.arange(60)))
    np.testing.assert_array_equal(decoded["money"], frame["money"])
    assert np.isnan(decoded["count"]).sum() == 15
    assert [name for name in decoded if pool.spec.schema.decision(name).missing] == ["kind", "count"]
    assert frame["zip"].dtype == pd.DataFrame({"zip": ["a"]})["zip"].dtype  # the frame is as it was


def test_table_refuses_a_frame_of_other_objects():
    with pytest.raises(ParganError) as error:
        table(pd.DataFrame({"a": [1, 2], "b": [[1], [2]]}))
    assert 'cells of type list in column 2 ("b")' in error.value.problem
    with pytest.raises(ParganError, match="no rows"):
        table(pd.DataFrame({"a": []}))


# Schema files


def test_table_reads_by_a_schema_file(write, tmp_path):
    pool = write(GOOD)
    path = pool.spec.schema.write(tmp_path / "schema.json")
    again = write(GOOD, schema=str(path))
    assert again.spec.columns == pool.spec.columns
    np.testing.assert_array_equal(again.take(np.arange(6)), pool.take(np.arange(6)))
    np.testing.assert_array_equal(again.hashes(), pool.hashes())


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
    assert '1 cells that are not numeric in the numeric column 3 ("dose"), the first is "oops" in line 8' in str(
        error.value
    )


# Refusals


def many(count):
    return "name,b\n" + "".join(f"n {place},{place % 4}\n" for place in range(count))


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("", "holds no rows", "one record per line"),
        ("\n\n", "holds no rows", "one record per line"),
        ("a,b\n", "holds no rows", "one record per line"),
        ("a\n1\n2\n", "has one column with the delimiter ','", "delimiter="),
        ("a,b\n1,2\n3\n", "line 3 has 1 cells where 2 are expected", "correct that line"),
        ("a,b\n1,2\n\n3,4,5\n", "line 4 has 3 cells where 2 are expected", "correct that line"),
        (
            "x,age\n1,2\ninf,3\n5,6\n",
            '1 cells that are no numbers in column 1 ("x"), the first is "inf" in line 3',
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


@pytest.mark.parametrize("wanted", ["categorical ranks", "numeric logs"])
def test_table_refuses_encodings_that_a_column_cannot_have(write, wanted):
    with pytest.raises(ParganError, match="unknown type"):
        write("".join(f"{value}.5,{'ab'[value % 2]}\n" for value in range(60)), types={"column_1": wanted})


@pytest.mark.parametrize("code", ["{:05}", "{}E5"])
def test_table_takes_codes_of_digits_as_text_where_only_some_have_a_leading_zero_or_an_exponent(write, code):
    """ZIP codes such as 01234 and 90210: most have no leading zero, and more than 20 are numbers by themselves."""
    zips = [code.format(place * 37) if place % 4 == 0 else str(10000 + place) for place in range(60)]
    rows = [f"{zips[place % 60]},{place % 90},{'no' if place % 3 else 'yes'}" for place in range(240)]
    pool = write("zip,age,ill\n" + "\n".join(rows) + "\n")
    assert types(pool)["zip"] == "categorical"
    assert "codes such as" in pool.spec.schema.decision("zip").why
    assert set(pool.spec.decode(pool.take(np.arange(240)))["zip"].tolist()) == set(zips)


@pytest.mark.parametrize("odd", ["007", "3E5", "oops"])
def test_table_refuses_odd_cells_among_numbers_with_decimals(write, odd):
    rows = [f"{odd if place == 30 else round(place * 1.37 + 0.01, 2)},{place % 7}" for place in range(240)]
    with pytest.raises(ParganError, match=rf'1 cells that are no numbers in column 1 .*"{odd}" in line 32'):
        write("x,y\n" + "\n".join(rows) + "\n")
