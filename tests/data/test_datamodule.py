from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from pargan.data import datamodule as datamodule_file
from pargan.data.datamodule import PartitionDataModule
from pargan.data.membership import Membership
from pargan.data.partition import contiguous
from pargan.data.sampler import PartitionSampler
from pargan.data.sources.blobs import blobs
from pargan.data.sources.tables import table
from pargan.errors import ParganError
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool
from pargan.records.ranked import Ranked


class OnDisk:
    """Values that are read when they are indexed: record i is the point (i, -i)."""

    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return np.stack([index, -index], axis=1).astype(np.float32)


def lazy(size=120):
    return Pool(OnDisk(size), PointsSpec(2), quality=None, labels=np.arange(size) % 3, to_model=np.asarray)


def resident(size=120):
    return Pool(OnDisk(size)[np.arange(size)], PointsSpec(2), quality=None, labels=np.arange(size) % 3)


def make(source=resident, num_partitions=3, batch_size=6, **settings):
    datamodule = PartitionDataModule(source, num_partitions, batch_size, **settings)
    datamodule.setup()
    return datamodule


def epoch(loader, number):
    loader.sampler.set_epoch(number)
    return torch.stack([batch.records for batch in loader])


def test_train_dataloader_puts_a_resident_pool_on_the_device_of_the_trainer():
    datamodule = make()
    assert {batch.records.device.type for batch in datamodule.train_dataloader()} == {"cpu"}
    datamodule.trainer = SimpleNamespace(strategy=SimpleNamespace(root_device=torch.device("meta")))
    assert {batch.records.device.type for batch in datamodule.train_dataloader()} == {"meta"}


def test_train_dataloader_serves_members_of_each_partition_once_per_epoch():
    datamodule = make()  # 60 members, 20 in a partition, 3 steps of 6
    loader = datamodule.train_dataloader()
    batches = epoch(loader, 0)
    assert datamodule.steps_per_epoch == len(loader) == 3
    assert batches.shape == (3, 3, 6, 2)
    assert batches.dtype == torch.float32
    for k, partition in enumerate(datamodule.membership.partitions):
        seen = batches[:, k, :, 0].flatten().long().tolist()
        assert len(set(seen)) == len(seen) == 18
        assert set(seen) <= set(partition.tolist())


def test_train_dataloader_order_depends_on_seed_and_epoch_only():
    one, other = make().train_dataloader(), make().train_dataloader()
    first, second = epoch(one, 0), epoch(one, 1)
    assert not torch.equal(first, second)
    assert torch.equal(epoch(other, 1), second)  # as after a resume at epoch 1
    assert torch.equal(epoch(one, 0), first)
    assert not torch.equal(epoch(make(seed=1).train_dataloader(), 0), first)


def test_train_dataloader_shuffles_partitions_independently():
    order = epoch(make(scheme=contiguous).train_dataloader(), 0)[..., 0].transpose(0, 1).flatten(1)
    ranks = order.argsort(dim=1)
    assert not torch.equal(ranks[0], ranks[1])


def test_sampler_shuffles_a_partition_alike_whatever_the_number_of_partitions():
    few, many = PartitionSampler(2, 20, 6, seed=4), PartitionSampler(5, 20, 6, seed=4)
    for epoch_number in (0, 3):
        orders = []
        for sampler in (few, many):
            sampler.set_epoch(epoch_number)
            orders.append(torch.cat(list(sampler), 1))  # (K, 18)
        assert torch.equal(orders[0], orders[1][:2])
    positions = PartitionSampler(3, 20, 20, seed=4)
    (order,) = list(positions)
    assert order.sort(1).values.tolist() == torch.arange(60).reshape(3, 20).tolist()


@pytest.mark.parametrize("num_workers", [0, 2])
def test_train_dataloader_gives_equal_batches_of_resident_and_lazy_pools(num_workers):
    expected = make().train_dataloader()
    loader = make(lazy, num_workers=num_workers).train_dataloader()
    assert loader.num_workers == num_workers
    for number in (0, 3):
        assert torch.equal(epoch(loader, number), epoch(expected, number))


def test_train_dataloader_converts_a_large_pool_batch_by_batch(monkeypatch):
    expected = epoch(make().train_dataloader(), 2)
    monkeypatch.setattr(datamodule_file, "RESIDENT_BYTES", 0)
    assert torch.equal(epoch(make().train_dataloader(), 2), expected)


def test_train_dataloader_does_not_use_the_global_random_generator():
    loader = make().train_dataloader()
    before = torch.random.get_rng_state()
    epoch(loader, 0)
    assert torch.equal(torch.random.get_rng_state(), before)


class Recorder(pl.LightningModule):
    """Keeps the batches of all training steps."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.seen = []

    def training_step(self, batch, _):
        self.seen.append((self.current_epoch, batch.records))
        return self.weight * batch.records.sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.0)


def fit(datamodule, epochs, folder, checkpoint=None):
    trainer = pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
    )
    module = Recorder()
    trainer.fit(module, datamodule, ckpt_path=checkpoint)
    trainer.save_checkpoint(folder / "last.ckpt")
    return module.seen


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_datamodule_in_lightning_resumes_and_restores_the_membership(tmp_path):
    whole = fit(make(), 4, tmp_path)
    first = fit(make(), 2, tmp_path)
    resumed = fit(make(), 4, tmp_path, tmp_path / "last.ckpt")
    assert [number for number, _ in whole] == sorted([0, 1, 2, 3] * 3)
    assert not torch.equal(whole[0][1], whole[3][1])
    for (number, batch), (expected, other) in zip(whole, first + resumed, strict=True):
        assert number == expected
        assert torch.equal(batch, other)
    with pytest.raises(ParganError, match="the 3 partitions") as error:
        fit(make(num_partitions=2), 4, tmp_path, tmp_path / "last.ckpt")
    assert (error.value.argument, error.value.value) == ("num_partitions", 2)
    assert "num_partitions=3" in error.value.remedy
    with pytest.raises(ParganError, match="another split") as error:
        fit(make(seed=7), 4, tmp_path, tmp_path / "last.ckpt")
    assert (error.value.argument, error.value.value) == ("seed", 7)
    assert "settings and the membership file of that run" in error.value.remedy


def test_setup_loads_the_pool_once():
    calls = []

    def source():
        calls.append(None)
        return resident()

    datamodule = make(source)
    membership = datamodule.membership
    datamodule.setup("fit")
    assert len(calls) == 1
    assert datamodule.membership is membership
    assert datamodule.spec is datamodule.pool.spec


def test_take_members_returns_their_partitions():
    datamodule = make()
    records, partition = datamodule.take_members()
    assert records.shape == (60, 2)
    for record, k in zip(records, partition, strict=True):
        assert int(record[0]) in datamodule.membership.partitions[k]
    few, partition = datamodule.take_members(11, seed=4)
    again, _ = datamodule.take_members(11, seed=4)
    other, _ = datamodule.take_members(11, seed=5)
    assert len(np.unique(few[:, 0])) == 11
    for record, k in zip(few, partition, strict=True):
        assert int(record[0]) in datamodule.membership.partitions[k]
    np.testing.assert_array_equal(few, again)
    assert not np.array_equal(few, other)


def test_quality_records_are_those_of_the_take_methods():
    datamodule = make()
    real = datamodule.quality_records(10, seed=3)
    np.testing.assert_array_equal(real.members, datamodule.take_members(10, seed=3)[0])
    np.testing.assert_array_equal(real.nonmembers, datamodule.take_nonmembers(10, seed=3))
    np.testing.assert_array_equal(real.reference, datamodule.take_reference())
    np.testing.assert_array_equal(real.reference_labels, real.reference[:, 0].astype(int) % 3)
    whole = datamodule.quality_records()
    first = np.concatenate([whole.members, whole.nonmembers, whole.reference])[:, 0]
    assert sorted(first.tolist()) == list(range(120))


@pytest.mark.parametrize(("max_records", "size"), [(None, 15), (10, 10), (100, 15)])
def test_selection_records_hold_reference_records_in_place_of_nonmembers(max_records, size):
    datamodule = make()
    reference = datamodule.take_reference()
    assert len(reference) == 30
    real = datamodule.selection_records(max_records, seed=3)
    assert len(real.nonmembers) == size
    both = np.concatenate([real.nonmembers, real.reference])
    np.testing.assert_array_equal(np.sort(both, axis=0), np.sort(reference, axis=0))
    np.testing.assert_array_equal(real.nonmember_labels, real.nonmembers[:, 0].astype(int) % 3)
    np.testing.assert_array_equal(real.members, datamodule.take_members(max_records, seed=3)[0])


def test_datamodule_uses_an_existing_membership():
    membership = make(seed=5).membership
    datamodule = make(seed=0, membership=membership)
    assert datamodule.membership is membership


def test_datamodule_refuses_a_membership_of_another_number_of_partitions_or_pool():
    membership = make().membership
    with pytest.raises(ParganError) as error:
        make(num_partitions=4, membership=membership)
    assert (error.value.argument, error.value.value) == ("num_partitions", 4)
    assert "num_partitions=3" in error.value.remedy
    with pytest.raises(ParganError, match="another pool") as error:
        make(partial(resident, 121), membership=membership)
    assert error.value.argument == "membership"
    assert membership.pool_fingerprint[:12] in error.value.problem
    assert "dataset settings of that run" in error.value.remedy


def test_load_state_dict_before_setup_sets_the_membership():
    saved = make(seed=5)
    datamodule = PartitionDataModule(resident, 3, 6, seed=0)
    datamodule.load_state_dict(saved.state_dict())
    datamodule.setup()
    assert datamodule.membership == saved.membership
    assert isinstance(datamodule.membership, Membership)


@pytest.mark.parametrize(
    ("settings", "problem", "remedy"),
    [
        ({"batch_size": 21}, "60 members in 3 partitions are 20 each", "batch_size=20 or less"),
        ({"batch_size": 0}, "nothing to train on", "1 or more"),
        ({"num_partitions": 0}, "nothing to train on", "1 or more"),
        ({"num_partitions": 61}, "more than the 60 members", "num_partitions=60 or less"),
        ({"members": 200}, "does not fit", "ask for less"),
    ],
)
def test_setup_refuses_settings_that_do_not_fit_the_pool(settings, problem, remedy):
    with pytest.raises(ParganError) as error:
        make(**settings)
    ((argument, value),) = settings.items()
    assert (error.value.argument, error.value.value) == (argument, value)
    assert problem in error.value.problem
    assert remedy in error.value.remedy


def test_datamodule_of_the_published_blobs_has_500_members_per_partition():
    datamodule = PartitionDataModule(blobs, 10, 32, members=5000, scheme=contiguous)
    datamodule.setup()
    assert datamodule.membership.partitions.shape == (10, 500)
    assert datamodule.steps_per_epoch == 15


def incomes():
    rng = np.random.default_rng(0)
    income = np.where(rng.random(400) < 0.3, 0.0, np.round(rng.lognormal(5, 1, 400), 2))
    return table(pd.DataFrame({"income": income, "age": rng.integers(18, 90, 400), "sex": rng.choice(["f", "m"], 400)}))


def test_setup_fits_encodings_on_reference_records_or_on_members_and_says_so():
    pools = {fit_on: make(incomes, fit_on=fit_on) for fit_on in ("reference", "members")}
    knots = {name: datamodule.spec.columns[0].knots for name, datamodule in pools.items()}
    values = incomes().spec.decode(incomes().values)["income"]
    groups = {"reference": pools["reference"].membership.reference, "members": pools["members"].membership.members}
    for name, index in groups.items():
        column = pools[name].spec.columns[0]
        assert column == Ranked.fit(column.column, values[index])
        assert column.frequent == ("0.0",)
        decision = pools[name].spec.schema.decision("income")
        assert f"ranks, of {len(index)} {name}" in decision.encoding_why
    assert not any("fitted on the members" in note for note in pools["reference"].pool.notes)
    assert any("fitted on the members" in note for note in pools["members"].pool.notes)
    assert knots["reference"] != knots["members"]


def test_setup_gives_the_same_encoding_for_an_existing_membership():
    first = make(incomes)
    again = make(incomes, membership=first.membership)
    assert again.spec.columns == first.spec.columns
    np.testing.assert_array_equal(again.pool.values, first.pool.values)


def test_init_refuses_to_fit_encodings_on_anything_else():
    with pytest.raises(ParganError, match="choose one of reference, members"):
        PartitionDataModule(incomes, 1, 1, fit_on="nonmembers")


def test_init_refuses_a_split_that_is_no_choice():
    with pytest.raises(ParganError) as error:
        make(split="coin")
    assert (error.value.argument, error.value.remedy) == ("split", "choose one of random, coins")
