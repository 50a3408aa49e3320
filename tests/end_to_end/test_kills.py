"""A run killed twenty times and more, also while it writes and in its final audit, ends as if never interrupted."""

import random
import signal
import time

import pytest

from tests.helpers.forked import Forked, run_forked
from tests.helpers.launch import SMALL, assert_same_weights, aucs, only_run, result_of, rows, strict_json, weights

pytestmark = pytest.mark.slow
EPOCHS = 300
ATTACKS = "attack=[discriminator_max,nearest_neighbour]"
LONG = (*SMALL, f"trainer.max_epochs={EPOCHS}", "evaluate_every=5", ATTACKS, "audit.draws=3000")
KILLS = {"at any moment": 12, "while it writes": 6, "in the final audit": 4}
SEED = 20211


def _partial_files(directory):
    folders = [directory, directory / "checkpoints", directory / "samples"]
    return [name for folder in folders if folder.is_dir() for name in folder.iterdir() if name.suffix == ".partial"]


def _is_in_audit(directory):
    path = directory / "metrics.csv"
    return path.exists() and path.read_bytes().count(b"\n") == EPOCHS + 1 and not (directory / "result.json").exists()


def _wait(ready, process, seconds=60):
    deadline = time.monotonic() + seconds
    while process.is_running() and not ready() and time.monotonic() < deadline:
        time.sleep(0.0005)


def _kill(kind, process, directory, rng):
    if kind == "at any moment":
        _wait(lambda: False, process, rng.uniform(0, 4))
    elif kind == "while it writes":
        for _ in range(rng.randrange(1, 4)):
            _wait(lambda: not _partial_files(directory), process)
            _wait(lambda: _partial_files(directory), process)
    else:
        _wait(lambda: _is_in_audit(directory), process)
        _wait(lambda: False, process, rng.uniform(0, 1))
    process.signal(signal.SIGKILL)


def _lines(directory):
    lines = [strict_json(line) for line in (directory / "attacks.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def test_train_killed_many_times_equals_the_uninterrupted_run(tmp_path):
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    ended = run_forked("train", *LONG, cwd=tmp_path / "whole", timeout=400)
    assert ended.status == 0, ended.err
    whole = only_run(tmp_path / "whole")

    rng = random.Random(SEED)
    early = [kind for kind in list(KILLS)[:2] for _ in range(KILLS[kind])]
    rng.shuffle(early)
    process, directory, counted = Forked("train", *LONG, cwd=tmp_path / "killed"), None, dict.fromkeys(KILLS, 0)
    _wait(lambda: list((tmp_path / "killed").glob("outputs/*/*/membership.npz")), process)
    directory = only_run(tmp_path / "killed")
    for kind in [*early, *["in the final audit"] * KILLS["in the final audit"]]:
        _kill(kind, process, directory, rng)
        ended = process.end()
        counted[kind] += ended.status == -signal.SIGKILL
        assert ended.status in (0, -signal.SIGKILL), ended.err
        process = Forked("train", f"resume={directory}", cwd=tmp_path / "killed")
    ended = process.end(400)
    assert ended.status == 0, ended.err
    assert sum(counted.values()) >= 20, counted

    for name in ("last", "best"):
        assert_same_weights(weights(directory, name), weights(whole, name))
    assert rows(directory / "metrics.csv") == rows(whole / "metrics.csv")
    assert _lines(directory) == _lines(whole)
    for key in ("quality", "training", "data"):
        assert result_of(directory)[key] == result_of(whole)[key], key
    assert aucs(result_of(directory)) == aucs(result_of(whole))
    assert not list(directory.rglob(".*.partial"))
