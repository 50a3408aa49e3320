"""Reading a column as one text, or a file block by block, gives what reading cell by cell gives."""

import csv
import io

import numpy as np
import pytest

from pargan.data.sources.tables import files, line_cells
from pargan.data.sources.tables.infer_numbers import infer_number_format, is_ambiguous
from pargan.data.sources.tables.raw_table import CollectedTexts, TextColumn
from pargan.data.sources.tables.source import table
from pargan.data.sources.tables.text_dialect import Dialect
from pargan.records.number_format import NumberFormat

FORMATS = {
    "plain": (NumberFormat(), "{:.2f}"),
    "german": (NumberFormat(",", "."), "{:,.2f}"),
    "dollars": (NumberFormat(".", ",", "$"), "${:,.2f}"),
    "per cent": (NumberFormat(",", "", "", " %"), "{:.1f} %"),
    "francs": (NumberFormat(".", " ", "CHF "), "CHF {:,.2f}"),
}
ODD = ["", "1.234", "1,234", "-", "1e3", ".5", "5.", "+$3", "$-3", "1_000", "٣", "12 %", "1.2.3", " 7", "0,5", "x"]


def cells_of(name):
    notation, template = FORMATS[name]
    marks = {ord(","): notation.thousands, ord("."): notation.decimal}
    values = np.random.default_rng(0).normal(0, 10**5, 200)
    return [template.format(abs(value)).translate(marks) for value in values]


@pytest.mark.parametrize("name", FORMATS)
def test_plain_cells_are_those_of_each_cell(name):
    notation, cells = FORMATS[name][0], cells_of(name)
    assert notation.plain_cells(cells) == [notation.plain(cell) for cell in cells]
    assert None not in notation.plain_cells(cells)
    mixed = cells + ODD
    assert notation.plain_cells(mixed) == [notation.plain(cell) for cell in mixed]
    for odd in ODD:
        assert notation.plain_cells([odd]) == [notation.plain(odd)], odd
    assert notation.plain_cells([]) == []


def test_plain_cells_are_not_divided_by_line_ends_inside_of_them():
    assert NumberFormat().plain_cells(["1\n2", "3"]) == [None, "3"]
    assert infer_number_format(["1\n2", "3"], None) is None
    assert infer_number_format(["1", "2\n"], None) is None
    assert infer_number_format(["$\n5", "$6"], None) is None


@pytest.mark.parametrize("name", FORMATS)
def test_number_format_is_found_and_one_odd_cell_prevents_it(name):
    notation, cells = FORMATS[name][0], cells_of(name)
    found = infer_number_format(cells, ",")
    assert (found.decimal, found.prefix, found.suffix) == (notation.decimal, notation.prefix, notation.suffix)
    assert found.least_decimals == found.most_decimals == (1 if name == "per cent" else 2)
    for odd in ("x", "007", "3E5", "1.2.3", "1,2,3", ""):
        assert infer_number_format([*cells, odd], ",") is None, odd
        assert infer_number_format([odd, *cells], ",") is None, odd


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2.5", "3.25"], (0, 2)),
        (["1.10", "2.50"], (2, 2)),
        (["1", "20"], (0, 0)),
        (["1.0", "-2"], (0, 1)),
        (["1e-05", "2"], (0, None)),
        (["1234567890.1234567"], (0, None)),  # more digits than float64 holds
        (["0.00000000000000001", "0.5"], (1, 17)),  # few digits behind many zeros
    ],
)
def test_decimals_are_counted_over_all_cells(cells, expected):
    found = infer_number_format(cells, None)
    assert (found.least_decimals, found.most_decimals) == expected


def test_ambiguous_commas_are_found():
    assert is_ambiguous(["1,234", "5,678"])
    assert not is_ambiguous(["1,234", "5,67"])
    assert not is_ambiguous(["1234", "56.7"])


TEXTS = {
    "lines": "a,b\n1,2\n3,4\n",
    "no last end": "a,b\n1,2\n3,4",
    "windows": "a,b\r\n1,2\r\n3,4\r\n",
    "empty lines": "\na,b\n\n\n1,2\n",
    "ragged": "a,b\n1,2,3\n4\n5,6\n",
    "umlauts": "größe,b\n1,ü\n",
    "nothing": "",
    "mark": "\ufeffa,b\n1,2\n",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("block", [1, 5, 2**20])
def test_cells_of_lines_are_those_that_the_csv_module_reads(name, block, monkeypatch):
    monkeypatch.setattr(line_cells, "BLOCK", block)
    text = TEXTS[name]
    found = line_cells.cells_of_lines(io.BytesIO(text.encode()), Dialect())
    reader = csv.reader(io.StringIO(text, newline=""))
    expected = [(reader.line_num, len(row)) for row in reader if row]
    if name == "ragged":  # a line without a delimiter may be one of spaces
        assert found is None
    else:
        assert list(zip(*(each.tolist() for each in found), strict=True)) == expected


@pytest.mark.parametrize(
    ("content", "dialect"),
    [
        (b'a,b\n"1\n2",3\n', Dialect()),
        (b"a,b\n'1',3\n", Dialect(quote="'")),
        (b"a,b\r1,2\r", Dialect()),
        (b"a,b\n1,\0\n", Dialect()),
        (b"a,b\n1,\xff\n", Dialect()),
        (b"a,b\n   \n", Dialect()),
        (b"a,b\n1,2\n", Dialect("utf-16")),
        (b"a,b\n1,2\n", Dialect(escape="\\")),
        (b"a,b\n1,2\n", Dialect(delimiter="§")),
    ],
)
def test_cells_of_lines_leaves_what_it_cannot_tell(content, dialect):
    assert line_cells.cells_of_lines(io.BytesIO(content), dialect) is None


def test_collected_texts_are_those_of_the_whole_column():
    cells = np.array(["b", " a", "a", "b", "", "a ", "c"], dtype=object)
    whole = TextColumn.of(cells)
    collected = CollectedTexts()
    for part in (cells[:2], cells[2:3], cells[3:]):
        collected.add(part)
    texts, codes = collected.column()
    assert texts == whole.texts == ["b", "a", "", "c"]
    np.testing.assert_array_equal(codes, whole.codes)
    assert codes.tolist() == [0, 1, 1, 0, 2, 1, 3]


def test_table_does_not_depend_on_the_size_of_blocks(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    lines = [f"{value:.2f},{'xyz'[place % 3]},{place % 7}" for place, value in enumerate(rng.normal(size=100))]
    (tmp_path / "my.csv").write_text("\n".join(["amount,kind,count", *lines]))
    whole = table(str(tmp_path / "my.csv"))
    monkeypatch.setattr(files, "BLOCK_CELLS", 20)
    blocks = table(str(tmp_path / "my.csv"))
    np.testing.assert_array_equal(whole.values, blocks.values)
    np.testing.assert_array_equal(whole.identities, blocks.identities)
    assert whole.spec.schema == blocks.spec.schema


@pytest.mark.parametrize(
    "notation",
    [
        NumberFormat(),
        NumberFormat(most_decimals=0),
        NumberFormat(",", ".", "$", "", 2, 2),
        NumberFormat(suffix="%", most_decimals=3),
    ],
)
def test_number_format_writes_many_numbers_as_it_writes_each(notation):
    rng = np.random.default_rng(0)
    columns = [rng.integers(-(2**62), 2**62, 50), rng.integers(-3, 3, 50), rng.normal(0, 10**4, 50), np.array([-0.0])]
    for values in columns:
        assert notation.texts(values) == [notation.text(value) for value in values.tolist()]
