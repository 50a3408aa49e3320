"""K networks evaluated together."""

import pytest
import torch
from torch import nn

from pargan.errors import ParganError
from pargan.gan.discriminators import Discriminators
from tests.helpers.tiny import discriminator


def test_each_network_sees_its_own_row_only():
    networks = Discriminators(discriminator, 3)
    records = torch.randn(3, 5, 2)
    logits = networks(records)
    assert logits.shape == (3, 5)
    for k, network in enumerate(networks):
        assert torch.equal(logits[k], network(records[k]).squeeze(1))


def test_networks_start_from_different_weights():
    networks = Discriminators(discriminator, 3)
    first = [network[0].weight for network in networks]
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[1], first[2])


@pytest.mark.parametrize("tail", [nn.Identity(), nn.Flatten(0)], ids=["(B, 1)", "(B,)"])
def test_both_shapes_of_logits_are_taken(tail):
    networks = Discriminators(lambda: nn.Sequential(discriminator(), tail), 2)
    assert networks(torch.randn(2, 1, 2)).shape == (2, 1)
    assert networks(torch.randn(2, 4, 2)).shape == (2, 4)


def test_images():
    networks = Discriminators(lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 6, 1)), 2)
    assert networks(torch.randn(2, 7, 3, 4, 6)).shape == (2, 7)


def test_one_shared_network_is_refused():
    shared = discriminator()
    with pytest.raises(ParganError, match=r"returned one network twice.*builds a new network at every call"):
        Discriminators(lambda: shared, 2)
    assert len(Discriminators(lambda: shared, 1)) == 1


@pytest.mark.parametrize("num_partitions", [0, -3])
def test_k_below_one_is_refused(num_partitions):
    with pytest.raises(ParganError, match=rf"^num_partitions={num_partitions} leaves no discriminator; give 1 or more"):
        Discriminators(discriminator, num_partitions)


def test_a_batch_of_another_k_is_refused():
    with pytest.raises(ParganError, match=r"a batch of 2 partitions met 3 discriminators; .* with K=3$"):
        Discriminators(discriminator, 3)(torch.randn(2, 4, 2))
