import csv
import warnings
from dataclasses import replace

import numpy as np
import pytest

from pargan.errors import ParganWarning
from pargan.records.columns import Categorical, Numeric
from pargan.records.tables import TableSpec
from pargan.release.write_records import write_records

TABLE = {"@id": np.array([-1.0, 2.0, 3.5]), "town": np.array(["=SUM(A1)", "Ulm", "-town"])}
SPEC = TableSpec.fit(TABLE, {"@id": Numeric, "town": Categorical})


def written(path, spec):
    with write_records(path, spec, 9) as append:
        for _ in range(3):
            append(spec.encode(TABLE))
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_write_records_warns_of_formulas_once_and_names_the_file(tmp_path):
    with pytest.warns(ParganWarning) as warned:
        rows = written(tmp_path / "out.csv", SPEC)
    assert [str(each.message) for each in warned] == [
        f"{tmp_path / 'out.csv'} holds 7 cells that a spreadsheet may run as formulas, such as '@id'; "
        "csv_safe=true marks them as text"
    ]
    assert rows == [["@id", "town"], *3 * [["-1", "=SUM(A1)"], ["2", "Ulm"], ["3.5", "-town"]]]
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_write_records_of_a_safe_table_warns_of_nothing(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = written(tmp_path / "out.csv", replace(SPEC, csv_safe=True))
    assert rows[:2] == [["'@id", "town"], ["-1", "'=SUM(A1)"]]
