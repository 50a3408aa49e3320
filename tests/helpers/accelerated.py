"""Networks on which ways to run an update may differ, and a short training on them."""

from torch import nn

from pargan.fast.convolution import Conv2d, ConvTranspose2d
from pargan.fast.dropout import Dropout
from pargan.fast.leaky_relu import LeakyDropout, LeakyReLU
from pargan.models import MLPDiscriminator
from pargan.records import PointsSpec
from tests.helpers.tiny import LATENT, LOSSES, SGD, batches, fit_on, gan, with_noise_and_batch_norm


def trained(acceleration, folder, loss="js", networks=None, optimizer=SGD, real=None, **settings):
    made = {"generator_optimizer": optimizer, "discriminator_optimizer": optimizer, "d_steps": 2, "networks": networks}
    module = gan(LOSSES[loss], acceleration=acceleration, **made)
    fit_on(batches(6) if real is None else real, module, folder, **settings)
    return module


class Convolutional(nn.Sequential):
    """Records through a convolution, so that the discriminators take turns and are differentiated twice."""

    def __init__(self):
        super().__init__(nn.Unflatten(1, (1, 2)), nn.Conv1d(1, 4, 2), nn.Softplus(), nn.Flatten(), nn.Linear(4, 1))


def convolutional():
    return with_noise_and_batch_norm()[0], Convolutional


def house():
    """The house's own layers: dropout, LeakyReLU, both shorter transposed convolutions."""
    made = nn.Sequential(
        nn.Linear(LATENT, 8 * 25),
        nn.Unflatten(1, (8, 5, 5)),
        ConvTranspose2d(8, 6, 3, padding=1, bias=False),
        nn.BatchNorm2d(6),
        ConvTranspose2d(6, 1, 3, padding=1, bias=False),
        nn.Flatten(),
        nn.Linear(25, 2),
    )
    return made, lambda: nn.Sequential(nn.Linear(2, 8), LeakyReLU(0.3), Dropout(0.3), nn.Linear(8, 1))


def house_in_turns():
    """Those that are not stacked."""
    return house()[0], lambda: nn.Sequential(
        nn.Unflatten(1, (1, 1, 2)), Conv2d(1, 8, (1, 2)), LeakyDropout(0.3, 0.3), nn.Flatten(), nn.Linear(8, 1)
    )


def in_bins():
    """Discriminators that are given features of a record."""
    return with_noise_and_batch_norm()[0], lambda: MLPDiscriminator(PointsSpec(2), (8,), number_bins=4)


NETWORKS = {
    "stacked": None,
    "numbers in bins": in_bins,
    "dropout and BatchNorm": with_noise_and_batch_norm,
    "in turns": convolutional,
    "house layers": house,
    "house layers in turns": house_in_turns,
}
