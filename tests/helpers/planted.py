"""GANs whose leakage is known, for the tests of this folder."""

from functools import cache

import numpy as np
import torch
from torch import nn

from pargan.attacks import ReferenceModel
from pargan.audits import make_target

K, LATENT, SHAPE = 3, 5, (1, 4, 4)


def normal(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@cache
def population(*shape):
    """20,000 records that are in no group."""
    return normal(20_000, *shape, seed=12345)


class Together(nn.ModuleList):
    """K networks on K rows, the contract that `make_target` asks for."""

    calls = 0

    def forward(self, records):
        self.calls += 1
        assert not any(module.training for module in self.modules())
        return torch.stack([network(own).squeeze(1) for network, own in zip(self, records, strict=True)])


def untrained(width=2, num_partitions=K):
    with torch.random.fork_rng():
        torch.manual_seed(7)
        generator = nn.Sequential(
            nn.Linear(LATENT, 16), nn.BatchNorm1d(16), nn.Dropout(), nn.Unflatten(1, SHAPE), nn.Tanh()
        )
        discriminators = Together(
            nn.Sequential(nn.Flatten(), nn.Linear(16, width), nn.ReLU(), nn.Dropout(), nn.Linear(width, 1))
            for _ in range(num_partitions)
        )
    return generator, discriminators


class Memoriser(nn.Module):
    """A generator that returns members with a little noise, and K discriminators that know their own."""

    def __init__(self, members):
        super().__init__()
        self.register_buffer("members", members)

    def forward(self, latents):
        chosen = (latents[:, 0].abs() * 1e6).long() % len(self.members)
        return self.members[chosen] + 1e-3 * latents[:, 1].reshape(-1, 1, 1, 1)


class Copier(nn.Module):
    """A generator that copies a share r of its training records: r of what it returns is copies of r of them.

    The rest are records of the population.
    """

    def __init__(self, members, share):
        super().__init__()
        self.share = share
        self.register_buffer("copied", members[: round(share * len(members))])
        self.register_buffer("others", population(*members.shape[1:]))

    def forward(self, latents):
        position = torch.special.ndtr(latents[:, :2].double())  # uniform in [0, 1)
        fresh = self.others[(position[:, 0] * len(self.others)).long()]
        if not len(self.copied):
            return fresh
        copies = self.copied[(position[:, 0] * len(self.copied)).long()]
        return torch.where(position[:, 1].reshape(-1, 1, 1, 1) < self.share, copies, fresh)


class Knows(nn.Module):
    """A discriminator whose logit is high near the records it has seen."""

    def __init__(self, own):
        super().__init__()
        self.register_buffer("own", own.flatten(1))

    def forward(self, records):
        return -torch.cdist(records.flatten(1), self.own).amin(1, keepdim=True)


def groups(m=240, n=200, r=150, seed=0, shape=SHAPE):
    members, nonmembers, reference = normal(m + n + r, *shape, seed=seed).split([m, n, r])
    return members, torch.arange(m) % K, nonmembers, reference


def target_of(generator, discriminators, reference, num_samples=1500, seed=0, **others):
    return make_target(
        generator,
        discriminators,
        latent_dim=LATENT,
        num_partitions=K,
        reference=reference,
        num_samples=num_samples,
        seed=seed,
        **others,
    )


def reference_models(reference, count, make):
    """GANs that `make` trains on random halves of the reference set, from those and from the other halves."""
    found = []
    for i in range(count):
        order = torch.randperm(len(reference), generator=torch.Generator().manual_seed(i))
        left_out = torch.ones(len(reference), dtype=torch.bool)
        left_out[order[: len(reference) // 2]] = False
        made = make(reference[~left_out], reference[left_out], seed=i)
        found.append(ReferenceModel(lambda made=made: made, left_out))
    return found


class Columns:
    """What attacks on rows need to know of them: every number is a column."""

    def snap(self, records):
        return records

    def column_scales(self):
        return np.float32(1 / 8)
