"""Hospital and Broward, on the real files where they are."""

import os
from pathlib import Path

import numpy as np
import pytest

from pargan.data.sources import published_tables
from pargan.data.sources.published_tables import broward, hospital
from pargan.errors import ParganError

DATA = Path(os.environ.get("PARGAN_DATA_DIR", "data"))


@pytest.mark.parametrize(("source", "name"), [(hospital, "hospital.csv"), (broward, "broward.csv")])
def test_published_tables_name_the_file_that_is_missing(source, name, tmp_path, monkeypatch):
    monkeypatch.setattr(published_tables, "PUBLISHED", (tmp_path / "nowhere").as_uri())
    with pytest.raises(ParganError, match=f"tabular/{name} is missing and could not be fetched"):
        source(str(tmp_path))


@pytest.mark.skipif(not (DATA / "tabular").is_dir(), reason="PARGAN_DATA_DIR holds no tabular/")
@pytest.mark.parametrize(
    ("source", "size", "columns", "copies"), [(hospital, 52_778, 17, 3881), (broward, 7214, 9, 1298)]
)
def test_real_tables(source, size, columns, copies, tmp_path):
    records = source(str(DATA))
    assert len(records) == size
    assert len(records.spec.columns) == columns
    assert records.spec.columns[-1].name == records.quality.label == "label"
    assert size - len(np.unique(records.hashes())) == copies
    original = (DATA / "tabular" / f"{source.__name__}.csv").read_text().splitlines()
    written = records.spec.write(records.take(np.arange(size)), tmp_path / "back").read_text().splitlines()
    assert written == original
    assert np.mean(records.labels) == pytest.approx(np.mean([float(row.split(",")[-1]) for row in original]))
