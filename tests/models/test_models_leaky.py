"""LeakyReLU whose second derivative is left out: PyTorch's values, first and second pass, and what is saved."""

import pytest
import torch
from torch import nn

from pargan.losses import Wasserstein
from pargan.models.leaky import LeakyReLU


def test_values_and_first_and_second_pass():
    records = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    layer = LeakyReLU(0.3)
    assert torch.equal(layer(records), nn.LeakyReLU(0.3)(records))
    assert torch.autograd.gradcheck(layer, records)
    assert torch.autograd.gradgradcheck(lambda values: layer(values).square(), records)


def critic(kind):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), kind(0.3), nn.Linear(6, 5), kind(0.3), nn.Linear(5, 1))


def penalised(kind):
    network = critic(kind)
    random = torch.Generator().manual_seed(1)
    real, fake = (torch.randn(1, 7, 4, generator=random) for _ in range(2))
    Wasserstein().penalty(lambda records: network(records[0]).T, real, fake).sum().backward()
    return {name: parameter.grad for name, parameter in network.named_parameters()}


def test_a_gradient_penalty_has_pytorchs_gradients_and_sends_no_zeros_back():
    with torch.random.fork_rng():
        ours, theirs = penalised(LeakyReLU), penalised(nn.LeakyReLU)
    for name in ("0.weight", "2.weight", "4.weight"):
        torch.testing.assert_close(ours[name], theirs[name], atol=1e-6, rtol=1e-5)
    assert ours["0.bias"] is None  # a bias has no influence on a slope
    assert not theirs["0.bias"].any()


@pytest.mark.parametrize("transform", [torch.func.vmap, torch.func.grad], ids=["vmap", "grad"])
def test_functional_transforms(transform):
    records = torch.randn(6)
    function, expected = (lambda values, kind=kind: kind(0.2)(values).sum() for kind in (LeakyReLU, nn.LeakyReLU))
    torch.testing.assert_close(transform(function)(records), transform(expected)(records))
