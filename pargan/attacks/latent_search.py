"""The white-box attack on a generator: how close to a record its output can be made.

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
    """Chooses the latent at which a record's search begins, independently of the other records under attack."""

    def __call__(self, view: GeneratorView, transform: Map, records: Tensor) -> Tensor:
        """Latents (N, d) for records (N, F) in the space that `transform` maps to."""


@dataclass(frozen=True)
class Zeros:
    """The centre of the latent distribution."""

    def __call__(self, view: GeneratorView, transform: Map, records: Tensor) -> Tensor:
        """(N, d) zeros."""
        return records.new_zeros(len(records), view.latent_dim)


@dataclass(frozen=True)
class RandomLatent:
    """One standard normal latent, the same for every record.

    Args:
        draw: number of the random draw; several starts with different numbers search from several latents.
    """

    draw: int = 0

    def __call__(self, view: GeneratorView, transform: Map, records: Tensor) -> Tensor:
        """(N, d), all rows equal."""
        random = torch.Generator().manual_seed(derive(view.seed, "start of a latent search", self.draw))
        return torch.randn(1, view.latent_dim, generator=random).to(records.device).repeat(len(records), 1)


@dataclass(frozen=True)
class NearestSample:
    """The latent of the sample closest to the record."""

    def __call__(self, view: GeneratorView, transform: Map, records: Tensor) -> Tensor:
        """(N, d), rows of `view.sample_latents`."""
        return view.sample_latents[nearest(records, transform(view.samples))[1]]


@dataclass(frozen=True)
class LatentSearch:
    """- min_z ||x - G(z)||, the smallest distance found by gradient descent from several starts.

    A search minimises ||x - G(z)||^2 / F + prior_weight (||z||^2 / d - 1)^2: the second term keeps the norm of z
    close to that of the latents G was trained on, and is left out of the score. A search has converged, and stops,
    when `patience` steps have reduced its distance by no more than the fraction `tolerance`. The details of the
    result give the number of converged searches, and how often each start led closest. A conditional generator is told
    the record's own condition. One with random numbers of its own (tables) gets the same ones at every step.

    Takes at most len(starts) * max_steps forward and backward passes of G per record: at full size attack a
    subsample.

    Args:
        space: in which distances are measured; must be differentiable.
        starts: where the searches for each record begin.
        optimizer: takes a list of latents. Adam moves every search independently of the others. With
            torch.optim.LBFGS the searches of a block share a line search and a curvature, unless `batch_size` is 1.
        max_steps: after which a search ends, converged or not.
        patience, tolerance: define convergence.
        prior_weight: weight of the second term.
        batch_size: number of searches run together.

    Raises:
        ParganError: a setting out of range, or a space that is not differentiable.
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
        for name in ("max_steps", "patience", "batch_size"):
            if getattr(self, name) < 1:
                raise ParganError("is too small", argument=name, value=getattr(self, name), remedy="give 1 or more")
        if not self.starts:
            raise ParganError("is empty", argument="starts", value=list(self.starts), remedy="give at least one start")
        if not 0 <= self.tolerance < 1:
            raise ParganError(
                "must be a fraction", argument="tolerance", value=self.tolerance, remedy="give 0 or more, below 1"
            )

    def __call__(self, view: GeneratorView, records: Tensor) -> Scored:
        """(N, *shape) -> (N,) scores, <= 0."""
        transform = self.space(view)
        goals, condition = transform(records), view.condition_of(records)
        blocks = range(0, len(records), self.batch_size)
        distances, converged, done = [], [], 0
        with progress_bar("latent search", len(self.starts) * len(blocks) * self.max_steps) as progress:
            for start in self.starts:
                latents = start(view, transform, goals)
                for first in blocks:
                    block = slice(first, first + self.batch_size)
                    own = None if condition is None else condition[block]
                    search = _Search(self, view, transform, goals[block], latents[block], own)
                    for _ in search.run():
                        done += 1
                        progress(done)
                    done += self.max_steps - search.steps  # steps saved by convergence
                    distances.append(search.closest)
                    converged.append(search.converged)
        distances_by_start = torch.cat(distances).view(len(self.starts), len(records))
        closest, best_start = distances_by_start.min(0)
        shares = torch.bincount(best_start, minlength=len(self.starts)) / len(records)
        num_converged = torch.cat(converged).view_as(distances_by_start).sum(1)
        return Scored(
            -closest,
            {
                "searches": distances_by_start.numel(),
                "converged": int(num_converged.sum()),
                "starts": [
                    {
                        "start": type(start).__name__,
                        "converged": int(num_converged[i]),
                        "closest": float(shares[i]),
                    }
                    for i, start in enumerate(self.starts)
                ],
            },
        )


class _Search:
    """n searches run together: latents (n, d) are optimised towards records (n, F)."""

    def __init__(
        self,
        settings: LatentSearch,
        view: GeneratorView,
        transform: Map,
        goals: Tensor,
        latents: Tensor,
        condition: Tensor | None,
    ):
        self.told = () if condition is None else (condition,)
        self.settings, self.view, self.transform, self.goals = settings, view, transform, goals
        self.latents = latents.clone().requires_grad_()
        self.closest = goals.new_full((len(goals),), torch.inf)
        self.converged = torch.zeros_like(self.closest, dtype=torch.bool)
        self.steps = 0

    def run(self) -> Iterable[int]:
        """Take steps until all searches have converged or `max_steps` is reached; yields after each step."""
        optimizer = self.settings.optimizer([self.latents])
        before = self.closest

        def objective() -> Tensor:
            optimizer.zero_grad()
            loss = self._objective()
            loss.backward()
            return loss

        while self.steps < self.settings.max_steps and not self.converged.all():
            with torch.enable_grad():
                optimizer.step(objective)  # type: ignore[arg-type]  # annotated as a float, takes a tensor
            self.steps += 1
            if self.steps % self.settings.patience == 0:
                self.converged |= self.closest >= (1 - self.settings.tolerance) * before
                before = self.closest
            yield self.steps

    def _objective(self) -> Tensor:
        """The sum over all searches of what they minimise; updates `closest`."""
        with seeded(derive(self.view.seed, "generator's own noise in a search"), self.latents.device):
            generated = self.transform(self.view.generator(self.latents, *self.told))
        if not generated.requires_grad:
            raise ParganError(
                "is not differentiable",
                argument="space",
                value=type(self.settings.space).__name__,
                remedy="search in RawSpace or PrincipalComponents",
            )
        squared = (generated - self.goals).square()
        distance = squared.detach().sum(1).sqrt()
        self.closest = torch.where(self.converged, self.closest, self.closest.fmin(distance))
        off_norm = (self.latents.square().mean(1) - 1).square()
        return (squared.mean(1) + self.settings.prior_weight * off_norm).sum()
