"""A run directory is recognised, or refused in one sentence."""

import pytest
from omegaconf import OmegaConf

from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory


@pytest.fixture
def finished(tmp_path):
    directory = RunDirectory(tmp_path / "run")
    directory.config.parent.mkdir(parents=True)
    OmegaConf.save({"seed": 3, "run_directory": "/where/it/was/made"}, directory.config)
    directory.membership.write_bytes(b"")
    return directory


def test_making_one_touches_nothing(tmp_path):
    RunDirectory(tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_everything_lies_inside(finished):
    names = ["config", "hydra", "metrics", "attacks", "membership", "checkpoints", "last_checkpoint", "samples"]
    for name in [*names, "metrics", "result"]:
        assert getattr(finished, name).is_relative_to(finished.path)


def test_home_is_expanded(finished, monkeypatch):
    monkeypatch.setenv("HOME", str(finished.path.parent))
    assert RunDirectory.open("~/run").path == finished.path


def test_no_path_is_refused():
    with pytest.raises(ParganError, match=r"^run is missing; give the folder"):
        RunDirectory.open(None)


@pytest.mark.parametrize("missing", ["config", "membership"])
def test_a_folder_that_is_none_is_refused(finished, missing):
    getattr(finished, missing).unlink()
    with pytest.raises(ParganError, match=r"^resume=.*run is not a run directory: .* is missing; give"):
        RunDirectory.open(finished.path, key="resume")
