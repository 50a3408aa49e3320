"""Files that hold tables: delimiters, encodings, compression, headers, Parquet, Excel and DataFrames."""

import gzip

import numpy as np
import pandas as pd
import pytest
import zstandard

from pargan.data import csv_table, table
from pargan.errors import ParganError
from tests.helpers.tables import GOOD, N, back, types


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


def test_table_writes_whole_numbers_of_excel_with_gaps_without_decimals(tmp_path):
    cells = [None if i % 7 == 0 else i % 23 for i in range(N)]
    pd.DataFrame({"x": cells, "n": [i / 7 for i in range(N)]}, dtype=object).to_excel(tmp_path / "my.xlsx", index=False)
    pool = csv_table(str(tmp_path / "my.xlsx"))
    written = back(pool, tmp_path)
    assert [line.partition(",")[0] for line in written] == ["" if cell is None else str(cell) for cell in cells]
