"""K networks stacked and in a loop, for the tests that compare the two."""

import copy

import torch
from torch import nn

from pargan.fast.leaky_relu import LeakyReLU
from pargan.gan.discriminators import Discriminators
from pargan.models import MLPDiscriminator
from tests.helpers.tiny import discriminator

RECORDS = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(4))


class Points:
    """The facts an MLPDiscriminator asks for."""

    shape = (2,)


CHAINS = {
    "one hidden layer": discriminator,
    "published": lambda: MLPDiscriminator(Points()),
    "two hidden layers": lambda: MLPDiscriminator(Points(), (12, 9)),
    "numbers in bins": lambda: MLPDiscriminator(Points(), (12, 9), number_bins=4),
    "two, no bias": lambda: nn.Sequential(
        nn.Linear(2, 8, bias=False), nn.Tanh(), nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 1)
    ),
    "rectified": lambda: nn.Sequential(
        nn.Linear(2, 8, bias=False), nn.ReLU(), nn.LeakyReLU(), nn.Linear(8, 4), LeakyReLU(0.3), nn.Linear(4, 1)
    ),
    "rectified first": lambda: nn.Sequential(nn.LeakyReLU(0.3), nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1)),
    "rectified downwards": lambda: nn.Sequential(nn.Linear(2, 4), nn.LeakyReLU(-0.5), nn.Linear(4, 1)),
    "rectified downwards twice": lambda: nn.Sequential(
        nn.Linear(2, 4), nn.LeakyReLU(-0.5), nn.LeakyReLU(-0.5), nn.Linear(4, 1)
    ),
    "chains in a chain": lambda: nn.Sequential(
        nn.Sequential(nn.Linear(2, 4), nn.GELU()), nn.Identity(), nn.Linear(4, 1)
    ),
    "one logit without a dimension": lambda: nn.Sequential(nn.Linear(2, 1)),
    "one logit, no bias": lambda: nn.Sequential(nn.Linear(2, 1, bias=False)),
}


def both(factory):
    """The same networks, stacked and in a loop."""
    looped = Discriminators(factory, 3)
    stacked = copy.deepcopy(looped)
    stacked.stack()
    return stacked, looped
