import numpy as np
import pytest

from pargan.io.npz import NUMPY_LOAD_ERRORS, write_npz


def test_write_npz_keeps_dots_in_the_name_and_the_array(tmp_path):
    records = np.arange(6).reshape(2, 3)
    path = write_npz(records, tmp_path / "run-0.5")
    assert path == tmp_path / "run-0.5.npz"
    np.testing.assert_array_equal(np.load(path)["x"], records)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04"])
def test_numpy_load_errors_cover_other_files(tmp_path, content):
    (tmp_path / "my.npz").write_bytes(content)
    with pytest.raises(NUMPY_LOAD_ERRORS):
        np.load(tmp_path / "my.npz", allow_pickle=False)
