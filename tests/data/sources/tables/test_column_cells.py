import pytest

from pargan.data.sources.tables.column_cells import ColumnCells, Rules
from pargan.data.sources.tables.raw_table import RawTable, TextColumn

CELLS = ["12", "NA", "x", "", "?", "Missing", "n", "NAN", "-5", "-", "ä", "na ", "12", "#N/A", "missing it"]


@pytest.mark.parametrize("more", [[], ["two\nlines"], ["\ud800"]])
def test_column_cells_find_marks_of_missing_values_in_any_case(more):
    cells = ColumnCells(RawTable("path", "my.csv", {"a": TextColumn.of(CELLS + more)}), "a", Rules())
    assert cells.values == ["12", "x", "n", "-5", "ä", "missing it", *more]
    assert cells.value_counts.tolist() == [2, 1, 1, 1, 1, 1, *(1 for _ in more)]
    assert set(cells.texts) == {cell.strip() for cell in CELLS + more} - {""}


def test_column_cells_take_the_marks_that_are_given_and_no_others():
    rules = Rules(missing=frozenset({"x", "12"}))
    cells = ColumnCells(RawTable("path", "my.csv", {"a": TextColumn.of(CELLS)}), "a", rules)
    assert cells.values == cells.texts
    assert "NA" in cells.values
    assert not {"x", "12", ""} & set(cells.values)
