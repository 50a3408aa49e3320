"""acceleration=plain, PyTorch's own layers in a loop, against the default: the same training to rounding."""

import numpy as np
import pytest
import torch
from torch import nn

from pargan import ParGANModule
from pargan.fast import Acceleration, Plain
from pargan.fast.leaky_relu import LeakyDropout
from pargan.models import DCGANDiscriminator, DCGANGenerator, MLPDiscriminator, MLPGenerator
from pargan.records import Categorical, ImageSpec, Numeric, PointsSpec, TableSpec
from tests.helpers.tiny import LOSSES, SGD, fit_on, weights

COLUMNS = {"age": np.array([20.0, 35.5, 60.0]), "town": np.array(["a", "b", "c"])}
TABLE = TableSpec.fit(COLUMNS, {"age": Numeric, "town": Categorical})
LATENT = 6

# Every network of pargan.models, with the records it is for.
PAIRS = {
    "points": (PointsSpec(2), lambda s: MLPGenerator(s, LATENT, (12,)), lambda s: MLPDiscriminator(s, (12, 9))),
    "table": (TABLE, lambda s: MLPGenerator(s, LATENT, (12,), True), lambda s: MLPDiscriminator(s, (12,))),
    "table with skips": (
        TABLE,
        lambda s: MLPGenerator(s, LATENT, (12, 8), True, skip_connections=True),
        lambda s: MLPDiscriminator(s, (12,)),
    ),
    "table with bins": (
        TABLE,
        lambda s: MLPGenerator(s, LATENT, (12,), True),
        lambda s: MLPDiscriminator(s, (12, 9), number_bins=5),
    ),
    "small images": (
        ImageSpec(1, 8, 8),
        lambda s: MLPGenerator(s, LATENT, (12,), True),
        lambda s: MLPDiscriminator(s, (12,)),
    ),
    **{
        f"images {shape}": (
            ImageSpec(*shape),
            lambda s: DCGANGenerator(s, LATENT, width=6),
            lambda s: DCGANDiscriminator(s, width=6, dropout=0.0),
        )
        for shape in ((1, 28, 28), (3, 16, 16))
    },
}


def trained(acceleration, pair, loss, folder, steps=3):
    spec, generator, discriminator = PAIRS[pair]
    with torch.random.fork_rng():
        torch.manual_seed(5)
        module = ParGANModule(
            generator(spec),
            lambda: discriminator(spec),
            LOSSES[loss],
            2,
            LATENT,
            SGD,
            SGD,
            d_steps=2,
            acceleration=acceleration,
        )
        real = torch.rand(steps, 2, 8, *spec.shape) * 2 - 1
    fit_on(real, module, folder)
    return module


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("pair", PAIRS)
def test_plain_trains_as_the_default_does(pair, loss, tmp_path):
    plain, fast = (trained(way, pair, loss, tmp_path) for way in (Plain(), Acceleration()))
    assert not plain.discriminators.stacked
    assert not any(type(layer).__module__.startswith("pargan.fast") for layer in plain.modules())
    assert fast.discriminators.stacked == (not pair.startswith("images"))
    found, expected = weights(plain), weights(fast)
    assert found.keys() == expected.keys()
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name], atol=1e-5, rtol=1e-4, msg=name)


def test_default_puts_faster_layers_into_the_networks(tmp_path):
    module = trained(Acceleration(), "images (1, 28, 28)", "js", tmp_path, steps=1)
    assert isinstance(module.discriminators[0][1], LeakyDropout)
    assert type(module.generator[4]) is not nn.ConvTranspose2d
