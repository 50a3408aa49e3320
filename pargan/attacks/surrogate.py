"""A surrogate discriminator, which the attacker trains on generated records.

Legend: N records under attack, S generated samples, R reference records, n records of a group, F features.

Source: LOGAN (Hayes et al. 2019, arXiv 1705.07663), the black-box attack with a discriminator trained on
generated records (label 1) against records of the population (label 0).
"""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from pargan.attacks.spaces import RawSpace, Space
from pargan.attacks.views import SamplesView, Scored
from pargan.errors import ParganError
from pargan.judge.auc import auc
from pargan.metrics.content_cache import RecentResults, fingerprint
from pargan.seeding import derive, seeded

HELD_OUT = 5  # every fifth record of either group is used for validation
CHECK_EVERY = 50  # steps
PATIENCE = 10  # checks without a greater held-out AUC
KEPT = 2  # networks: that of the target, and that of the same with untrained networks

Trained: TypeAlias = tuple[nn.Module, dict[str, float]]
"""A network, and details of its training."""


@dataclass(frozen=True)
class SurrogateDiscriminator:
    """The logit of a network that distinguishes generated records from reference records.

    A fifth of both groups is held out, and the network with the highest AUC there is kept. Not the one with the
    smallest loss: with few reference records the held-out loss soon rises, because the network becomes overconfident
    on new records, while it still learns to rank copies above them. The loss breaks ties of the AUC, which is 1 from
    the start where the samples are far from the population. The details give the held-out AUC, which is slightly too
    high, being the highest of several, and the AUC on the training records. A held-out AUC far below the latter means
    that the network memorised single records; one near 0.5 that the samples look like the population.

    The network depends on the view alone. The last ones are kept: the control that permutes membership attacks the same
    view again.

    Args:
        space: the network's input, standardised.
        width: width of its two hidden layers.
        batch_size: number of records of each group in a step.
        max_steps: after which training ends, if the held-out AUC has not ended it before.
        learning_rate: learning rate of Adam.

    Raises:
        ParganError: a setting below 1.
    """

    space: Space = field(default_factory=RawSpace)
    width: int = 256
    batch_size: int = 128
    max_steps: int = 3000
    learning_rate: float = 1e-3
    access: ClassVar[type[SamplesView]] = SamplesView
    _trained: RecentResults[Trained] = field(
        default_factory=lambda: RecentResults(KEPT), init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for name in ("width", "batch_size", "max_steps"):
            if getattr(self, name) < 1:
                raise ParganError("is too small", argument=name, value=getattr(self, name), remedy="give 1 or more")

    def __call__(self, view: SamplesView, records: Tensor) -> Scored:
        """(N, *shape) -> (N,) scores.

        Raises:
            ParganError: too few samples or reference records to hold a fifth out.
        """
        fewest = min(len(view.samples), len(view.reference))
        if fewest < HELD_OUT:
            raise ParganError(
                f"{len(view.samples)} samples and {len(view.reference)} reference records are too few to train a "
                f"discriminator",
                argument="view",
                remedy=f"give at least {HELD_OUT} of each",
            )
        transform = self.space(view)
        groups = [transform(group) for group in (view.samples, view.reference)]
        scale, centre = torch.std_mean(torch.cat(groups), 0, correction=0)
        scale = scale.where(scale > 0, 1.0)
        groups = [(group - centre) / scale for group in groups]
        network, details = self._trained_on(groups[0], groups[1], view.seed)
        with torch.no_grad():
            return Scored(network((transform(records) - centre) / scale).squeeze(1), details)

    def _trained_on(self, samples: Tensor, reference: Tensor, seed: int) -> Trained:
        """The network of these groups, trained where it is not one of the last."""

        def train() -> Trained:
            with seeded(derive(seed, "surrogate discriminator"), samples.device), torch.enable_grad():
                return self._train(samples, reference)

        key = fingerprint(samples.cpu().numpy(), reference.cpu().numpy(), np.array([seed]))
        return self._trained.get(key, train)

    def _train(self, samples: Tensor, reference: Tensor) -> Trained:
        """Train on (S, F) against (R, F); returns the network and its details."""
        network = nn.Sequential(
            nn.Linear(samples.shape[1], self.width), nn.ReLU(),
            nn.Linear(self.width, self.width), nn.ReLU(),
            nn.Linear(self.width, 1),
        ).to(samples.device)  # fmt: skip
        optimizer = torch.optim.Adam(network.parameters(), lr=self.learning_rate)
        (train_1, test_1), (train_0, test_0) = _hold_out(samples), _hold_out(reference)
        best, kept, step, checks = (-1.0, 0.0), network, 0, 0
        while step < self.max_steps and checks < PATIENCE:
            optimizer.zero_grad()
            _loss(network, self._draw(train_1), self._draw(train_0)).backward()
            optimizer.step()
            step += 1
            if step % CHECK_EVERY == 0 or step == self.max_steps:
                with torch.no_grad():
                    current = (_auc(network, test_1, test_0), -float(_loss(network, test_1, test_0)))
                checks = 0 if current[0] > best[0] else checks + 1
                if current > best:
                    best, kept = current, deepcopy(network)
        return kept, {"steps": step, "train_auc": _auc(kept, train_1, train_0), "held_out_auc": best[0]}

    def _draw(self, group: Tensor) -> Tensor:
        """A random batch of a group, drawn with replacement."""
        return group[torch.randint(len(group), (self.batch_size,)).to(group.device)]


def _hold_out(group: Tensor) -> tuple[Tensor, Tensor]:
    """(n, F) -> the training records, and the held-out ones."""
    test = torch.arange(len(group), device=group.device) % HELD_OUT == 0
    return group[~test], group[test]


def _loss(network: nn.Module, generated: Tensor, population: Tensor) -> Tensor:
    """Cross-entropy in which both groups have the same weight, whatever their sizes."""
    return softplus(-network(generated)).mean() + softplus(network(population)).mean()


@torch.no_grad()
def _auc(network: nn.Module, generated: Tensor, population: Tensor) -> float:
    return auc(*(network(group).squeeze(1).double().cpu().numpy() for group in (generated, population)))
