"""A run killed by SIGKILL two dozen times, while it steps, while it writes and in its final audit, ends as if it had
never been interrupted. The moments are drawn from a seed, and counted in calls: they do not depend on the machine.
"""

import importlib
import os
import random
import signal
from functools import partial
from pathlib import Path

import pytest

import pargan.app.train
import pargan.callbacks.attacks
import pargan.io.loggers
from pargan.gan.module import ParGANModule
from tests.helpers.forked import run_forked
from tests.helpers.launch import SMALL, assert_same_weights, aucs, only_run, result_of, rows, strict_json, weights

pytestmark = pytest.mark.slow
AUDITS = importlib.import_module("pargan.audits.audit")  # the attribute of that name is the function
SEED = 20211
TINY = (
    *SMALL,
    "trainer.max_epochs=30",
    "evaluate_every=2",
    "attack=[discriminator_max]",
    "audit.draws=20",
    "callbacks.attacks.draws=20",
    "audit.num_quality=60",
    "~callbacks.samples",
)


def _kill():
    os.kill(os.getpid(), signal.SIGKILL)


def _before_call(holder, name, number, act=lambda *arguments: None):
    """Kill this process at the call number `number` of a function, after `act` with its arguments."""
    original, calls = getattr(holder, name), 0

    def counted(*arguments, **named):
        nonlocal calls
        calls += 1
        if calls == number:
            act(*arguments)
            _kill()
        return original(*arguments, **named)

    setattr(holder, name, counted)


def _cut(descriptor, share):
    os.ftruncate(descriptor, int(os.fstat(descriptor).st_size * share))


def _append_half(path, text):
    with path.open("a") as file:
        file.write(text[: len(text) // 2])


def _in_a_step(rng):
    return partial(_before_call, ParGANModule, "training_step", rng.randint(1, 9))


def _in_a_file(rng):
    return partial(_before_call, os, "fsync", rng.randint(2, 6), partial(_cut, share=rng.random()))


def _before_a_rename(rng):
    return partial(_before_call, Path, "replace", rng.randint(2, 6))


def _in_a_line(rng):
    holder = rng.choice([pargan.callbacks.attacks, pargan.io.loggers])
    return partial(_before_call, holder, "append_text", rng.randint(1, 3), _append_half)


def _in_the_audit(rng):
    stage = rng.choice(["run_attacks", "score_permuted", "judge_controls", "run_set_tests", "reach_verdict"])
    return partial(_before_call, AUDITS, stage, 1)


def _while_the_result_is_written(rng):
    number, share = rng.randint(1, 6), rng.random()

    def before():
        original = pargan.app.train.write_audit

        def write(*arguments, **named):
            _before_call(os, "fsync", number, partial(_cut, share=share))
            return original(*arguments, **named)

        pargan.app.train.write_audit = write

    return before


TRAINING = {_in_a_step: 5, _in_a_file: 6, _before_a_rename: 3, _in_a_line: 3}
AUDIT = {_in_the_audit: 4, _while_the_result_is_written: 4}


def _shuffled(kinds, rng):
    kills = [kind(rng) for kind, number in kinds.items() for _ in range(number)]
    rng.shuffle(kills)
    return kills


def _attack_lines(directory):
    lines = [strict_json(line) for line in (directory / "attacks.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def test_train_killed_many_times_equals_the_uninterrupted_run(tmp_path):
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    ended = run_forked("train", *TINY, cwd=tmp_path / "whole", timeout=200)
    assert ended.status == 0, ended.err
    whole = only_run(tmp_path / "whole")

    rng, given, num_kills = random.Random(SEED), TINY, 0
    for before in [*_shuffled(TRAINING, rng), *_shuffled(AUDIT, rng)]:
        ended = run_forked("train", *given, cwd=tmp_path / "killed", timeout=200, before=before)
        assert ended.status == -signal.SIGKILL, (num_kills, ended)
        num_kills += 1
        directory = only_run(tmp_path / "killed")
        assert (directory / "private" / "membership.npz").exists()
        given = (f"resume={directory}",)
    assert num_kills >= 20
    ended = run_forked("train", *given, cwd=tmp_path / "killed", timeout=200)
    assert ended.status == 0, ended.err

    for name in ("last", "best"):
        assert_same_weights(weights(directory, name), weights(whole, name))
    assert rows(directory / "metrics.csv") == rows(whole / "metrics.csv")
    assert _attack_lines(directory) == _attack_lines(whole)
    ours, theirs = result_of(directory), result_of(whole)
    for key in ("quality", "training", "data", "verdict", "set_tests"):
        assert ours[key] == theirs[key], key
    assert aucs(ours) == aucs(theirs)
    assert not list(directory.rglob(".*.partial"))
