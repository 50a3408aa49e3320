"""GANs with a known amount of leakage."""

from functools import cache

import numpy as np
import torch
from torch import nn

from pargan.attacks import PartitionsView, ReferenceModel, SamplesView
from pargan.attacks.views import narrow, widen
from pargan.audits import make_target

K, LATENT, SHAPE = 3, 5, (1, 4, 4)


def normal(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@cache
def population(*shape):
    """20,000 records that are in none of the groups."""
    return normal(20_000, *shape, seed=12345)


class StackedDiscriminators(nn.ModuleList):
    """K networks that map (K, B, *shape) to (K, B), the interface that `make_target` needs."""

    calls = 0

    def forward(self, records):
        self.calls += 1
        assert not any(module.training for module in self.modules())
        return torch.stack([network(block).squeeze(1) for network, block in zip(self, records, strict=True)])


def untrained(width=2, num_partitions=K):
    with torch.random.fork_rng():
        torch.manual_seed(7)
        generator = nn.Sequential(
            nn.Linear(LATENT, 16), nn.BatchNorm1d(16), nn.Dropout(), nn.Unflatten(1, SHAPE), nn.Tanh()
        )
        discriminators = StackedDiscriminators(
            nn.Sequential(nn.Flatten(), nn.Linear(16, width), nn.ReLU(), nn.Dropout(), nn.Linear(width, 1))
            for _ in range(num_partitions)
        )
    return generator, discriminators


class Memoriser(nn.Module):
    """A generator that returns members with a little noise."""

    def __init__(self, members):
        super().__init__()
        self.register_buffer("members", members)

    def forward(self, latents):
        chosen = (latents[:, 0].abs() * 1e6).long() % len(self.members)
        return self.members[chosen] + 1e-3 * latents[:, 1].reshape(-1, 1, 1, 1)


class Copier(nn.Module):
    """A generator whose samples are, with probability `share`, copies from that share of its training records.

    The other samples are records of the population.
    """

    def __init__(self, members, share):
        super().__init__()
        self.share = share
        self.register_buffer("copied", members[: round(share * len(members))])
        self.register_buffer("fresh", population(*members.shape[1:]))

    def forward(self, latents):
        position = torch.special.ndtr(latents[:, :2].double())  # uniform in [0, 1)
        fresh = self.fresh[(position[:, 0] * len(self.fresh)).long()]
        if not len(self.copied):
            return fresh
        copies = self.copied[(position[:, 0] * len(self.copied)).long()]
        return torch.where(position[:, 1].reshape(-1, 1, 1, 1) < self.share, copies, fresh)


class MemorisingDiscriminator(nn.Module):
    """A discriminator whose logit is minus the distance to the nearest of the records it has memorised."""

    def __init__(self, records):
        super().__init__()
        self.register_buffer("memorised", records.flatten(1))

    def forward(self, records):
        return -torch.cdist(records.flatten(1), self.memorised).amin(1, keepdim=True)


def groups(m=240, n=200, r=150, seed=0, shape=SHAPE):
    members, nonmembers, reference = normal(m + n + r, *shape, seed=seed).split([m, n, r])
    return members, torch.arange(m) % K, nonmembers, reference


def target_of(generator, discriminators, reference, num_samples=1500, seed=0, **settings):
    return make_target(
        generator,
        discriminators,
        latent_dim=LATENT,
        num_partitions=K,
        reference=reference,
        num_samples=num_samples,
        seed=seed,
        **settings,
    )


def reference_models(reference, count, make):
    """`count` models that `make` builds from random halves of the reference set and from the halves left out."""
    models = []
    for i in range(count):
        order = torch.randperm(len(reference), generator=torch.Generator().manual_seed(i))
        left_out = torch.ones(len(reference), dtype=torch.bool)
        left_out[order[: len(reference) // 2]] = False
        target = make(reference[~left_out], reference[left_out], seed=i)
        models.append(ReferenceModel(lambda target=target: target, left_out))
    return models


def memoriser(records, reference, seed=0):
    """A GAN that memorised `records`, a third of them in each partition."""
    discriminators = StackedDiscriminators(MemorisingDiscriminator(records[k::K]) for k in range(K))
    return target_of(Memoriser(records), discriminators, reference, num_samples=600, seed=seed)


def view_of(target, size, access=SamplesView):
    return narrow(widen(target, PartitionsView, partition=torch.arange(size) % K), access)


def statistics(attack, target, models, records):
    """s of the records under the target, (N,), and under the models, (M, N)."""
    targets = [target, *(model.target() for model in models)]
    views = [view_of(view, len(records), attack.access) for view in targets]
    target_scores, *model_scores = (attack(view, records).double().numpy() for view in views)
    return target_scores, np.stack(model_scores)


class Columns:
    """A record format of rows in which every number is a column."""

    def snap(self, records):
        return records

    def column_scales(self):
        return np.float32(1 / 8)
