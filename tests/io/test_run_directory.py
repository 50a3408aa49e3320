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


def test_run_directory_constructor_writes_nothing(tmp_path):
    RunDirectory(tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_run_directory_paths_are_inside_it(finished):
    names = ["config", "hydra", "metrics", "attacks", "membership", "checkpoints", "last_checkpoint", "samples"]
    for name in [*names, "metrics", "result"]:
        assert getattr(finished, name).is_relative_to(finished.path)


def test_open_expands_the_home_directory(finished, monkeypatch):
    monkeypatch.setenv("HOME", str(finished.path.parent))
    assert RunDirectory.open("~/run").path == finished.path


def test_open_refuses_a_missing_argument():
    with pytest.raises(ParganError, match="is missing") as error:
        RunDirectory.open(None)
    assert error.value.argument == "run"
    assert "run=outputs/" in error.value.remedy


@pytest.mark.parametrize("missing", ["config", "membership"])
def test_open_refuses_other_folders(finished, missing):
    getattr(finished, missing).unlink()
    with pytest.raises(ParganError, match="is not a run directory") as error:
        RunDirectory.open(finished.path, argument="resume")
    assert (error.value.argument, error.value.value) == ("resume", finished.path)
    assert f"{getattr(finished, missing).relative_to(finished.path)} is missing" in error.value.problem
    assert "outputs/" in error.value.remedy


def test_checkpoint_names_those_of_the_run(finished):
    assert finished.checkpoint("best") == finished.checkpoints / "best.ckpt"  # the run has none at all
    finished.checkpoints.mkdir()
    finished.last_checkpoint.touch()
    assert finished.checkpoint("last") == finished.last_checkpoint
    with pytest.raises(ParganError) as error:
        finished.checkpoint("best")
    assert (error.value.argument, error.value.value) == ("checkpoint", "best")
    assert "last" in error.value.remedy
