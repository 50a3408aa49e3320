"""AttackCallback: interval, subsamples, the lines it writes, explicit records."""

import json

import pytest
import torch
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint
from torch.utils.data import DataLoader

from pargan import AttackCallback
from pargan.attacks import Calibrated, DiscriminatorMean, NearestNeighbour, OwnPartition, SamplesView
from pargan.errors import ParganError
from tests.helpers.tiny import attack_records, batches, blobs_in_partitions, fit_on, gan, trainer


class Counting:
    """An attack by coin toss that notes how many records it was asked about."""

    access = SamplesView

    def __init__(self):
        self.sizes = []

    def __call__(self, view, records):
        self.sizes.append(len(records))
        return torch.rand(len(records))


ATTACKS = {
    "discriminator_mean": DiscriminatorMean(),
    "own_partition": OwnPartition(),
    "nearest_neighbour": NearestNeighbour(),
}


def callback(attacks=None, **settings):
    defaults = {"num_records": 40, "num_samples": 50, "draws": 20}
    return AttackCallback(ATTACKS if attacks is None else attacks, **{**defaults, **settings})


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


class Logged(Callback):
    """What callbacks before this one logged in each epoch."""

    def __init__(self):
        self.epochs = []

    def on_train_epoch_end(self, trainer, pl_module):
        self.epochs.append({key: float(value) for key, value in trainer.callback_metrics.items()})


def test_attackcallback_logs_metrics_and_writes_them_as_lines(tmp_path):
    path = tmp_path / "attacks.jsonl"
    made = trainer(tmp_path, 2, [callback(path=path)])
    made.fit(gan(), blobs_in_partitions())
    found = lines(path)
    assert [(line["epoch"], line["attack"]) for line in found] == [(e, name) for e in (0, 1) for name in ATTACKS]
    for line in found[3:]:
        for key in ("auc", "auc_low", "auc_high"):
            assert made.callback_metrics[f"attack/{line['attack']}/{key}"] == pytest.approx(line[key], rel=1e-6)
        assert line["auc_low"] <= line["auc"] <= line["auc_high"]
        assert (line["num_members"], line["num_nonmembers"]) == (40, 40)
    assert [line["access"] for line in found[:3]] == ["discriminators", "partitions", "samples"]


def test_attackcallback_logs_tpr_at_one_percent_of_enough_nonmembers(tmp_path):
    records = attack_records(size=200)
    made = fit_on(batches(1), gan(), tmp_path, callbacks=[callback(num_records=200, records=records)])
    assert 0 <= made.callback_metrics["attack/own_partition/tpr_at_1pct_fpr"] <= 1


@pytest.mark.parametrize(
    ("every", "epochs", "expected"),
    [(1, 3, [0, 1, 2]), (3, 8, [0, 2, 5, 7]), (100, 4, [0, 3]), (2, 4, [0, 1, 3]), (4, 1, [0])],
)
def test_attackcallback_runs_every_nth_epoch_and_the_first_and_the_last(every, epochs, expected, tmp_path):
    path = tmp_path / "attacks.jsonl"
    watching = callback({"coin": Counting()}, every_n_epochs=every, path=path)
    trainer(tmp_path, epochs, [watching]).fit(gan(), blobs_in_partitions())
    assert [line["epoch"] for line in lines(path)] == expected


def test_attackcallback_may_stand_beside_another_with_its_own_interval_and_size(tmp_path):
    often, seldom = Counting(), Counting()
    callbacks = [
        callback({"often": often}, num_records=15),
        callback({"seldom": seldom}, every_n_epochs=3, num_records=None),
    ]
    trainer(tmp_path, 4, callbacks).fit(gan(), blobs_in_partitions())
    assert often.sizes == [15 + 15] * 4
    assert seldom.sizes == [120 + 60] * 3  # all there are, after epochs 0, 2 and 3


def test_attackcallback_attacks_the_same_records_every_epoch(tmp_path):
    seen = []

    class Remembering(Counting):
        def __call__(self, view, records):
            seen.append(records.clone())
            return super().__call__(view, records)

    trainer(tmp_path, 2, [callback({"a": Remembering()}, num_records=15)]).fit(gan(), blobs_in_partitions())
    assert torch.equal(*seen)


def test_attackcallback_counts_its_seconds(tmp_path):
    watched = callback()
    trainer(tmp_path, 1, [watched]).fit(gan(), blobs_in_partitions())
    assert 0 < watched.seconds < 60


def test_attackcallback_with_explicit_records_needs_no_datamodule(tmp_path):
    path = tmp_path / "attacks.jsonl"
    made = fit_on(batches(2), gan(), tmp_path, callbacks=[callback(records=attack_records(), path=path)])
    assert 0 <= made.callback_metrics["attack/nearest_neighbour/auc"] <= 1
    assert {line["num_members"] for line in lines(path)} == {30}


def test_attackcallback_subsamples_explicit_records(tmp_path):
    few, all_of_them = Counting(), Counting()
    callbacks = [
        callback({"few": few}, num_records=10, records=attack_records()),
        callback({"all": all_of_them}, num_records=500, records=attack_records()),
    ]
    fit_on(batches(1), gan(), tmp_path, callbacks=callbacks)
    assert few.sizes == [10 + 10]
    assert all_of_them.sizes == [30 + 30]


def test_attackcallback_without_datamodule_and_records_is_refused(tmp_path):
    with pytest.raises(ParganError, match=r"^AttackCallback needs to know .*; fit with a PartitionDataModule, or pass"):
        fit_on(batches(1), gan(), tmp_path, callbacks=[callback()])


def test_attackcallback_refuses_an_interval_below_one():
    with pytest.raises(ParganError, match=r"every_n_epochs=0 .* give 1 or more"):
        callback(every_n_epochs=0)


def test_attackcallback_of_a_resumed_run_drops_lines_it_measures_again(tmp_path):
    path = tmp_path / "attacks.jsonl"

    def run(epochs, checkpoint=None):
        keep = ModelCheckpoint(tmp_path, filename="{epoch}", save_top_k=-1)
        made = trainer(tmp_path, epochs, [callback(path=path), keep])
        made.fit(gan(), blobs_in_partitions(), ckpt_path=checkpoint)

    def metrics():
        return [{key: value for key, value in line.items() if key != "seconds"} for line in lines(path)]

    run(4)
    whole = metrics()
    with path.open("a") as file:
        file.write('{"epoch": 4, "attack": "own_par')  # killed in the middle of a line
    run(4, tmp_path / "epoch=1.ckpt")
    assert metrics() == whole


@pytest.mark.parametrize("name", ["attack/own_partition/auc", "attack/nearest_neighbour/auc_high"])
def test_attackcallback_metrics_can_be_monitored(name, tmp_path):
    best = ModelCheckpoint(tmp_path, filename="best", monitor=name, mode="min")
    stopping = EarlyStopping(monitor=name, mode="max", patience=2, min_delta=1.0, check_on_train_epoch_end=True)
    logged = Logged()
    made = trainer(tmp_path, 10, [callback(), logged, stopping, best])
    made.fit(gan(), blobs_in_partitions())
    assert made.current_epoch == 3  # an AUC cannot rise by 1: two epochs without improvement
    assert float(best.best_model_score) == min(epoch[name] for epoch in logged.epochs)
    assert (tmp_path / "best.ckpt").is_file()


def test_attackcallback_metrics_can_be_monitored_between_intervals(tmp_path):
    name = "attack/own_partition/auc"
    best = ModelCheckpoint(tmp_path, filename="best", monitor=name, mode="min", every_n_epochs=2)
    stopping = EarlyStopping(monitor=name, mode="min", patience=50, check_on_train_epoch_end=True)
    made = trainer(tmp_path, 5, [callback(every_n_epochs=2), stopping, best])
    made.fit(gan(), blobs_in_partitions())
    assert made.current_epoch == 5
    assert (tmp_path / "best.ckpt").is_file()


def test_attackcallback_does_not_modify_records(tmp_path):
    real = batches(2)
    before = real.clone()
    records = attack_records()
    trainer(tmp_path, 1, [callback(records=records)]).fit(gan(), DataLoader(list(real), batch_size=None))
    assert torch.equal(real, before)
    assert torch.equal(records.members, attack_records().members)


def test_attackcallback_refuses_an_attack_that_trains_models():
    with pytest.raises(ParganError, match=r"^attack=mine trains reference models of its own, .* the finished run"):
        callback({"mine": Calibrated(NearestNeighbour())})
