"""Batches, groups and checkpoints of the partitioning datamodule."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from pargan.data import datamodule as datamodule_file
from pargan.data.datamodule import PartitionDataModule
from pargan.data.membership import Membership
from pargan.data.partition import contiguous
from pargan.data.sources.points import blobs
from pargan.errors import ParganError
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool


class OnDisk:
    """Values that are read when they are asked for: record i is the point (i, -i)."""

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


def test_a_resident_pool_lies_where_the_trainer_trains():
    datamodule = make()
    assert {batch.records.device.type for batch in datamodule.train_dataloader()} == {"cpu"}
    datamodule.trainer = SimpleNamespace(strategy=SimpleNamespace(root_device=torch.device("meta")))
    assert {batch.records.device.type for batch in datamodule.train_dataloader()} == {"meta"}


def test_batches_hold_own_members_of_each_partition_once():
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


def test_epochs_differ_and_repeat_from_their_number_alone():
    one, other = make().train_dataloader(), make().train_dataloader()
    first, second = epoch(one, 0), epoch(one, 1)
    assert not torch.equal(first, second)
    assert torch.equal(epoch(other, 1), second)  # whoever starts at epoch 1
    assert torch.equal(epoch(one, 0), first)
    assert not torch.equal(epoch(make(seed=1).train_dataloader(), 0), first)


def test_partitions_are_shuffled_independently():
    order = epoch(make(scheme=contiguous).train_dataloader(), 0)[..., 0].transpose(0, 1).flatten(1)
    ranks = order.argsort(dim=1)
    assert not torch.equal(ranks[0], ranks[1])


@pytest.mark.parametrize("num_workers", [0, 2])
def test_resident_and_lazy_pools_give_the_same_batches(num_workers):
    expected = make().train_dataloader()
    loader = make(lazy, num_workers=num_workers).train_dataloader()
    assert loader.num_workers == num_workers
    for number in (0, 3):
        assert torch.equal(epoch(loader, number), epoch(expected, number))


def test_members_too_many_to_convert_up_front_are_converted_batch_by_batch(monkeypatch):
    expected = epoch(make().train_dataloader(), 2)
    monkeypatch.setattr(datamodule_file, "RESIDENT_BYTES", 0)
    assert torch.equal(epoch(make().train_dataloader(), 2), expected)


def test_serving_batches_leaves_the_global_generator_alone():
    loader = make().train_dataloader()
    before = torch.random.get_rng_state()
    epoch(loader, 0)
    assert torch.equal(torch.random.get_rng_state(), before)


class Recorder(pl.LightningModule):
    """Keeps the batches it is given."""

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
def test_lightning_trains_resumes_and_restores_the_membership(tmp_path):
    whole = fit(make(), 4, tmp_path)
    first = fit(make(), 2, tmp_path)
    resumed = fit(make(), 4, tmp_path, tmp_path / "last.ckpt")
    assert [number for number, _ in whole] == sorted([0, 1, 2, 3] * 3)
    assert not torch.equal(whole[0][1], whole[3][1])
    for (number, batch), (expected, other) in zip(whole, first + resumed, strict=True):
        assert number == expected
        assert torch.equal(batch, other)
    with pytest.raises(ParganError, match=r"^num_partitions=2, but the checkpoint has 3 partitions"):
        fit(make(num_partitions=2), 4, tmp_path, tmp_path / "last.ckpt")
    with pytest.raises(ParganError, match="made with another split than seed=7 gives here"):
        fit(make(seed=7), 4, tmp_path, tmp_path / "last.ckpt")


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


def test_taking_members_names_their_partitions():
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


def test_a_split_agrees_with_what_the_groups_give():
    datamodule = make()
    split = datamodule.split(10, seed=3)
    np.testing.assert_array_equal(split.members, datamodule.take_members(10, seed=3)[0])
    np.testing.assert_array_equal(split.nonmembers, datamodule.take_nonmembers(10, seed=3))
    np.testing.assert_array_equal(split.reference, datamodule.take_reference())
    np.testing.assert_array_equal(split.reference_labels, split.reference[:, 0].astype(int) % 3)
    whole = datamodule.split()
    everyone = np.concatenate([whole.members, whole.nonmembers, whole.reference])[:, 0]
    assert sorted(everyone.tolist()) == list(range(120))


def test_a_given_membership_is_used():
    membership = make(seed=5).membership
    datamodule = make(seed=0, membership=membership)
    assert datamodule.membership is membership


def test_a_given_membership_must_fit():
    membership = make().membership
    with pytest.raises(ParganError, match=r"^num_partitions=4, but the given membership has 3 partitions; set"):
        make(num_partitions=4, membership=membership)
    with pytest.raises(ParganError, match=r"the data set's records .* are not those the membership was made for"):
        make(partial(resident, 121), membership=membership)


def test_a_checkpoint_state_can_be_taken_over_before_setup():
    saved = make(seed=5)
    datamodule = PartitionDataModule(resident, 3, 6, seed=0)
    datamodule.load_state_dict(saved.state_dict())
    datamodule.setup()
    assert datamodule.membership == saved.membership
    assert isinstance(datamodule.membership, Membership)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"batch_size": 21},
            r"^data\.batch_size=21 is more than a partition holds \(60 members in 3 partitions are 20 "
            r"each\); set data\.batch_size=20 or less, or fewer num_partitions$",
        ),
        ({"batch_size": 0}, r"^data\.batch_size=0 is no batch"),
        ({"num_partitions": 0}, r"^num_partitions=0 leaves nothing"),
        ({"num_partitions": 61}, r"^num_partitions=61 is more than the 60 members"),
        ({"members": 200}, r"^data\.members=200 does not fit"),
    ],
)
def test_bad_settings_get_one_sentence(settings, sentence):
    with pytest.raises(ParganError, match=sentence):
        make(**settings)


def test_blobs_as_published():
    datamodule = PartitionDataModule(blobs, 10, 32, members=5000, scheme=contiguous)
    datamodule.setup()
    assert datamodule.membership.partitions.shape == (10, 500)
    assert datamodule.steps_per_epoch == 15
