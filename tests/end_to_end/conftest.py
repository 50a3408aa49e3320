"""Every command here runs in a folder of its own."""

import pytest

from tests.helpers.launch import run_inside


@pytest.fixture
def run(monkeypatch, capfd, tmp_path):
    """run("train", "dataset=blobs", ...) in this process and in `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    for variable in ("HYDRA_FULL_ERROR", "PARGAN_DATA_DIR", "WANDB_MODE"):
        monkeypatch.delenv(variable, raising=False)
    return lambda name, *arguments: run_inside(monkeypatch, capfd, name, *arguments)
