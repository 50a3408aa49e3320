"""Cells of tables: numbers, codes, missing values and times, each as people write them."""

import numpy as np
import pytest

from pargan.errors import ParganError
from tests.helpers.tables import N, back, column, types, why


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


@pytest.mark.parametrize("cell", ["{}_000", "1_{:03}", "\uff11\uff12{}", "\u0661{}", "{}\u00b2", "\u2167{}"])
def test_table_reads_no_digits_but_those_of_ascii(write, tmp_path, cell):
    """Python's own float() takes 1_000 for 1000, and digits of all alphabets."""
    cells = [cell.format(i % 9 + 1) for i in range(N)]
    pool = write(column(cells))
    assert types(pool)["x"] == "categorical"
    assert [line.partition(",")[0] for line in back(pool, tmp_path)] == cells
    with pytest.raises(ParganError, match=f"has {N} cells that are not numeric"):
        write(column(cells), types={"x": "numeric"})


@pytest.mark.parametrize("top", ["1e+308", "1.7976931348623157e+308"])
def test_table_reads_and_writes_the_largest_numbers(write, tmp_path, top):
    cells = [f"-{top}" if i == 0 else top if i == 1 else repr((i - 30) * 1e306) for i in range(N)]
    pool = write(column(cells))
    assert types(pool)["x"] == "numeric"
    records = pool.take(np.arange(N))
    assert np.abs(records).max() <= 1
    written = [float(line.partition(",")[0]) for line in back(pool, tmp_path)]
    np.testing.assert_allclose(written, [float(cell) for cell in cells], atol=1e302)


def test_table_reads_the_exponents_that_programs_write(write):
    pool = write(column([repr(10.0 ** -(i % 9) * 1.5) for i in range(N)]))
    assert types(pool)["x"] == "numeric"
    assert pool.spec.columns[0].low == 10.0**-8 * 1.5


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
        ([f"2019-01-{i % 28 + 1:02} {i % 12 + 1:02}:15AM" for i in range(N)], "datetime"),
        ([f"{i % 14:02}:{i % 60:02}" for i in range(N)], "duration"),
        ([f"{i % 12 + 1:02}:{i % 60:02} {'AP'[i % 2]}M" for i in range(N)], "duration"),
        (["" if i % 9 == 2 else f"{i % 12 + 1:02}:{i % 60:02}:07PM" for i in range(N)], "duration"),
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


@pytest.mark.parametrize("code", ["{:05}", "{}E5"])
def test_table_takes_codes_of_digits_as_text_where_only_some_have_a_leading_zero_or_an_exponent(write, code):
    """ZIP codes such as 01234 and 90210: most have no leading zero, and more than 20 are numbers by themselves."""
    zips = [code.format(place * 37) if place % 4 == 0 else str(10000 + place) for place in range(60)]
    rows = [f"{zips[place % 60]},{place % 90},{'no' if place % 3 else 'yes'}" for place in range(240)]
    pool = write("zip,age,ill\n" + "\n".join(rows) + "\n")
    assert types(pool)["zip"] == "categorical"
    assert "codes such as" in pool.spec.schema.decision("zip").why
    assert set(pool.spec.decode(pool.take(np.arange(240)))["zip"].tolist()) == set(zips)


def test_table_says_what_learns_codes_that_name_the_rows(write):
    pool = write(column([f"{i * 1777 % 100000:05}" for i in range(N)]))
    assert (types(pool)["x"], types(write(column(list(map(str, range(1000, 1000 + N))))))["x"]) == ("id", "id")
    assert "made anew (types={x:numeric} learns them as numbers)" in why(pool, "x")
    assert types(write(column([f"{i * 1777 % 100000:05}" for i in range(N)]), types={"x": "numeric"}))["x"] == "numeric"
