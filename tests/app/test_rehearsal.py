import random

import torch

from pargan.app import rehearsal
from pargan.app.prepare import prepare
from tests.helpers.composed import composed
from tests.helpers.tiny import assert_equal_weights, weights

SMALL = ("dataset=blobs", "trainer=cpu", "num_partitions=3", "data.members=90", "data.batch_size=10")


def prepared(tmp_path, *overrides):
    cfg = composed(*SMALL, "trainer.max_epochs=700", *overrides, folder=tmp_path / "run")
    return cfg, prepare(cfg)


def as_if_slow(monkeypatch):
    monkeypatch.setattr(rehearsal, "reason_not_stackable", lambda networks: "they are slow")
    monkeypatch.setattr(rehearsal, "LONG", 0.0)


def test_how_long_rehearses_steps_and_leaves_the_run_as_it_was(tmp_path, monkeypatch):
    as_if_slow(monkeypatch)
    cfg, run = prepared(tmp_path)
    before = weights(run.module), torch.get_rng_state(), random.getstate()
    first = next(iter(run.datamodule.train_dataloader())).records.clone()
    estimate = rehearsal.how_long(cfg, run)
    assert "for 2,100 generator steps, evaluations apart; a step takes" in estimate
    assert estimate.endswith("measured over 2")
    assert_equal_weights(weights(run.module), before[0])
    assert torch.equal(torch.get_rng_state(), before[1])
    assert random.getstate() == before[2]
    assert torch.equal(next(iter(run.datamodule.train_dataloader())).records, first)
    assert run.module.generator_steps == 0
    assert run.datamodule.trainer is None
    assert not (tmp_path / "run").exists()


def test_how_long_says_nothing_of_trainings_that_say_it_themselves_or_end_soon(tmp_path, monkeypatch):
    cfg, run = prepared(tmp_path)
    monkeypatch.setattr(rehearsal, "LONG", 0.0)
    assert rehearsal.how_long(cfg, run) is None  # dense networks
    as_if_slow(monkeypatch)
    cfg, run = prepared(tmp_path, "generator_steps=1000")
    assert rehearsal.how_long(cfg, run) is None
    monkeypatch.undo()
    monkeypatch.setattr(rehearsal, "reason_not_stackable", lambda networks: "they are slow")
    cfg, run = prepared(tmp_path)
    assert rehearsal.how_long(cfg, run) is None  # less than hours
