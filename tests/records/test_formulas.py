import csv
from dataclasses import replace

import numpy as np
import pytest

from pargan.errors import ParganWarning
from pargan.records.columns import Categorical, Numeric
from pargan.records.formulas import defused, is_formula
from pargan.records.tables import TableSpec

FORMULA = '=HYPERLINK("http://evil","x")'


@pytest.mark.parametrize("cell", [FORMULA, "+a", "-a", "@SUM(A1)", "\tx", "=1"])
def test_is_formula_of_text_that_begins_like_one(cell):
    assert is_formula(cell)
    assert defused(cell) == "'" + cell


@pytest.mark.parametrize(
    "cell", ["-1", "+1.5", "-1e-5", "-", "-$5.00", "-1.234,50", "+49 170 123", "a=b", "", "x", "-inf"]
)
def test_is_formula_of_numbers_and_other_text(cell):
    assert not is_formula(cell)
    assert defused(cell) == cell


@pytest.fixture
def spec():
    table = {"@id": np.array([-1.0, 2.0, 3.5]), "town": np.array([FORMULA, "Ulm", "Ulm"])}
    return TableSpec.fit(table, {"@id": Numeric, "town": Categorical}), table


def test_write_warns_of_formulas(spec, tmp_path):
    spec, table = spec
    with pytest.warns(ParganWarning, match=r"2 cells that a spreadsheet may run.*csv_safe=true"):
        path = spec.write(spec.encode(table), tmp_path / "generated")
    assert FORMULA in [row[1] for row in csv.reader(path.open())]


def test_write_of_a_safe_table_marks_formulas_as_text(spec, tmp_path):
    spec, table = spec
    path = replace(spec, csv_safe=True).write(spec.encode(table), tmp_path / "generated")
    header, *rows = csv.reader(path.open())
    assert header == ["'@id", "town"]
    assert [row[1] for row in rows] == ["'" + FORMULA, "Ulm", "Ulm"]
    assert rows[0][0] == "-1"
