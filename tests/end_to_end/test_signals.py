"""Signals at any moment: status 130, one line, and the same command or resume= can go on."""

import importlib
import os
import random
import signal
import time

import pytest

from tests.helpers.forked import run_forked
from tests.helpers.launch import SMALL, only_run, result_of, run_process, start, write_table

pytestmark = pytest.mark.slow
QUICK = (*SMALL, "attack=[nearest_neighbour]", "trainer.max_epochs=1")
AUDITS = importlib.import_module("pargan.audits.audit")  # the attribute of that name is the function
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


def _in_the_final_audit(number):
    """What a fork calls first, so that a signal comes when the attacks have been run."""

    def before():
        original = AUDITS.run_set_tests

        def interrupted(*arguments):
            os.kill(os.getpid(), number)
            return original(*arguments)

        AUDITS.run_set_tests = interrupted

    return before


@pytest.mark.parametrize("number", NUMBERS)
def test_train_says_how_to_go_on_if_a_signal_comes_in_the_final_audit(tmp_path, number):
    ended = run_forked("train", *QUICK, cwd=tmp_path, timeout=200, before=_in_the_final_audit(number))
    assert ended.status == 130, ended
    directory = only_run(tmp_path)
    line = ended.err.splitlines()[-1]
    assert line.startswith("interrupted; ")
    assert line.endswith(f" with resume={directory.relative_to(tmp_path)}")
    assert "Traceback" not in ended.err
    ended = run_forked("train", f"resume={directory}", cwd=tmp_path, timeout=200)
    assert ended.status == 0, ended.err
    assert result_of(directory)["status"] == "finished"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_attack_can_be_given_again_after_a_signal(tmp_path, number):
    for seed, name in enumerate(("m", "n", "s")):
        write_table(tmp_path / f"{name}.csv", num_rows=60, seed=seed)
    files = ("target=samples", "members=m.csv", "nonmembers=n.csv", "synthetic=s.csv", "hydra.run.dir=audits/mine")
    given = ("attack", *files, "attack=[nearest_neighbour]", "audit.draws=20")
    ended = run_forked(*given, cwd=tmp_path, timeout=200, before=_in_the_final_audit(number))
    if number == signal.SIGKILL:
        assert ended.status == -number
    else:
        assert ended.status == 130, ended
        assert ended.err == "interrupted; the same command continues where it stopped\n"
        assert not (tmp_path / "audits").exists()
    ended = run_forked(*given, cwd=tmp_path, timeout=200)
    assert ended.status == 0, ended.err
    assert (tmp_path / "audits/mine/result.json").exists()
