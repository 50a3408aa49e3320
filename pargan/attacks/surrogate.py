"""A discriminator of the attacker's own, trained on what the generator returns.

Legend: N records under attack, S generated samples, R reference records, n of a group, F features.

Source: LOGAN (Hayes et al. 2019, arXiv 1705.07663), the black-box attack with a discriminator trained on
generated records (label 1) against records of the population (label 0).
"""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from pargan.attacks.spaces import RawSpace, Space
from pargan.attacks.views import SamplesView, Scored
from pargan.errors import ParganError
from pargan.judge.auc import auc
from pargan.seeding import derive, seeded

HELD_OUT = 5  # every fifth record of each group checks the others' work
CHECK_EVERY = 50  # steps
PATIENCE = 10  # checks without a greater held-out AUC


@dataclass(frozen=True)
class SurrogateDiscriminator:
    """The logit of a network that tells generated records from reference records.

    A fifth of both is held out: the network is kept as it was when its AUC there was greatest. Not when its loss
    was smallest: with few reference records the loss soon rises, because the network is too sure of new ones,
    while it still learns to rank copies above them. The loss decides where the AUC is the same, as it is from
    the start, at 1, where the samples are far from the population. The details give that AUC, which is a little
    too high for being the greatest of several, beside the AUC on the training records. Far below it, the network
    knows single records; near 0.5 it knows nothing, because the samples look like the population.

    Args:
        space: what the network sees, standardised.
        width: of its two hidden layers.
        batch_size: records of each group in a step.
        max_steps: where the held-out AUC has not ended the training before.
        learning_rate: of Adam.
    """

    space: Space = field(default_factory=RawSpace)
    width: int = 256
    batch_size: int = 128
    max_steps: int = 3000
    learning_rate: float = 1e-3
    access: ClassVar[type[SamplesView]] = SamplesView

    def __post_init__(self) -> None:
        for key in ("width", "batch_size", "max_steps"):
            if getattr(self, key) < 1:
                raise ParganError(f"{key}={getattr(self, key)} trains no network; give 1 or more")

    def __call__(self, view: SamplesView, records: Tensor) -> Scored:
        """(N, *shape) -> (N,) scores.

        Raises:
            ParganError: too few samples or reference records to hold any out.
        """
        fewest = min(len(view.samples), len(view.reference))
        if fewest < HELD_OUT:
            raise ParganError(
                f"{len(view.samples)} samples and {len(view.reference)} reference records train no discriminator; "
                f"give at least {HELD_OUT} of each"
            )
        into = self.space(view)
        groups = [into(group) for group in (view.samples, view.reference)]
        scale, centre = torch.std_mean(torch.cat(groups), 0, correction=0)
        scale = scale.where(scale > 0, 1.0)
        groups = [(group - centre) / scale for group in groups]
        with seeded(derive(view.seed, "surrogate discriminator"), records.device), torch.enable_grad():
            network, details = self._train(*groups)
        with torch.no_grad():
            return Scored(network((into(records) - centre) / scale).squeeze(1), details)

    def _train(self, samples: Tensor, reference: Tensor) -> tuple[nn.Module, dict[str, float]]:
        """(S, F), (R, F) -> the network, and how well it does."""
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
                    found = (_auc(network, test_1, test_0), -float(_loss(network, test_1, test_0)))
                checks = 0 if found[0] > best[0] else checks + 1
                if found > best:
                    best, kept = found, deepcopy(network)
        return kept, {"steps": step, "train_auc": _auc(kept, train_1, train_0), "held_out_auc": best[0]}

    def _draw(self, group: Tensor) -> Tensor:
        return group[torch.randint(len(group), (self.batch_size,)).to(group.device)]


def _hold_out(group: Tensor) -> tuple[Tensor, Tensor]:
    """(n, F) -> what is trained on, and what is held out of it."""
    test = torch.arange(len(group), device=group.device) % HELD_OUT == 0
    return group[~test], group[test]


def _loss(network: nn.Module, generated: Tensor, population: Tensor) -> Tensor:
    """Both groups weigh the same, however many they are."""
    return softplus(-network(generated)).mean() + softplus(network(population)).mean()


@torch.no_grad()
def _auc(network: nn.Module, generated: Tensor, population: Tensor) -> float:
    return auc(*(network(group).squeeze(1).double().cpu().numpy() for group in (generated, population)))
