"""K networks evaluated together."""

import pytest
import torch
from torch import nn

from pargan.errors import ParganError
from pargan.gan.discriminators import Discriminators
from tests.helpers.tiny import discriminator


def test_discriminators_give_each_network_its_own_row():
    networks = Discriminators(discriminator, 3)
    records = torch.randn(3, 5, 2)
    logits = networks(records)
    assert logits.shape == (3, 5)
    for k, network in enumerate(networks):
        assert torch.equal(logits[k], network(records[k]).squeeze(1))


def test_discriminators_start_from_different_weights():
    networks = Discriminators(discriminator, 3)
    first = [network[0].weight for network in networks]
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[1], first[2])


@pytest.mark.parametrize("tail", [nn.Identity(), nn.Flatten(0)], ids=["(B, 1)", "(B,)"])
def test_discriminators_accept_both_shapes_of_logits(tail):
    networks = Discriminators(lambda: nn.Sequential(discriminator(), tail), 2)
    assert networks(torch.randn(2, 1, 2)).shape == (2, 1)
    assert networks(torch.randn(2, 4, 2)).shape == (2, 4)


def test_discriminators_take_images():
    networks = Discriminators(lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 6, 1)), 2)
    assert networks(torch.randn(2, 7, 3, 4, 6)).shape == (2, 7)


def test_discriminators_refuse_one_shared_network():
    shared = discriminator()
    with pytest.raises(ParganError) as error:
        Discriminators(lambda: shared, 2)
    assert error.value.argument == "discriminator"
    assert "new network at every call" in error.value.remedy
    assert len(Discriminators(lambda: shared, 1)) == 1


@pytest.mark.parametrize("num_partitions", [0, -3])
def test_discriminators_refuse_k_below_one(num_partitions):
    with pytest.raises(ParganError) as error:
        Discriminators(discriminator, num_partitions)
    assert (error.value.argument, error.value.value) == ("num_partitions", num_partitions)
    assert "1 or more" in error.value.remedy


def test_discriminators_refuse_a_batch_of_another_k():
    with pytest.raises(ParganError) as error:
        Discriminators(discriminator, 3)(torch.randn(2, 4, 2))
    assert error.value.argument == "batch"
    assert "K=3" in error.value.remedy
