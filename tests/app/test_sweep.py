import json

import pytest
from omegaconf import OmegaConf

from pargan.app.sweep import finished_before, missing_jobs, record_failure, stored_overrides
from pargan.io.locks import locked
from pargan.io.run_directory import RunDirectory
from pargan.io.sweep_directory import SweepDirectory
from tests.helpers.results import job


@pytest.fixture
def sweep(tmp_path):
    """A sweep of four jobs: the first finished, the second failed, the third was started, the last was not."""
    OmegaConf.save({"hydra": {"overrides": {"task": ["loss=js,wgan", "seed=0,1", "x=2"]}}}, tmp_path / "multirun.yaml")
    for number in range(3):
        folder = tmp_path / f"{number}-digits"
        (folder / ".hydra").mkdir(parents=True)
        (folder / ".hydra" / "config.yaml").write_text("seed: 0\n")
    (tmp_path / "0-digits" / "result.json").write_text(json.dumps(job(1, 0, 0.5, 3.0)))
    record_failure(RunDirectory(tmp_path / "1-digits"), {"seed": 1}, "diverged")
    return SweepDirectory(tmp_path)


def test_missing_jobs_says_what_became_of_each(sweep):
    started, not_started = missing_jobs(sweep)
    assert started == "2-digits was started and did not end"
    assert not_started == "job 3 (loss=wgan seed=1 x=2) was not started"


def test_missing_jobs_tells_a_running_job(sweep):
    with locked(sweep.path / "2-digits" / ".training.lock", lambda: None):
        assert missing_jobs(sweep)[0] == "2-digits is still running"


def test_missing_jobs_of_folders_with_other_names_are_those_that_were_started(sweep):
    (sweep.path / "0-digits").rename(sweep.path / "mine")
    assert missing_jobs(sweep) == ["2-digits was started and did not end"]


@pytest.mark.parametrize("text", ["", "hydra: 3", "{", "hydra: {overrides: {task: null}}", "- ["])
def test_damaged_record_of_the_command_is_as_good_as_none(sweep, text):
    sweep.overrides.write_text(text)
    assert stored_overrides(sweep) is None
    assert len(missing_jobs(sweep)) == 1


def test_sweep_of_an_unreadable_command_names_started_jobs_only(sweep):
    OmegaConf.save({"hydra": {"overrides": {"task": ["x=[["]}}}, sweep.overrides)
    assert len(missing_jobs(sweep)) == 1


def test_finished_before_gives_results_of_finished_jobs_and_removes_failures(sweep):
    finished, failed, started = sweep.jobs()
    assert finished_before(finished)["attacks"]
    assert finished_before(started) is None
    assert finished_before(failed) is None
    assert not failed.result.exists()
    assert finished.result.exists()
