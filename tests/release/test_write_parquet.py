"""Tables as Parquet files: nothing is lost, memory stays constant, and a missing package is one sentence."""

import sys

import numpy as np
import pandas as pd
import pytest

from pargan.data.sources.tables.schema import TableOptions
from pargan.data.sources.tables.source import table, table_groups
from pargan.errors import ParganError
from pargan.release.write_records import write_records
from tests.helpers.releases import example

parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def mixed(tmp_path):
    """A table with every type of column, beside missing values and numbers beyond 2^53, as a pool and as its file."""
    places = np.arange(60)
    frame = pd.DataFrame(
        {
            "key": [f"C{place:04}" for place in places],
            "day": pd.Series(pd.date_range("2019-01-05", periods=60)).dt.strftime("%d.%m.%Y"),
            "at": [f"2020-01-01T10:{place:02}:00+02:00" for place in places],
            "price": [f"${place * 1.5:.2f}" for place in places],
            "visits": [str(place * 7) if place % 5 else "NA" for place in places],
            "account": [str(2**53 + 1 + int(place) ** 2) if place % 3 else "" for place in places],
            "ok": ["yes", "no"] * 30,
            "town": ["Köln", "Ulm, Donau", ""] * 20,
            "wait": [f"{place}:30" for place in places],
            "country": ["DE"] * 60,
        }
    )
    frame.to_csv(tmp_path / "mixed.csv", index=False)
    return table(str(tmp_path / "mixed.csv")), tmp_path / "mixed.csv"


def test_write_parquet_is_read_back_exactly_by_the_schema_of_the_real_table(tmp_path, mixed):
    pool, path = mixed
    records = pool.take(np.arange(60))
    with write_records(tmp_path / "out.parquet", pool.spec, 60) as append:
        append(records[:20])
        append(records[20:])
    groups = table_groups({"members": str(path), "synthetic": str(tmp_path / "out.parquet")}, TableOptions())
    np.testing.assert_array_equal(groups["synthetic"].take(np.arange(60)), records)
    np.testing.assert_array_equal(groups["synthetic"].identities, pool.identities)
    assert not groups["synthetic"].notes


def test_write_parquet_has_a_row_group_per_batch_and_one_schema(tmp_path, mixed):
    pool, _ = mixed
    records = pool.take(np.arange(60))
    present = records[~np.isin(np.arange(60), np.arange(0, 60, 15))]  # the first batch may lack what is missing later
    with write_records(tmp_path / "out.parquet", pool.spec, 76) as append:
        append(present[:20])
        append(records[:56])
    file = parquet.ParquetFile(tmp_path / "out.parquet")
    assert file.num_row_groups == 2
    kinds = {field.name: str(field.type) for field in file.schema_arrow}
    assert kinds == {
        **dict.fromkeys(("key", "ok", "town", "country"), "string"),
        **{"day": "date32[day]", "at": "timestamp[us, tz=UTC]", "price": "double", "wait": "duration[us]"},
        **dict.fromkeys(("visits", "account"), "int64"),
    }
    assert file.read()["key"].to_pylist() == [f"C{number:04}" for number in range(60, 136)]  # ids count on
    assert file.read()["account"].null_count > 0


def test_write_parquet_keeps_the_zone_of_times_with_gaps_whatever_their_encoding(tmp_path):
    cells = [
        "" if place % 9 == 0 else f"2024-01-{place % 28 + 1:02}T10:{place % 60:02}:00+01:00" for place in range(60)
    ]
    (tmp_path / "my.csv").write_text("at,n\n" + "".join(f"{cell},{i % 37}\n" for i, cell in enumerate(cells)))
    pool = table(str(tmp_path / "my.csv"))
    for fitted in (pool, pool.refit(pool, np.arange(60), "records")):
        path = tmp_path / f"{type(fitted.spec.columns[0]).__name__}.parquet"
        with write_records(path, fitted.spec, 60) as append:
            append(fitted.take(np.arange(60)))
        assert str(parquet.read_schema(path).field("at").type) == "timestamp[us, tz=UTC]"


def test_write_of_parquet_holds_the_rows_of_the_csv(tmp_path):
    made = example("table")
    made.generator.write(tmp_path / "out.parquet", 1100, 5, batch_size=300)
    made.generator.write(tmp_path / "out.csv", 1100, 5)
    read = pd.read_parquet(tmp_path / "out.parquet")
    expected = pd.read_csv(tmp_path / "out.csv")
    pd.testing.assert_frame_equal(read, expected, check_dtype=False)


def test_write_parquet_leaves_nothing_after_a_failure(tmp_path, monkeypatch):
    made = example("table")
    decode, calls = type(made.spec).decode, []

    def fail_at_last(self, records):
        calls.append(len(records))
        if len(calls) > 8:
            raise OSError(28, "No space left on device")
        return decode(self, records)

    monkeypatch.setattr(type(made.spec), "decode", fail_at_last)
    with pytest.raises(ParganError, match="disk is full"):
        made.generator.write(tmp_path / "new" / "out.parquet", 3000, 0, batch_size=100)
    assert len(calls) > 8
    assert not list(tmp_path.iterdir())


def test_write_parquet_names_the_extra_that_is_missing(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ParganError) as error:
        example("table").generator.write(tmp_path / "out.parquet", 5, 0)
    assert "pip install 'pargan[parquet]'" in str(error.value)
    assert not list(tmp_path.iterdir())
