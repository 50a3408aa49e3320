import os
from pathlib import Path

import numpy as np
import pytest

from pargan.data.sources.tables import published
from pargan.data.sources.tables.published import broward, hospital
from pargan.errors import ParganError

DATA = Path(os.environ.get("PARGAN_DATA_DIR", "data"))


@pytest.mark.parametrize(("source", "name"), [(hospital, "hospital.csv"), (broward, "broward.csv")])
def test_published_tables_name_a_missing_file(source, name, tmp_path, monkeypatch):
    monkeypatch.setattr(published, "PUBLISHED", (tmp_path / "nowhere").as_uri())
    with pytest.raises(ParganError, match="is missing and could not be downloaded") as error:
        source(str(tmp_path))
    assert f"tabular/{name}" in error.value.problem
    assert f"tabular/{name}" in error.value.remedy


@pytest.mark.skipif(not (DATA / "tabular").is_dir(), reason="PARGAN_DATA_DIR holds no tabular/")
@pytest.mark.parametrize(
    ("source", "size", "columns", "copies"), [(hospital, 52_778, 17, 3881), (broward, 7214, 9, 1298)]
)
def test_published_tables_are_reproduced_by_decoding(source, size, columns, copies, tmp_path):
    pool = source(str(DATA))
    assert len(pool) == size
    assert len(pool.spec.columns) == columns
    assert pool.spec.columns[-1].name == pool.quality.label == "label"
    assert size - len(np.unique(pool.hashes())) == copies
    original = (DATA / "tabular" / f"{source.__name__}.csv").read_text().splitlines()
    written = pool.spec.write(pool.take(np.arange(size)), tmp_path / "back").read_text().splitlines()
    assert written == original
    assert np.mean(pool.labels) == pytest.approx(np.mean([float(row.split(",")[-1]) for row in original]))
