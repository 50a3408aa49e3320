"""LeakyReLU whose second derivative is left out: PyTorch's values, first and second pass; and with dropout."""

import pytest
import torch
from torch import nn

from pargan.fast.dropout import Dropout
from pargan.fast.leaky_relu import LeakyDropout, LeakyReLU
from pargan.gan.discriminators import input_gradients
from pargan.losses import Wasserstein


def test_leaky_relu_equals_pytorch_in_values_and_derivatives():
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
    records = torch.randn(1, 7, 4, generator=random)
    Wasserstein().gradient_penalty(input_gradients(lambda records: network(records[0]).T, records)).mean(
        1
    ).sum().backward()
    return {name: parameter.grad for name, parameter in network.named_parameters()}


def test_leaky_relu_gradient_penalty_equals_pytorch_without_a_pass_of_zeros():
    with torch.random.fork_rng():
        ours, theirs = penalised(LeakyReLU), penalised(nn.LeakyReLU)
    for name in ("0.weight", "2.weight", "4.weight"):
        torch.testing.assert_close(ours[name], theirs[name], atol=1e-6, rtol=1e-5)
    assert ours["0.bias"] is None  # a bias has no influence on a slope
    assert not theirs["0.bias"].any()


@pytest.mark.parametrize("transform", [torch.func.vmap, torch.func.grad], ids=["vmap", "grad"])
def test_leaky_relu_under_functional_transforms(transform):
    records = torch.randn(6)
    function, expected = (lambda values, kind=kind: kind(0.2)(values).sum() for kind in (LeakyReLU, nn.LeakyReLU))
    torch.testing.assert_close(transform(function)(records), transform(expected)(records))


def test_leaky_dropout_equals_the_two_layers():
    found = []
    for layer in (LeakyDropout(0.3, 0.4), nn.Sequential(nn.LeakyReLU(0.3), Dropout(0.4))):
        records = torch.linspace(-1, 1, 60, dtype=torch.float64).reshape(6, 10).requires_grad_()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            made = layer(records * 2)
        (made * torch.arange(60).reshape(6, 10)).sum().backward()
        found.append((made, records.grad))
    assert (found[0][0] == 0).any()
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


def test_leaky_dropout_has_second_derivatives():
    records = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)

    def seeded(values):
        torch.manual_seed(2)
        return LeakyDropout(0.3, 0.4)(values.square())

    with torch.random.fork_rng():
        assert torch.autograd.gradcheck(seeded, records)
        assert torch.autograd.gradgradcheck(lambda values: seeded(values).square(), records)


def test_leaky_dropout_does_not_modify_its_input_records():
    layer, records = LeakyDropout(0.3, 0.4), torch.randn(4, 5)
    before, leaf = records.clone(), records.clone().requires_grad_()
    layer(records)
    layer(leaf).sum().backward()
    assert torch.equal(records, before)
    assert torch.equal(leaf, before)


def test_leaky_dropout_without_dropout_is_leaky_relu():
    records = torch.randn(4, 5)
    for layer in (LeakyDropout(0.3, 0.4).eval(), LeakyDropout(0.3, 0.0)):
        assert torch.equal(layer(records.requires_grad_() * 1), nn.LeakyReLU(0.3)(records))
