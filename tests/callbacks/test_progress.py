import re
import threading
import time
from functools import partial

import pytest
import torch
from rich.progress import Progress

from pargan import AttackCallback
from pargan.attacks import NearestNeighbour, OwnPartition
from pargan.callbacks import EpochProgress
from pargan.errors import ParganError
from pargan.io import progress
from pargan.io.progress import progress_bar
from tests.helpers.tiny import blobs_in_partitions, gan, trainer


def run(folder, epochs, *before, **settings):
    bar = EpochProgress(["own_partition"])
    pl_trainer = trainer(folder, epochs, [*before, bar], enable_progress_bar=True)
    pl_trainer.fit(settings.get("module", gan()), blobs_in_partitions(), ckpt_path=settings.get("checkpoint"))
    return bar, pl_trainer


def shown(capsys):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)


def test_epoch_progress_counts_epochs_and_shows_the_auc(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    watching = AttackCallback({"own_partition": OwnPartition()}, num_records=30, num_samples=30, draws=20)
    _, pl_trainer = run(tmp_path, 3, watching)
    last = shown(capsys).strip().splitlines()[-1]
    auc = float(pl_trainer.callback_metrics["attack/own_partition/auc"])
    assert "3/3" in last
    assert last.endswith(f"AUC own_partition {auc:.3f}")


def test_epoch_progress_of_a_resumed_run_starts_at_its_epoch(tmp_path, capsys):
    _, pl_trainer = run(tmp_path, 2)
    pl_trainer.save_checkpoint(tmp_path / "last.ckpt")
    shown(capsys)
    run(tmp_path, 4, checkpoint=tmp_path / "last.ckpt")
    text = shown(capsys)
    assert "4/4" in text
    assert "0/4" not in text


def test_epoch_progress_stops_on_an_error(tmp_path):
    module = gan()
    for weight in module.generator.parameters():
        weight.data.fill_(float("nan"))
    bar = EpochProgress()
    with pytest.raises(ParganError):
        trainer(tmp_path, 2, [bar], enable_progress_bar=True).fit(module, blobs_in_partitions())
    assert bar._progress is None


def test_epoch_progress_shows_the_bar_of_a_slow_attack_below(tmp_path, capsys, monkeypatch):
    started, another, start = [], threading.Event(), Progress.start
    monkeypatch.setattr(Progress, "start", lambda self: (start(self), started.append(self), another.set()))
    monkeypatch.setattr(progress, "DELAY", 0.0)
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal, to rich

    class Slow(NearestNeighbour):
        def __call__(self, view, records):
            with progress_bar("slow attack", 3) as done:
                done(2)
                time.sleep(0.05)  # a display of its own would have started by now
                started[0].refresh()
                return super().__call__(view, records)

    run(tmp_path, 1, AttackCallback({"slow": Slow()}, num_records=30, num_samples=30, draws=20))
    assert len(started) == 1
    text = shown(capsys)
    assert re.search(r"slow attack +2/3", text)
    assert "slow attack" not in text.strip().splitlines()[-1]
    another.clear()
    with progress_bar("afterwards", 1):
        assert another.wait(10)


def test_epoch_progress_prints_lines_where_there_is_no_terminal(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("pargan.callbacks.progress.SOONEST", 0.0)
    monkeypatch.setattr("pargan.callbacks.pace.LEAST_SECONDS", 0.0)
    watching = AttackCallback({"own_partition": OwnPartition()}, 2, num_records=30, num_samples=30, draws=20)
    run(tmp_path, 4, watching, module=gan(discriminator_optimizer=partial(torch.optim.Adam, lr=0.05)))
    lines = shown(capsys).splitlines()
    (estimate,) = [line for line in lines if "generator steps" in line]
    assert "for 16 generator steps, evaluations apart; a step takes " in estimate
    evaluated = [line for line in lines if line.startswith("epoch ")]
    assert not [line for line in lines if "━" in line]  # no bar in a log file
    assert [line.split(",")[0] for line in evaluated] == ["epoch 1/4", "epoch 2/4", "epoch 4/4"]
    assert all(", AUC own_partition 0." in line for line in evaluated)
    assert ["left" in line for line in evaluated] == [True, True, False]


def test_epoch_progress_prints_a_line_a_minute_in_long_epochs(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("pargan.callbacks.progress.EVERY", 0.0)
    run(tmp_path, 1)
    lines = [line for line in shown(capsys).splitlines() if line == "epoch 0/1"]
    assert len(lines) == 4  # the steps of the epoch


def test_epoch_progress_shows_nothing_when_disabled(tmp_path, capsys):
    bar = EpochProgress()
    bar.disable()
    trainer(tmp_path, 1, [bar], enable_progress_bar=True).fit(gan(), blobs_in_partitions())
    assert shown(capsys) == ""


@pytest.mark.parametrize("attacks", ["own_partition", 5, [1], {"own_partition": 1}])
def test_epoch_progress_refuses_what_is_no_list_of_names(attacks):
    with pytest.raises(ParganError, match="is not a list of names"):
        EpochProgress(attacks)
