"""A sweep: one run directory per job, a failed job is survived and named, one table ends it."""

import os
import shlex
import signal
import time

import pytest

from tests.helpers.launch import SMALL, aucs, result_of, rows, run_process, start

pytestmark = pytest.mark.slow
QUICK = (*SMALL, "attack=[nearest_neighbour]", "trainer.max_epochs=1")


def _jobs(folder):
    (sweep,) = (folder / "outputs" / "sweeps").iterdir()
    return sweep, sorted(path for path in sweep.iterdir() if path.is_dir())


def test_multirun_continues_after_a_failed_job_and_names_it(tmp_path):
    ended = run_process("train", "-m", *QUICK, "num_partitions=1,100000,2", "seed=0,1", cwd=tmp_path)
    assert ended.status == 1
    assert "Traceback" not in ended.err
    sweep, jobs = _jobs(tmp_path)
    assert [path.name for path in jobs] == [
        f"{number}-blobs-js-k{k}-s{seed}"
        for number, (k, seed) in enumerate((k, seed) for k in (1, 100000, 2) for seed in (0, 1))
    ]
    results = [result_of(path) for path in jobs]
    assert [result["status"] for result in results] == ["finished"] * 2 + ["failed"] * 2 + ["finished"] * 2
    assert results[2]["error"].startswith("num_partitions=100000 is more than the 120 members")
    assert ended.err.count("job 2 failed: num_partitions=100000") == 1
    table = ended.out[ended.out.index("Mean ± SD over seeds") :]
    assert "num_partitions=1 " in table
    assert "attack/nearest_neighbour/auc" in table
    assert "6 jobs, 2 failed" in table
    summary = {row["num_partitions"]: row for row in rows(sweep / "sweep.csv")}
    assert [(summary[k]["jobs"], summary[k]["failed"]) for k in ("1", "100000", "2")] == [
        ("2", "0"),
        ("0", "2"),
        ("2", "0"),
    ]
    assert "2-blobs-js-k100000-s0 failed:</strong> num_partitions=100000" in (sweep / "sweep.html").read_text()
    assert len(rows(sweep / "sweep_differences.csv")) > 0
    found = [result["attacks"][0]["auc"] for result in results[:2]]
    assert float(summary["1"]["attack/nearest_neighbour/auc/mean"]) == pytest.approx(sum(found) / 2)


def test_multirun_writes_one_wandb_run_per_job(tmp_path):
    wandb = ("logger=wandb", "logger.wandb.mode=offline")
    ended = run_process("train", "-m", *QUICK, *wandb, "loss=js,wgan", "fail_if=samples.auc > 0", cwd=tmp_path)
    assert ended.status == 2, ended.err
    assert ended.out.count("fail_if: failed. Clauses: 1, failed: 1") == 2
    sweep, jobs = _jobs(tmp_path)
    assert len(jobs) == 2
    logs = [list(job.glob("wandb/offline-run-*/run-*.wandb")) for job in jobs]
    assert [len(found) for found in logs] == [1, 1]
    assert logs[0][0].name != logs[1][0].name
    for found in logs:
        assert sweep.name.encode() in found[0].read_bytes()  # the group
    assert "2 jobs, 0 failed" in ended.out


def test_multirun_continues_with_the_jobs_that_are_missing(tmp_path):
    words = ("train", "-m", *QUICK, "seed=0,1,2", "hydra.sweep.dir=sweep")
    assert run_process(*words, cwd=tmp_path).status == 0
    first, second, third = (tmp_path / "sweep" / f"{n}-blobs-js-k3-s{n}" for n in range(3))
    before = (first / "result.json").read_bytes(), result_of(second)
    (second / "result.json").unlink()
    (third / "result.json").write_text('{"status": "failed", "error": "no space left", "settings": {}}')
    refused = run_process(*words[:-1], "seed=0,1", words[-1], cwd=tmp_path)
    assert refused.status == 1
    assert "sweep holds another sweep" in refused.err
    ended = run_process(*words, cwd=tmp_path)
    assert ended.status == 0, ended.err
    assert ended.out.count("finished before: sweep/0-blobs") == ended.out.count("finished before") == 1
    assert (first / "result.json").read_bytes() == before[0]
    assert aucs(result_of(second)) == aucs(before[1])
    assert result_of(third)["status"] == "finished"
    assert "3 jobs, 0 failed" in ended.out
    assert (tmp_path / "sweep" / "pareto.png").is_file()


def test_interrupted_multirun_says_how_to_continue_it(tmp_path):
    words = (*SMALL, "attack=[nearest_neighbour]", "trainer.max_epochs=120", "evaluate_every=40", "seed=0,1")
    process = start("train", "-m", *words, "hydra.sweep.dir=a sweep", cwd=tmp_path)
    history = tmp_path / "a sweep" / "0-blobs-js-k3-s0" / "metrics.csv"
    deadline = time.monotonic() + 120
    while not history.is_file() or len(history.read_text().splitlines()) < 3:
        assert process.poll() is None, "the sweep ended before it could be interrupted"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    begin, end = "interrupted; continue the sweep with ", "; the jobs that have finished are kept, and"
    last = err.splitlines()[-1]
    assert last.startswith(begin)
    ended = run_process("train", *shlex.split(last[len(begin) : last.index(end)]), cwd=tmp_path)
    assert ended.status == 0, ended.err
    assert "2 jobs, 0 failed" in ended.out
