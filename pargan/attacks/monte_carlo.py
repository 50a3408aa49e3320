"""The Monte-Carlo attack: how much of what the generator returns falls near a record.

Legend: N records under attack, S generated samples, R reference records, F features.

Source: Hilprecht, Haerterich, Bernau 2019, doi 10.2478/popets-2019-0067.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import ClassVar, Protocol

import torch
from torch import Tensor

from pargan.attacks.radius_search import RadiusSearch
from pargan.attacks.spaces import PrincipalComponents, Space
from pargan.attacks.views import SamplesView
from pargan.errors import ParganError

CLOSEST = 1e-6
"""Smallest d / eps that `log_closeness` tells from 0."""


class Radius(Protocol):
    """Chooses eps.

    It may look at the records under attack, but all of them look alike to it: where nothing leaks, members and
    nonmembers stay exchangeable.
    """

    @property
    def transductive(self) -> bool:
        """Whether it does look at them, so that a record's score depends on who else is attacked."""

    def __call__(self, records: Tensor, reference: Tensor, samples: Tensor) -> float:
        """(N, F), (R, F), (S, F) -> eps, >= 0. The order of the records means nothing."""


@dataclass(frozen=True)
class MedianNearest:
    """eps = median over the records under attack of the distance to the nearest sample: as published.

    The ball of one record in two then holds a sample, which suits as many members as nonmembers. Where there are
    far more nonmembers, the balls of nearly half of these do; where there are far more members, those of half of
    them do not, unless most were copied exactly. And a record's score depends on who else is attacked: scores
    from different sets of records do not compare.
    """

    transductive: ClassVar[bool] = True

    def __call__(self, records: Tensor, reference: Tensor, samples: Tensor) -> float:
        """(N, F), (R, F), (S, F) -> eps."""
        return float(RadiusSearch(samples).nearest(records).median())


@dataclass(frozen=True)
class ReferenceMedianNearest:
    """eps = median over the reference records of the distance to the nearest sample. Ours.

    A record's score does not depend on who else is attacked, and the radius does not shrink under the one model
    that knows the members, which suits attacks that compare a record's scores under several models. Weigh by
    `log_closeness`: the balls of half of the nonmembers hold samples, and a mere count hides copies among them.
    """

    transductive: ClassVar[bool] = False

    def __call__(self, records: Tensor, reference: Tensor, samples: Tensor) -> float:
        """(N, F), (R, F), (S, F) -> eps."""
        return float(RadiusSearch(samples).nearest(reference).median())


@dataclass(frozen=True)
class DistancePercentile:
    """eps = a percentile of all distances between records under attack and samples: as published.

    As with `MedianNearest`, a record's score depends on who else is attacked.

    Args:
        percent: in (0, 100]; 0.1 does well in the original paper. That share of all distances is held in memory.
    """

    percent: float = 0.1
    transductive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.percent <= 100:
            raise ParganError(f"epsilon.percent={self.percent} is no percentile; give more than 0, at most 100")

    def __call__(self, records: Tensor, reference: Tensor, samples: Tensor) -> float:
        """(N, F), (R, F), (S, F) -> eps."""
        rank = max(1, ceil(self.percent / 100 * len(records) * len(samples)))
        balls, smallest, bound = RadiusSearch(samples), samples.new_empty(0), torch.inf
        for block in balls.blocks(records):
            smallest = torch.cat([smallest, balls.within(block, bound)[0]])
            smallest = smallest.topk(min(rank, len(smallest)), largest=False, sorted=False).values
            bound = float(smallest.max()) if len(smallest) == rank else torch.inf
        return bound


def count(relative: Tensor) -> Tensor:
    """Weight 1 for every sample in the ball; `relative` is d / eps in [0, 1]."""
    return torch.ones_like(relative)


def log_closeness(relative: Tensor) -> Tensor:
    """Weight -log(d / eps), >= 0, finite also for a copy (d = 0)."""
    return -relative.clamp(min=CLOSEST).log()


@dataclass(frozen=True)
class MonteCarlo:
    """Mean over j of weight(d_j / eps) where d_j = ||x - g_j|| <= eps, else 0.

    With `MedianNearest` its ranking is close to that of `NearestNeighbour`: not independent evidence.

    Args:
        space: where distances are measured; fitted on samples and reference, never on records under attack.
        epsilon: chooses the radius. The ball is closed: where eps is 0, because most records were copied or data
            are discrete, copies still count.
        weight: of a sample in the ball, from d / eps.
    """

    space: Space = field(default_factory=PrincipalComponents)
    epsilon: Radius = field(default_factory=MedianNearest)
    weight: Callable[[Tensor], Tensor] = count
    access: ClassVar[type[SamplesView]] = SamplesView

    @property
    def transductive(self) -> bool:
        """Whether a record's score depends on who else is attacked: the radius decides."""
        return self.epsilon.transductive

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores, >= 0; a share in [0, 1] with weight `count`."""
        into = self.space(view)
        records, reference, samples = (into(each) for each in (records, view.reference, view.samples))
        eps, balls = self.epsilon(records, reference, samples), RadiusSearch(samples)

        def mass(block: Tensor) -> Tensor:
            distances, counts = balls.within(block, eps)
            weights = self.weight(distances / eps if eps > 0 else torch.zeros_like(distances))
            # Not index_add, whose order, and so rounding, changes from run to run on a GPU.
            return torch.segment_reduce(weights, "sum", lengths=counts, initial=0) / len(samples)

        return torch.cat([mass(block) for block in balls.blocks(records)])
