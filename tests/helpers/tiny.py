"""Networks, data and trainers small enough to train in a blink. Points in the plane, latents of three numbers."""

from functools import partial

import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from pargan import AttackRecords, ParGANModule, PartitionDataModule
from pargan.data.sources.blobs import blobs
from pargan.io.checkpoints import VerifiedCheckpointIO
from pargan.losses import Hinge, JensenShannon, LeastSquares, Wasserstein

LATENT = 3
LOSSES = {"js": JensenShannon(), "wgan": Wasserstein(penalty_weight=5.0), "hinge": Hinge(), "lsgan": LeastSquares()}
ADAM = partial(torch.optim.Adam, lr=1e-3, betas=(0.5, 0.999))
SGD = partial(torch.optim.SGD, lr=0.05)
RMSPROP = partial(torch.optim.RMSprop, lr=1e-3, alpha=0.9)


def generator():
    return nn.Sequential(nn.Linear(LATENT, 8), nn.LeakyReLU(0.3), nn.Linear(8, 2))


def discriminator():
    return nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.3), nn.Linear(8, 1))


def with_noise_and_batch_norm():
    """A generator and a factory of discriminators whose eval mode differs from their train mode."""
    # No bias before BatchNorm: its gradient is a rounding error, of which Adam and RMSprop make full steps.
    first = nn.Linear(LATENT, 8, bias=False)
    made = nn.Sequential(first, nn.BatchNorm1d(8), nn.LeakyReLU(0.3), nn.Linear(8, 2))
    return made, lambda: nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.3), nn.Dropout(0.3), nn.Linear(8, 1))


def gan(loss=LOSSES["js"], num_partitions=3, networks=None, **settings):
    """A module whose initial weights are the same at every call."""
    with torch.random.fork_rng():
        torch.manual_seed(11)
        made, factory = networks() if networks else (generator(), discriminator)
        optimizers = {"generator_optimizer": ADAM, "discriminator_optimizer": ADAM}
        return ParGANModule(made, factory, loss, num_partitions, LATENT, **{**optimizers, **settings})


def blobs_in_partitions(num_partitions=3, batch_size=10, **settings):
    """240 points: 120 members (K = 3: 4 steps an epoch), 60 nonmembers, 60 reference."""
    return PartitionDataModule(partial(blobs, 240), num_partitions, batch_size, **settings)


def batches(num_steps, num_partitions=3, batch_size=5, seed=1):
    """(num_steps, K, B, 2) points of nobody's."""
    return torch.randn(num_steps, num_partitions, batch_size, 2, generator=torch.Generator().manual_seed(seed))


def attack_records(num_partitions=3, size=30):
    """Explicit records to attack, for runs without a PartitionDataModule."""
    members, nonmembers, reference = torch.randn(3, size, 2, generator=torch.Generator().manual_seed(2))
    return AttackRecords(members, torch.arange(size) % num_partitions, nonmembers, reference)


def trainer(folder, max_epochs, callbacks=(), **settings):
    quiet = {
        "accelerator": "cpu",
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "use_distributed_sampler": False,
        "plugins": [VerifiedCheckpointIO()],
        "default_root_dir": folder,
        "enable_checkpointing": any(isinstance(each, pl.callbacks.ModelCheckpoint) for each in callbacks),
    }
    return pl.Trainer(max_epochs=max_epochs, callbacks=list(callbacks), **{**quiet, **settings})


def fit_on(real, module, folder, **settings):
    """One epoch over real (steps, K, B, *shape), one step per row, in a plain DataLoader.

    With a generator of its own, else the loader itself draws a number from the global one.
    """
    made = trainer(folder, 1, **settings)
    made.fit(module, DataLoader(list(real), batch_size=None, generator=torch.Generator()))
    return made


def weights(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def assert_equal_weights(found, expected):
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert torch.equal(value, expected[name]), name
