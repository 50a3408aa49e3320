"""Networks: the published ones layer by layer, every size, initial weights, gradients."""

from math import sqrt

import numpy as np
import pytest
import torch
from torch import nn

from pargan.errors import ParganError
from pargan.fast import use_fast_layers
from pargan.models import DCGANDiscriminator, DCGANGenerator, MLPDiscriminator, MLPGenerator
from pargan.records.columns import Categorical, Integer, Numeric
from pargan.records.images import ImageSpec
from pargan.records.points import PointsSpec
from pargan.records.tables import TableSpec
from pargan.seeding import seeded

MNIST, CIFAR = ImageSpec(1, 28, 28), ImageSpec(3, 32, 32)
SIZES = [MNIST, CIFAR, ImageSpec(1, 8, 8), ImageSpec(3, 64, 64), ImageSpec(1, 9, 9), ImageSpec(2, 7, 5)]
SIZES += [ImageSpec(1, 28, 14), ImageSpec(3, 12, 20), ImageSpec(1, 1, 1), ImageSpec(1, 30, 45)]


def table():
    columns = {
        "age": np.array([20.0, 35.5, 60.0]),
        "town": np.array(["a", "b", "c"]),
        "visits": np.array([0, 3, 9]),
        "sex": np.array(["f", "m", "f"]),
    }
    types = {"age": Numeric, "town": Categorical, "visits": Integer, "sex": Categorical}
    return TableSpec.fit(columns, types)


# Every network the house has, with the records it is for: (network, latent_dim or None for a discriminator, shape).
FAMILY = {
    "points G": lambda: (MLPGenerator(PointsSpec(2), 2), 2, (2,)),
    "points D": lambda: (MLPDiscriminator(PointsSpec(2)), None, (2,)),
    "table G": lambda: (MLPGenerator(table(), 5), 5, (7,)),
    "normalised G": lambda: (MLPGenerator(table(), 5, batch_norm=True), 5, (7,)),
    "table G with skips": lambda: (MLPGenerator(table(), 5, (6, 9), True, skip_connections=True), 5, (7,)),
    "sharper table G": lambda: (MLPGenerator(table(), 5, sharpness=3.0), 5, (7,)),
    "points G with skips": lambda: (MLPGenerator(PointsSpec(2), 3, (6, 9, 4), skip_connections=True), 3, (2,)),
    "table D": lambda: (MLPDiscriminator(table(), dropout=0.2), None, (7,)),
    "digits mlp G": lambda: (MLPGenerator(ImageSpec(1, 8, 8), 5, hidden=(16,)), 5, (1, 8, 8)),
    "digits mlp D": lambda: (MLPDiscriminator(ImageSpec(1, 8, 8), hidden=(16, 16)), None, (1, 8, 8)),
    "no hidden layer": lambda: (MLPGenerator(PointsSpec(3), 4, hidden=()), 4, (3,)),
    **{f"dcgan G {s.shape}": lambda s=s: (DCGANGenerator(s, 10, width=8), 10, s.shape) for s in SIZES},
    **{f"dcgan D {s.shape}": lambda s=s: (DCGANDiscriminator(s, width=8), None, s.shape) for s in SIZES},
}


@pytest.fixture(params=FAMILY)
def member(request):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield FAMILY[request.param]()


def inputs(latent_dim, shape, size=6):
    return torch.randn(size, *(shape if latent_dim is None else (latent_dim,)))


def test_network_maps_shapes(member):
    network, latent_dim, shape = member
    assert network(inputs(latent_dim, shape)).shape == ((6, 1) if latent_dim is None else (6, *shape))


# A table's head draws categories with layers of its own, which TorchScript has to trace.
@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("prepare", [lambda network: None, use_fast_layers], ids=["plain", "fast"])
@pytest.mark.parametrize(
    "name",
    [name for name in FAMILY if name not in ("table G", "normalised G", "table G with skips", "sharper table G")],
)
def test_network_can_be_scripted(name, prepare):
    network, latent_dim, shape = FAMILY[name]()
    network.eval()
    prepare(network)
    records = inputs(latent_dim, shape)
    torch.testing.assert_close(torch.jit.script(network)(records), network(records), atol=1e-5, rtol=1e-4)


def test_network_gives_every_parameter_a_gradient(member):
    network, latent_dim, shape = member
    output = network(inputs(latent_dim, shape))
    (output * torch.randn_like(output)).sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_network_weights_are_glorot_uniform_and_biases_zero(member):
    network, _, _ = member
    layers = [each for each in network.modules() if isinstance(each, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]
    assert layers
    for layer in layers:
        pixels = layer.weight[0, 0].numel()  # 1 for a dense layer, 25 for a 5x5 convolution
        bound = sqrt(6 / (layer.weight.shape[0] * pixels + layer.weight.shape[1] * pixels))
        assert layer.weight.abs().max() <= bound
        if layer.weight.numel() > 200:
            assert layer.weight.abs().max() > 0.95 * bound
            assert layer.weight.std().item() == pytest.approx(bound / sqrt(3), rel=0.2)
        assert layer.bias is None or not layer.bias.any()


def test_network_saved_and_loaded_gives_the_same_output(member):
    network, latent_dim, shape = member
    network(inputs(latent_dim, shape))  # moves BatchNorm's running statistics
    network.eval()
    records = inputs(latent_dim, shape)
    expected = answer(network, records)
    for weight in network.parameters():
        assert weight.is_contiguous()
    state = {name: value.clone() for name, value in network.state_dict().items()}
    for value in network.state_dict().values():
        value.add_(1)
    assert not torch.equal(answer(network, records), expected)
    network.load_state_dict(state)
    assert torch.equal(answer(network, records), expected)


def answer(network, records):
    with seeded(0, torch.device("cpu")):  # a table's head draws its categories
        return network(records)


@pytest.mark.parametrize("name", [name for name in FAMILY if " D" in name])
def test_discriminator_logit_depends_on_its_own_record_alone(name):
    network, _, shape = FAMILY[name]()
    assert not any("Norm" in type(each).__name__ for each in network.modules())
    network.eval()
    records = inputs(None, shape)
    torch.testing.assert_close(network(records)[:1], network(records[:1]))


def channels(network, kind):
    return [
        (each.in_channels, each.out_channels, each.stride[0]) for each in network.modules() if isinstance(each, kind)
    ]


def count(network):
    return sum(weight.numel() for weight in network.parameters())


def test_dcgan_mnist_networks_are_the_published_ones():
    g, d = DCGANGenerator(MNIST, 100), DCGANDiscriminator(MNIST)
    assert g[0].weight.shape == (7 * 7 * 256, 100)
    assert channels(g, nn.ConvTranspose2d) == [(256, 128, 1), (128, 64, 2), (64, 1, 2)]
    assert channels(d, nn.Conv2d) == [(1, 64, 2), (64, 128, 2)]
    assert d[-1].weight.shape == (1, 7 * 7 * 128)
    # G: dense and its BatchNorm, then 5x5 kernels and BatchNorms; D: kernels and biases, dense.
    dense, kernels = 100 * 12_544 + 2 * 12_544, 25 * (256 * 128 + 128 * 64 + 64 * 1)
    assert count(g) == dense + kernels + 2 * 128 + 2 * 64 == 2_305_472
    assert count(d) == 25 * 1 * 64 + 64 + 25 * 64 * 128 + 128 + 6_272 + 1 == 212_865


def test_dcgan_cifar10_networks_are_the_published_ones():
    g, d = DCGANGenerator(CIFAR, 100, per_channel=True), DCGANDiscriminator(CIFAR)
    assert g[0].weight.shape == (4 * 4 * 256, 100)
    assert channels(g, nn.ConvTranspose2d) == [(256, 256, 1), (256, 128, 2), (128, 64, 2), (64, 3, 2)]
    assert channels(d, nn.Conv2d) == [(3, 64, 2), (64, 128, 2), (128, 256, 2)]
    assert d[-1].weight.shape == (1, 4 * 4 * 256)
    # G: dense, a BatchNorm of 256 channels after the reshape, then 5x5 kernels and BatchNorms.
    assert [type(each) for each in list(g)[:4]] == [nn.Linear, nn.Unflatten, nn.BatchNorm2d, nn.LeakyReLU]
    kernels = 25 * (256 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
    assert count(g) == 100 * 4_096 + 2 * 256 + kernels + 2 * (256 + 128 + 64) == 3_078_208
    assert g(torch.randn(4, 100)).shape == (4, 3, 32, 32)


def test_mlp_point_networks_are_the_published_ones():
    g, d = MLPGenerator(PointsSpec(2), 2), MLPDiscriminator(PointsSpec(2))
    assert [each.weight.shape for each in g if isinstance(each, nn.Linear)] == [(256, 2), (256, 256), (2, 256)]
    assert [each.weight.shape for each in d if isinstance(each, nn.Linear)] == [(256, 2), (1, 256)]
    assert isinstance(g[-1], nn.Identity)


def test_mlp_generator_with_skip_connections_hands_latents_and_all_layers_on():
    network = MLPGenerator(PointsSpec(3), 2, (5, 7), condition_size=1, skip_connections=True)
    dense = [each for each in network.modules() if isinstance(each, nn.Linear)]
    assert [each.weight.shape for each in dense] == [(5, 3), (7, 5 + 3), (3, 7 + 5 + 3)]
    latents = torch.randn(4, 3)
    first = nn.functional.leaky_relu(dense[0](latents), 0.3)
    second = nn.functional.leaky_relu(dense[1](torch.cat([first, latents], 1)), 0.3)
    torch.testing.assert_close(network(latents), dense[2](torch.cat([second, first, latents], 1)))


def test_mlp_generator_is_sharper_of_categories_outside_training():
    with seeded(0, torch.device("cpu")):
        plain, sharper = MLPGenerator(table(), 5), MLPGenerator(table(), 5, sharpness=3.0)
    sharper.load_state_dict(plain.state_dict())
    latents = torch.randn(6, 5)
    assert torch.equal(answer(sharper, latents), answer(plain, latents))
    plain, sharper = plain.eval(), sharper.eval()
    factors = torch.tensor([1.0, 3, 3, 3, 1, 3, 3])  # age; three towns; visits; two sexes
    torch.testing.assert_close(sharper.before_head(latents), factors * plain.before_head(latents))
    before, shift = sharper.before_head(latents), torch.arange(7.0)
    sharper.shift_before_head(shift)
    torch.testing.assert_close(sharper.before_head(latents), before + shift)


@pytest.mark.parametrize("sharpness", [0.0, -1.0, np.inf, np.nan])
def test_sharpness_that_is_no_factor_is_refused(sharpness):
    with pytest.raises(ParganError) as error:
        MLPGenerator(table(), 5, sharpness=sharpness)
    assert error.value.argument == "sharpness"


def test_keras_defaults():
    layers = [*DCGANGenerator(MNIST, 100).modules(), *DCGANDiscriminator(MNIST).modules()]
    assert {each.negative_slope for each in layers if isinstance(each, nn.LeakyReLU)} == {0.3}
    norms = [each for each in layers if isinstance(each, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert {(each.eps, each.momentum) for each in norms} == {(1e-3, 0.01)}  # Keras: 0.99 of the old value stays
    assert {each.p for each in layers if isinstance(each, nn.Dropout)} == {0.3}
    for kind, has_bias in ((nn.ConvTranspose2d, False), (nn.Conv2d, True)):
        assert all((each.bias is not None) == has_bias for each in layers if isinstance(each, kind))
    assert [type(each) for each in DCGANGenerator(MNIST, 100)][-2:] == [nn.ConvTranspose2d, nn.Tanh]


def test_dcgan_generator_output_is_in_range():
    images = DCGANGenerator(CIFAR, 100, width=8)(100 * torch.randn(4, 100))
    assert images.abs().max() <= 1


def test_mlp_generator_output_of_a_mixed_table():
    spec = table()  # age | town (3) | visits | sex (2)
    rows = MLPGenerator(spec, 5)(10 * torch.randn(50, 5))
    assert rows.shape == (50, 7)
    numbers, towns, sexes = rows[:, [0, 4]], rows[:, 1:4], rows[:, 5:]
    assert (numbers.abs() <= 1).all()
    assert (numbers < 0).any()
    for block in (towns, sexes):
        assert (block >= 0).all()
        torch.testing.assert_close(block.sum(1), torch.ones(50))
    decoded = spec.decode(rows.detach().numpy())
    assert set(decoded["town"]) <= {"a", "b", "c"}
    assert decoded["visits"].dtype == np.int64


@pytest.mark.parametrize("spec", [table(), PointsSpec(2)], ids=["table", "points"])
@pytest.mark.parametrize("network", [lambda s: DCGANGenerator(s, 10), DCGANDiscriminator], ids=["G", "D"])
def test_dcgan_refuses_records_that_are_not_images(network, spec):
    with pytest.raises(ParganError) as error:
        network(spec)
    assert "images (C, H, W)" in error.value.problem
    assert "model=mlp" in error.value.remedy


def test_mlp_discriminator_without_dropout_has_no_dropout_layer():
    assert not any(isinstance(each, nn.Dropout) for each in MLPDiscriminator(table()).modules())
    assert sum(isinstance(each, nn.Dropout) for each in MLPDiscriminator(table(), (4, 4), 0.5).modules()) == 2
