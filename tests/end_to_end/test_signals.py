"""Signals at any moment: status 130, one line, and the same command or resume= can go on."""

import os
import random
import signal
import time

import pytest

from tests.helpers.launch import SMALL, result_of, run_process, start

pytestmark = pytest.mark.slow
QUICK = (*SMALL, "attack=[nearest_neighbour]", "trainer.max_epochs=1")
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _wait_for(ready, process):
    deadline = time.monotonic() + 120
    while not ready():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)


def _signalled(process, number):
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err


@pytest.mark.parametrize("number", NUMBERS)
def test_train_leaves_nothing_if_a_signal_comes_before_the_split(tmp_path, number):
    (tmp_path / "mine").mkdir()
    process = start("train", *QUICK, "hydra.run.dir=mine/run", cwd=tmp_path)
    _wait_for((tmp_path / "mine/run/.training.lock").exists, process)  # then it imports PyTorch for seconds
    status, _, err = _signalled(process, number)
    assert status == 130
    assert err == "interrupted before the first step; nothing was written\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert not list((tmp_path / "mine").iterdir())


def test_train_takes_the_folder_of_a_run_that_was_killed_before_the_split(tmp_path):
    given = (*QUICK, "hydra.run.dir=mine")
    process = start("train", *given, cwd=tmp_path)
    _wait_for((tmp_path / "mine/.training.lock").exists, process)
    time.sleep(random.uniform(0, 0.5))
    _signalled(process, signal.SIGKILL)
    assert (tmp_path / "mine/.hydra").exists()
    ended = run_process("train", *given, cwd=tmp_path)
    assert ended.status == 0, ended.err
    assert result_of(tmp_path / "mine")["status"] == "finished"


def test_train_refuses_the_folder_of_a_run_that_is_just_starting(tmp_path):
    given = (*QUICK, "hydra.run.dir=mine")
    process = start("train", *given, cwd=tmp_path)
    _wait_for((tmp_path / "mine/.training.lock").exists, process)
    time.sleep(0.1)
    second = run_process("train", *given, cwd=tmp_path)
    assert second.status == 1
    assert "hydra.run.dir=mine holds files already" in second.err
    _, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
