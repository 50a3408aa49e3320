"""Shared by the tests of files."""

import pytest

from pargan.data import table


@pytest.fixture
def write(tmp_path):
    def write(text, name="my.csv", **settings):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return table(str(path), **settings)

    return write
