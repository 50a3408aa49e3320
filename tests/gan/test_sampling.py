"""Drawing from a generator, and eval mode that is always taken back."""

import pytest
import torch
from torch import nn

from pargan.gan.sampling import evaluating, sample
from tests.helpers.tiny import LATENT, generator, with_noise_and_batch_norm


def test_evaluating_restores_modes_and_gradients():
    network, factory = with_noise_and_batch_norm()
    other = factory()
    network[1].eval()  # a frozen BatchNorm inside a network in train mode
    before = [each.training for each in (*network.modules(), *other.modules())]
    with evaluating(network, other):
        assert not any(each.training for each in (*network.modules(), *other.modules()))
        assert not torch.is_grad_enabled()
    assert [each.training for each in (*network.modules(), *other.modules())] == before
    assert torch.is_grad_enabled()


def test_evaluating_restores_modes_after_an_error():
    network, _ = with_noise_and_batch_norm()
    with pytest.raises(ZeroDivisionError), evaluating(network):
        raise ZeroDivisionError
    assert network.training
    assert network[1].training


def test_sample_depends_on_the_seed_alone():
    network = generator()
    one = sample(network, 23, LATENT, seed=4)
    torch.manual_seed(0)
    assert torch.equal(sample(network, 23, LATENT, seed=4), one)
    torch.testing.assert_close(sample(network, 23, LATENT, seed=4, batch_size=5), one)
    assert not torch.equal(sample(network, 23, LATENT, seed=5), one)
    latents = torch.randn(23, LATENT, generator=torch.Generator().manual_seed(4))
    torch.testing.assert_close(one, network(latents).detach())
    assert not one.requires_grad


def test_sample_changes_no_state():
    network, _ = with_noise_and_batch_norm()
    state = {name: value.clone() for name, value in network.state_dict().items()}
    random_state = torch.random.get_rng_state()
    sample(network, 30, LATENT, seed=0)
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), random_state)
    assert network.training


def test_sample_takes_a_generator_without_parameters():
    assert sample(nn.Flatten(), 7, LATENT, seed=0).shape == (7, LATENT)
