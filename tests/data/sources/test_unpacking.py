"""Files that unpack to far more than tables and records do are refused before they fill the memory."""

import gzip
import zipfile
from bz2 import BZ2File

import numpy as np
import pandas as pd
import pytest

from pargan.data.sources import unpacking
from pargan.data.sources.arrays.npz import npz
from pargan.data.sources.tables.files import read_table
from pargan.errors import ParganError
from tests.helpers.launch import write_table

ROWS = b"a,b\n" + b"1,2\n" * 200_000


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(unpacking, "LEAST", 2**17)


def _zstandard(path):
    zstandard = pytest.importorskip("zstandard")
    path.write_bytes(zstandard.ZstdCompressor().compress(ROWS))


def _excel(path):
    pytest.importorskip("openpyxl")
    pd.DataFrame({"a": [1, 2], "b": [3, 4]}).to_excel(path, index=False)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", bytes(10**7))


def _parquet(path):
    pytest.importorskip("pyarrow")
    pd.DataFrame({"a": np.zeros(200_000), "b": np.ones(200_000)}).to_parquet(path)


BOMBS = {
    "my.csv.gz": lambda path: path.write_bytes(gzip.compress(ROWS)),
    "my.csv.bz2": lambda path: BZ2File(path, "w").write(ROWS),
    "my.csv.zst": _zstandard,
    "my.xlsx": _excel,
    "my.parquet": _parquet,
}


@pytest.mark.parametrize("name", BOMBS)
def test_read_table_refuses_a_bomb(tmp_path, name):
    BOMBS[name](tmp_path / name)
    with pytest.raises(ParganError, match="unpacks to") as error:
        read_table(tmp_path / name)
    assert error.value.argument == "path"
    assert error.value.remedy in ("unpack it and give the unpacked file", "give the table as a .csv file")


def test_npz_refuses_a_bomb_and_reads_the_same_array_uncompressed(tmp_path):
    records = np.zeros((2000, 10, 10), np.uint8)
    records[:, 0, 0] = 255
    np.savez_compressed(tmp_path / "bomb.npz", x=records)
    with pytest.raises(ParganError, match="unpacks to") as error:
        npz(str(tmp_path / "bomb.npz"))
    assert "numpy.savez(path" in error.value.remedy
    np.savez(tmp_path / "same.npz", x=records)
    assert len(npz(str(tmp_path / "same.npz"))) == 2000


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_read_table_reads_a_large_compressed_table(tmp_path, suffix):
    if suffix == ".zst":
        pytest.importorskip("zstandard")
    text = write_table(tmp_path / "my.csv", num_rows=8000)
    assert text.stat().st_size > 2**17
    pd.read_csv(text).to_csv(tmp_path / f"my.csv{suffix}", index=False)
    assert len(read_table(tmp_path / f"my.csv{suffix}")) == 8000
