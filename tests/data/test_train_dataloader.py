"""Batches of an epoch: which records they hold, in which order, on which device."""

from types import SimpleNamespace

import pytest
import torch

from pargan.data import datamodule as datamodule_file
from pargan.data.partition import contiguous
from pargan.data.sampler import PartitionSampler
from tests.helpers.partitioned import lazy, make


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
