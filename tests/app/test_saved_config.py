"""The configuration in a run directory is read where the directory lies now, or refused in one sentence."""

import pytest
from omegaconf import OmegaConf

from pargan.app.saved_config import load_config
from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory


@pytest.fixture
def finished(tmp_path):
    directory = RunDirectory(tmp_path / "run")
    directory.config.parent.mkdir(parents=True)
    OmegaConf.save({"seed": 3, "run_directory": "/where/it/was/made"}, directory.config)
    directory.create_private()
    directory.membership.write_bytes(b"")
    return directory


def test_load_config_of_a_moved_run_directory(finished, tmp_path):
    moved = finished.path.rename(tmp_path / "moved")
    cfg = load_config(RunDirectory.open(moved))
    assert cfg.seed == 3
    assert cfg.run_directory == str(moved)


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"seed: 3", b"\xff\xfe\x00", b"just text"])
def test_load_config_refuses_a_damaged_file(finished, content):
    finished.config.write_bytes(content)
    with pytest.raises(ParganError, match=r"config\.yaml is damaged; use an unaltered copy"):
        load_config(finished)
