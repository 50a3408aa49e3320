"""A run killed by SIGKILL and continued equals the run that was never interrupted, bit for bit."""

import os
import random
import signal
import time

import pytest

from pargan.io.checkpoints import load_checkpoint
from tests.helpers.launch import (
    SMALL,
    assert_same_weights,
    aucs,
    only_run,
    result_of,
    rows,
    run_process,
    start,
    strict_json,
    weights,
)

pytestmark = pytest.mark.slow
LONG = (*SMALL, "trainer.max_epochs=400", "evaluate_every=10", "attack=[discriminator_max,nearest_neighbour]")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    ended = run_process("train", *LONG, cwd=folder)
    assert ended.status == 0, ended.err
    return only_run(folder)


def _wait_until(ready, process):
    deadline = time.monotonic() + 120
    while not ready():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline, "the run did not get that far"
        time.sleep(0.005)


def _rows_in(folder):
    found = list(folder.glob("outputs/*/*/metrics.csv"))
    return len(found[0].read_text().splitlines()) - 1 if found else 0


def _kill(process, after=0.0, number=signal.SIGKILL):
    time.sleep(after)
    os.kill(process.pid, number)
    return process.communicate(timeout=60)


def _assert_equal_runs(ours, theirs):
    assert_same_weights(weights(ours), weights(theirs))
    assert_same_weights(weights(ours, "best"), weights(theirs, "best"))
    assert rows(ours / "metrics.csv") == rows(theirs / "metrics.csv")
    assert _attack_lines(ours) == _attack_lines(theirs)
    for key in ("quality", "training", "data"):
        assert result_of(ours)[key] == result_of(theirs)[key], key
    assert aucs(result_of(ours)) == aucs(result_of(theirs))


def _files(directory):
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def _attack_lines(directory):
    lines = [strict_json(line) for line in (directory / "attacks.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


@pytest.mark.parametrize("kills", [1, 2])
def test_resume_after_kills_equals_the_uninterrupted_run(tmp_path, uninterrupted, kills):
    process = start("train", *LONG, cwd=tmp_path)
    for kill in range(kills):
        _wait_until(lambda least=30 + 100 * kill: _rows_in(tmp_path) > least, process)
        _kill(process, after=random.uniform(0, 0.3))
        directory = only_run(tmp_path)
        assert not (directory / "result.json").exists()
        process = start("train", f"resume={directory.relative_to(tmp_path)}", cwd=tmp_path)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    _assert_equal_runs(directory, uninterrupted)
    assert only_run(tmp_path) == directory


def test_resume_after_a_kill_before_the_first_checkpoint(tmp_path, uninterrupted):
    process = start("train", *LONG, cwd=tmp_path)
    _wait_until(lambda: list(tmp_path.glob("outputs/*/*/private/membership.npz")), process)
    _kill(process)
    directory = only_run(tmp_path)
    assert not (directory / "private" / "checkpoints" / "last.ckpt").exists()
    ended = run_process("train", f"resume={directory}", cwd=tmp_path)
    assert ended.status == 0, ended.err
    _assert_equal_runs(directory, uninterrupted)


def test_resume_with_more_epochs_equals_the_longer_run(tmp_path, uninterrupted):
    ended = run_process("train", *LONG, "trainer.max_epochs=200", cwd=tmp_path)
    assert ended.status == 0, ended.err
    directory = only_run(tmp_path)
    ended = run_process("train", f"resume={directory}", "trainer.max_epochs=400", cwd=tmp_path)
    assert ended.status == 0, ended.err
    assert_same_weights(weights(directory), weights(uninterrupted))
    assert result_of(directory)["training"]["epochs"] == 400
    assert strict_json((directory / "result.before.json").read_text())["training"]["epochs"] == 200
    assert len(rows(directory / "metrics.csv")) == 400


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_resume_after_a_signal_that_ends_training(tmp_path, uninterrupted, number):
    process = start("train", *LONG, cwd=tmp_path)
    _wait_until(lambda: _rows_in(tmp_path) > 30, process)
    _, err = _kill(process, number=number)
    assert process.returncode == 130
    assert "Traceback" not in err
    directory = only_run(tmp_path)
    assert not (directory / "result.json").exists()
    assert f"resume={directory.relative_to(tmp_path)}" in err
    ended = run_process("train", f"resume={directory}", cwd=tmp_path)
    assert ended.status == 0, ended.err
    _assert_equal_runs(directory, uninterrupted)


def test_resume_of_a_finished_run_repeats_its_metrics(tmp_path):
    ended = run_process("train", *SMALL, cwd=tmp_path)
    assert ended.status == 0, ended.err
    directory = only_run(tmp_path)
    before, table = result_of(directory), (directory / "metrics.csv").read_text()
    again = run_process("train", f"resume={directory}", cwd=tmp_path)
    assert again.status == 0, again.err
    after = result_of(directory)
    for key in ("quality", "training", "settings"):
        assert after[key] == before[key]
    assert aucs(after) == aucs(before)
    assert (directory / "metrics.csv").read_text() == table
    assert "run directory: " in again.out


@pytest.mark.parametrize("evaluate_every", [1, 1000])
def test_interrupted_train_says_from_which_epoch_it_will_go_on(tmp_path, evaluate_every):
    process = start("train", *LONG, f"evaluate_every={evaluate_every}", cwd=tmp_path)
    _wait_until(lambda: _rows_in(tmp_path) > 5, process)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=100)
    assert process.returncode == 130
    last, directory = err.splitlines()[-1], only_run(tmp_path)
    again = f"with resume={directory.relative_to(tmp_path)}"
    if evaluate_every == 1000:
        assert last == f"interrupted; there is no checkpoint yet, so it starts again at epoch 1; continue {again}"
        return
    kept = load_checkpoint(directory / "private" / "checkpoints" / "last.ckpt")["epoch"] + 1
    assert kept >= 5
    epochs = "1 epoch is" if kept == 1 else f"{kept} epochs are"
    assert last == f"interrupted; {epochs} kept; continue at epoch {kept + 1} {again}"
    resumed = run_process("train", f"resume={directory}", f"trainer.max_epochs={kept + 1}", cwd=tmp_path)
    assert resumed.status == 0, resumed.err
    assert f"{kept + 1} epochs of" in resumed.out
    assert "continued from last.ckpt" in resumed.out


def test_resume_refuses_a_run_in_training(tmp_path):
    process = start("train", *LONG, cwd=tmp_path)
    _wait_until(lambda: _rows_in(tmp_path) > 30, process)
    os.kill(process.pid, signal.SIGSTOP)  # as a job that a scheduler suspends and starts again elsewhere
    directory = only_run(tmp_path)
    before = _files(directory)
    second = run_process("train", f"resume={directory}", cwd=tmp_path)
    assert second.status == 1
    assert second.err == (
        f"train.py: {directory.relative_to(tmp_path)} is still being trained by another process; wait until that has "
        f"ended, or stop it, and give resume={directory.relative_to(tmp_path)} again\n"
    )
    assert _files(directory) == before
    os.kill(process.pid, signal.SIGCONT)
    _kill(process)


def test_resume_drops_a_half_written_line_of_attacks(tmp_path, uninterrupted):
    process = start("train", *LONG, cwd=tmp_path)
    _wait_until(lambda: _rows_in(tmp_path) > 30, process)
    _kill(process)
    directory = only_run(tmp_path)
    with (directory / "attacks.jsonl").open("a") as file:
        file.write('{"epoch": 4')
    with (directory / "metrics.csv").open("a") as file:
        file.write("9")
    ended = run_process("train", f"resume={directory}", cwd=tmp_path)
    assert ended.status == 0, ended.err
    _assert_equal_runs(directory, uninterrupted)
