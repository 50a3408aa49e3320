import stat

import pytest
from omegaconf import OmegaConf

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


def test_run_directory_constructor_writes_nothing(tmp_path):
    RunDirectory(tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_run_directory_paths_are_inside_it(finished):
    names = ["config", "hydra", "metrics", "attacks", "membership", "checkpoints", "last_checkpoint", "samples"]
    for name in [*names, "metrics", "result"]:
        assert getattr(finished, name).is_relative_to(finished.path)


def test_private_files_lie_in_a_folder_that_only_its_owner_may_enter(tmp_path):
    directory = RunDirectory(tmp_path / "new" / "run")
    directory.create_private()
    assert stat.S_IMODE(directory.private.stat().st_mode) == 0o700
    assert stat.S_IMODE(directory.path.stat().st_mode) != 0o700
    lines = (directory.path / "README.txt").read_text().splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 120
    names = ("membership", "checkpoints", "last_checkpoint", "reference_models", "compared_samples", "records")
    for name in (*names, "record_columns", "exposed_images", "exposed_rows"):
        assert getattr(directory, name).is_relative_to(directory.path / "private"), name
    for name in ("metrics", "attacks", "samples", "plots", "partitions", "result", "config"):
        assert not getattr(directory, name).is_relative_to(directory.path / "private"), name
    directory.private.chmod(0o750)
    directory.create_private()
    assert stat.S_IMODE(directory.private.stat().st_mode) == 0o750  # the owner's choice


def test_private_files_of_an_earlier_version_stay_beside_the_rest(tmp_path):
    directory = RunDirectory(tmp_path)
    (tmp_path / "membership.npz").touch()
    directory.create_private()
    assert [path.name for path in tmp_path.iterdir()] == ["membership.npz"]
    assert directory.membership == tmp_path / "membership.npz"
    assert directory.last_checkpoint == tmp_path / "checkpoints" / "last.ckpt"
    assert directory.exposed_images == tmp_path / "plots" / "exposed.png"


def test_create_private_reports_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(ParganError, match=r"run/private cannot be written \(Not a directory\)"):
        RunDirectory(tmp_path / "run").create_private()


def test_open_refuses_links_out_of_the_directory(finished, tmp_path):
    (finished.path / "inside").symlink_to(finished.config)
    RunDirectory.open(finished.path)
    (finished.path / "wandb").mkdir()
    (finished.path / "wandb" / "debug.log").symlink_to(tmp_path)
    RunDirectory.open(finished.path)
    (tmp_path / "latest").symlink_to(finished.path)
    RunDirectory.open(tmp_path / "latest")
    (finished.path / "plots").symlink_to(tmp_path)
    with pytest.raises(ParganError, match=r"link out of the directory, plots -> .*replace the link"):
        RunDirectory.open(finished.path)


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
