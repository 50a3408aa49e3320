"""Faster layers put into a network of PyTorch's own: what changes, and what stays."""

import copy
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from pargan.fast.convolution import Conv2d, ConvTranspose2d
from pargan.fast.dropout import Dropout
from pargan.fast.layers import use_fast_layers
from pargan.fast.leaky_relu import LeakyDropout
from pargan.models import DCGANDiscriminator, DCGANGenerator, MLPDiscriminator

IMAGES = SimpleNamespace(shape=(1, 12, 12), head=nn.Tanh)


def fast(network):
    use_fast_layers(network)
    return network


def chain():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Flatten(), nn.Linear(400, 1))


def test_use_fast_layers_keeps_parameters_and_keys():
    for network in (chain(), DCGANDiscriminator(IMAGES, width=4), DCGANGenerator(IMAGES, 5, width=4)):
        before = dict(network.named_parameters()), list(network.state_dict())
        fast(network)
        assert list(network.state_dict()) == before[1]
        for name, parameter in network.named_parameters():
            assert parameter is before[0][name]


def test_use_fast_layers_merges_leaky_relu_and_dropout_after_a_convolution():
    layers = [type(layer) for layer in fast(chain())]
    assert layers == [Conv2d, LeakyDropout, nn.Identity, nn.Flatten, nn.Linear]
    types = [type(layer) for layer in fast(MLPDiscriminator(IMAGES, (6,), dropout=0.3))]
    assert types == [nn.Flatten, nn.Linear, nn.LeakyReLU, Dropout, nn.Linear]  # which can be stacked
    assert ConvTranspose2d in [type(layer) for layer in fast(DCGANGenerator(IMAGES, 5, width=4))]


def test_use_fast_layers_twice_is_once():
    network = fast(chain())
    assert repr(fast(network)) == repr(fast(chain()))


@pytest.mark.parametrize("training", [True, False])
def test_use_fast_layers_keeps_modes(training):
    network = chain().train(training)
    assert {layer.training for layer in fast(network).modules()} == {training}


class Reads(nn.Sequential):
    """A network that uses what its convolution computed twice."""

    def forward(self, records):
        hidden = self[0](records)
        return self[1:](hidden).sum() + hidden.sum()


def test_use_fast_layers_merges_nothing_in_a_network_with_a_forward_of_its_own():
    network = nn.Sequential(Reads(*chain())).train()
    assert not any(isinstance(layer, LeakyDropout) for layer in fast(network).modules())


@pytest.mark.parametrize("position", [1, 2])
def test_use_fast_layers_keeps_hooks(position):
    network, seen = chain(), []
    network[position].register_forward_hook(lambda *_: seen.append(1))
    network[0].register_forward_hook(lambda *_: seen.append(0))
    fast(network)(torch.randn(2, 1, 12, 12))
    assert seen == [0, 1]


def test_use_fast_layers_leaves_subclasses_alone():
    class Mine(nn.Conv2d):
        pass

    network = nn.Sequential(Mine(1, 2, 3), nn.utils.parametrizations.spectral_norm(nn.Conv2d(2, 2, 3)))
    types = [type(layer) for layer in network]
    assert [type(layer) for layer in fast(network)] == types


@pytest.mark.parametrize("network", [DCGANGenerator(IMAGES, 5, width=4), DCGANDiscriminator(IMAGES, 4, dropout=0.0)])
def test_use_fast_layers_computes_the_same(network):
    records = torch.randn(3, 5) if isinstance(network, DCGANGenerator) else torch.randn(3, *IMAGES.shape)
    torch.testing.assert_close(fast(copy.deepcopy(network))(records), network(records), atol=1e-5, rtol=1e-4)


def test_fast_dropout_draws_one_number_of_torchs_generator_where_pytorchs_draws_many():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        fast(nn.Sequential(nn.Dropout(0.5)))(torch.ones(4, 1000))
        after = torch.random.get_rng_state()
        torch.manual_seed(0)
        torch.empty((), dtype=torch.int64).random_()
        assert torch.equal(torch.random.get_rng_state(), after)
