"""The white-box attack on a generator: how closely it can be made to return a record.

Legend: N records under attack, n searches at a time, d latent_dim, S generated samples, F features.

Source: GAN-Leaks (Chen et al. 2020, arXiv 1909.03935), full white box.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Protocol

import torch
from torch import Tensor
from torch.optim import Adam, Optimizer

from pargan.attacks.neighbours import nearest
from pargan.attacks.spaces import RawSpace, Space
from pargan.attacks.views import GeneratorView, Scored
from pargan.errors import ParganError
from pargan.io.progress import progress_bar
from pargan.seeding import derive, seeded

Map = Callable[[Tensor], Tensor]


class Start(Protocol):
    """Where searches begin. What it gives a record depends on nobody else under attack."""

    def __call__(self, view: GeneratorView, into: Map, records: Tensor) -> Tensor:
        """Latents (N, d) for records (N, F) in the space that `into` maps to."""


@dataclass(frozen=True)
class Zeros:
    """The centre of the latents."""

    def __call__(self, view: GeneratorView, into: Map, records: Tensor) -> Tensor:
        """(N, d) zeros."""
        return records.new_zeros(len(records), view.latent_dim)


@dataclass(frozen=True)
class RandomLatent:
    """One standard normal latent, the same for every record.

    Args:
        draw: which one; list the start several times with different numbers for several tries.
    """

    draw: int = 0

    def __call__(self, view: GeneratorView, into: Map, records: Tensor) -> Tensor:
        """(N, d), all rows equal."""
        random = torch.Generator().manual_seed(derive(view.seed, "start of a latent search", self.draw))
        return torch.randn(1, view.latent_dim, generator=random).to(records.device).repeat(len(records), 1)


@dataclass(frozen=True)
class NearestSample:
    """The latent of the sample closest to the record."""

    def __call__(self, view: GeneratorView, into: Map, records: Tensor) -> Tensor:
        """(N, d), rows of `view.sample_latents`."""
        return view.sample_latents[nearest(records, into(view.samples))[1]]


@dataclass(frozen=True)
class LatentSearch:
    """- min_z ||x - G(z)||, the smallest distance met in searches from several starts.

    A search descends on ||x - G(z)||^2 / F + prior_weight (||z||^2 / d - 1)^2: the second term keeps z as long as
    the latents that G was trained on, and is left out of the score. It has converged when `patience` steps made
    its distance smaller by no more than the share `tolerance`; it is not followed further. The details of the
    result say how many did, and which start led closest. A generator that draws numbers of its own (tables)
    draws the same ones at every step.

    Takes len(starts) * max_steps evaluations of G per record at most, forwards and backwards: at full size
    choose `evaluation.num_records`.

    Args:
        space: where distances are measured; must be differentiable.
        starts: where the searches for each record begin.
        optimizer: of a list of latents. Adam moves every search as if it were alone. With torch.optim.LBFGS
            the searches of a block share a line search and a curvature, unless `batch_size` is 1.
        max_steps: after which a search ends, converged or not.
        patience, tolerance: define convergence.
        prior_weight: of the term that is left out of the score.
        batch_size: searches at a time.
    """

    space: Space = field(default_factory=RawSpace)
    starts: Sequence[Start] = (Zeros(), RandomLatent(), NearestSample())
    optimizer: Callable[[Iterable[Tensor]], Optimizer] = field(default_factory=lambda: partial(Adam, lr=0.1))
    max_steps: int = 300
    patience: int = 20
    tolerance: float = 0.01
    prior_weight: float = 0.1
    batch_size: int = 1000
    access: ClassVar[type[GeneratorView]] = GeneratorView

    def __post_init__(self) -> None:
        for key in ("max_steps", "patience", "batch_size"):
            if getattr(self, key) < 1:
                raise ParganError(f"{key}={getattr(self, key)} searches nothing; give 1 or more")
        if not self.starts:
            raise ParganError("starts=[] gives a search nowhere to begin; give at least one start")
        if not 0 <= self.tolerance < 1:
            raise ParganError(f"tolerance={self.tolerance} is no share of a distance; give 0 or more, below 1")

    def __call__(self, view: GeneratorView, records: Tensor) -> Scored:
        """(N, *shape) -> (N,) scores, <= 0."""
        into = self.space(view)
        targets = into(records)
        blocks = range(0, len(records), self.batch_size)
        distances, converged, done = [], [], 0
        with progress_bar("latent search", len(self.starts) * len(blocks) * self.max_steps) as progress:
            for start in self.starts:
                latents = start(view, into, targets)
                for first in blocks:
                    block = slice(first, first + self.batch_size)
                    search = _Search(self, view, into, targets[block], latents[block])
                    for _ in search.steps():
                        done += 1
                        progress(done)
                    done += self.max_steps - search.taken  # those it could do without
                    distances.append(search.closest)
                    converged.append(search.converged)
        by_start = torch.cat(distances).view(len(self.starts), len(records))
        closest, winner = by_start.min(0)
        wins = torch.bincount(winner, minlength=len(self.starts)) / len(records)
        settled = torch.cat(converged).view_as(by_start).sum(1)
        return Scored(
            -closest,
            {
                "searches": by_start.numel(),
                "converged": int(settled.sum()),
                "starts": [
                    {"start": type(start).__name__, "converged": int(settled[i]), "closest": float(wins[i])}
                    for i, start in enumerate(self.starts)
                ],
            },
        )


class _Search:
    """n searches at a time: latents (n, d) on their way to records (n, F)."""

    def __init__(self, settings: LatentSearch, view: GeneratorView, into: Map, targets: Tensor, latents: Tensor):
        self.settings, self.view, self.into, self.targets = settings, view, into, targets
        self.latents = latents.clone().requires_grad_()
        self.closest = targets.new_full((len(targets),), torch.inf)
        self.converged = torch.zeros_like(self.closest, dtype=torch.bool)
        self.taken = 0

    def steps(self) -> Iterable[int]:
        """Search until all have converged or the steps are spent; yields after each."""
        optimizer = self.settings.optimizer([self.latents])
        before = self.closest

        def objective() -> Tensor:
            optimizer.zero_grad()
            loss = self._objective()
            loss.backward()
            return loss

        while self.taken < self.settings.max_steps and not self.converged.all():
            with torch.enable_grad():
                optimizer.step(objective)  # type: ignore[arg-type]  # torch asks for a float, and takes this
            self.taken += 1
            if self.taken % self.settings.patience == 0:
                self.converged |= self.closest >= (1 - self.settings.tolerance) * before
                before = self.closest
            yield self.taken

    def _objective(self) -> Tensor:
        with seeded(derive(self.view.seed, "generator's own noise in a search"), self.latents.device):
            generated = self.into(self.view.generator(self.latents))
        if not generated.requires_grad:
            name = type(self.settings.space).__name__
            raise ParganError(f"space={name} cannot be differentiated; search in RawSpace or PrincipalComponents")
        squared = (generated - self.targets).square()
        distance = squared.detach().sum(1).sqrt()
        self.closest = torch.where(self.converged, self.closest, self.closest.fmin(distance))
        off_norm = (self.latents.square().mean(1) - 1).square()
        return (squared.mean(1) + self.settings.prior_weight * off_norm).sum()
