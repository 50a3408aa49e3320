"""LeakyReLU whose second derivative is left out: PyTorch's values, first and second pass; and with dropout."""

import pytest
import torch
from torch import nn

from pargan.fast.convolution import FEW, Conv2d
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


@pytest.mark.parametrize("channels", [2, FEW + 1])
def test_leaky_dropout_modifies_the_result_of_a_convolution_in_place(channels):
    network = nn.Sequential(Conv2d(channels, 3, 3), LeakyDropout(0.3, 0.4))
    computed = network[0](torch.randn(2, channels, 5, 5, requires_grad=True))
    assert network[1](computed).data_ptr() == computed.data_ptr()


def test_leaky_dropout_does_not_modify_its_input_records():
    layer, records = LeakyDropout(0.3, 0.4), torch.randn(4, 5)
    before, leaf = records.clone(), records.clone().requires_grad_()
    layer(records)
    layer(leaf).sum().backward()
    assert torch.equal(records, before)
    assert torch.equal(leaf, before)


SAVING = [nn.Tanh(), nn.Sigmoid(), nn.ReLU(), nn.Softmax(1), nn.BatchNorm2d(3), nn.Identity()]


@pytest.mark.parametrize("before", SAVING, ids=lambda layer: type(layer).__name__)
def test_leaky_dropout_does_not_modify_results_that_other_layers_need(before):
    found = []
    records = torch.randn(4, 3, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for after in (LeakyDropout(0.3, 0.4), nn.Sequential(nn.LeakyReLU(0.3), Dropout(0.4))):
        records = records.detach().requires_grad_()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            made = after(before.double()(records))
        made.square().sum().backward()
        found.append((made, records.grad))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("channels", [2, FEW + 1])
@pytest.mark.parametrize("place", ["behind the convolution", "before LeakyDropout"])
def test_leaky_dropout_does_not_modify_what_a_hook_keeps(channels, place):
    network, kept = nn.Sequential(Conv2d(channels, 3, 3), LeakyDropout(0.3, 0.4)), []
    if place == "behind the convolution":
        network[0].register_forward_hook(lambda _, inputs, output: kept.append(output))
    else:
        network[1].register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
    records = torch.randn(2, channels, 5, 5, requires_grad=True)
    network(records).sum().backward()
    torch.testing.assert_close(kept[0], nn.functional.conv2d(records, network[0].weight, network[0].bias))


def test_leaky_dropout_without_gradients_modifies_nothing():
    computed = Conv2d(2, 3, 3)(torch.randn(2, 2, 5, 5, requires_grad=True))
    before = computed.clone()
    with torch.no_grad():
        LeakyDropout(0.3, 0.4)(computed)
    assert torch.equal(computed, before)


def test_leaky_dropout_without_dropout_is_leaky_relu():
    records = torch.randn(4, 5)
    for layer in (LeakyDropout(0.3, 0.4).eval(), LeakyDropout(0.3, 0.0)):
        assert torch.equal(layer(records.requires_grad_() * 1), nn.LeakyReLU(0.3)(records))
