"""A disk that fills up while a run writes: one sentence, earlier files whole, and the run can go on."""

import os
import subprocess

import pytest

from tests.helpers.launch import SMALL, only_run, result_of, rows, run_process

pytestmark = pytest.mark.slow


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_train_stops_on_a_full_disk_and_resumes(small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2_200_000))
    arguments = (*SMALL, "trainer.max_epochs=60", "evaluate_every=1", "attack=[nearest_neighbour]")
    ended = run_process("train", *arguments, cwd=small_disk)
    assert ended.status == 1
    assert "Traceback" not in ended.err
    assert ended.err.splitlines()[-1].startswith("train.py: the disk is full: ")
    directory = only_run(small_disk)
    assert not list(directory.rglob("*.partial"))
    assert not (directory / "result.json").exists()
    ballast.unlink()
    ended = run_process("train", f"resume={directory}", "trainer.max_epochs=12", cwd=small_disk)
    assert ended.status == 0, ended.err
    assert result_of(directory)["status"] == "finished"
    assert [int(row["epoch"]) for row in rows(directory / "metrics.csv")] == list(range(12))


def test_train_on_a_disk_that_is_full_from_the_start(small_disk):
    ballast = small_disk / "ballast"
    subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=64k"], capture_output=True)  # until it is full
    ended = run_process("train", *SMALL, cwd=small_disk)
    assert ended.status == 1
    (line,) = ended.err.splitlines()
    assert line.startswith("train.py: the disk is full: ")
