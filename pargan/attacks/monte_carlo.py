"""The Monte-Carlo attack: the share of generated records that fall near a record.

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
"""Smallest d / eps that `log_closeness` distinguishes from 0."""


class Radius(Protocol):
    """Chooses eps.

    It may use the records under attack, but does not know which of them are members: where nothing leaks, members
    and nonmembers stay exchangeable.
    """

    @property
    def transductive(self) -> bool:
        """Whether it uses the records under attack, so that a record's score depends on which others are attacked."""

    def __call__(self, records: Tensor, reference: Tensor, samples: Tensor) -> float:
        """(N, F), (R, F), (S, F) -> eps, >= 0. The order of the records is random."""


@dataclass(frozen=True)
class MedianNearest:
    """eps = median over the records under attack of the distance to the nearest sample: as published.

    Half of the records under attack then have a sample within eps, which is meant for as many members as nonmembers.
    With far more nonmembers, nearly half of these have one; with far more members, half of these have none, unless
    most were copied exactly. A record's score depends on which others are attacked: scores from different sets of
    records cannot be compared.
    """

    transductive: ClassVar[bool] = True

    def __call__(self, records: Tensor, reference: Tensor, samples: Tensor) -> float:
        """(N, F), (R, F), (S, F) -> eps."""
        return float(RadiusSearch(samples).nearest(records).median())


@dataclass(frozen=True)
class ReferenceMedianNearest:
    """eps = median over the reference records of the distance to the nearest sample.

    Not from the original paper. A record's score does not depend on which others are attacked, and the members do
    not make the radius smaller under the model that was trained on them, as attacks need that compare a record's
    scores under several models. Use it with weight `log_closeness`: half of the nonmembers have samples within eps,
    and a plain count hides copies among these.
    """

    transductive: ClassVar[bool] = False

    def __call__(self, records: Tensor, reference: Tensor, samples: Tensor) -> float:
        """(N, F), (R, F), (S, F) -> eps."""
        return float(RadiusSearch(samples).nearest(reference).median())


@dataclass(frozen=True)
class ReferenceQuantileNearest:
    """eps = a quantile over the reference records of the distance to the nearest sample.

    That share of nonmembers has a sample within eps, by definition, so that a small one makes few false accusations.
    As with `ReferenceMedianNearest`, a record's score does not depend on which others are attacked.

    Args:
        quantile: in (0, 1).
    """

    quantile: float = 0.3
    transductive: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 < self.quantile < 1:
            raise ParganError(
                "is not a quantile", argument="quantile", value=self.quantile, remedy="give more than 0, less than 1"
            )

    def __call__(self, records: Tensor, reference: Tensor, samples: Tensor) -> float:
        """(N, F), (R, F), (S, F) -> eps."""
        return float(RadiusSearch(samples).nearest(reference).quantile(self.quantile))


@dataclass(frozen=True)
class DistancePercentile:
    """eps = a percentile of all distances between records under attack and samples: as published.

    As with `MedianNearest`, a record's score depends on which others are attacked.

    Args:
        percent: in (0, 100]; 0.1 performs well in the original paper. That share of all distances is held in memory.
    """

    percent: float = 0.1
    transductive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.percent <= 100:
            raise ParganError(
                "is not a percentile", argument="percent", value=self.percent, remedy="give more than 0, at most 100"
            )

    def __call__(self, records: Tensor, reference: Tensor, samples: Tensor) -> float:
        """(N, F), (R, F), (S, F) -> eps."""
        rank = max(1, ceil(self.percent / 100 * len(records) * len(samples)))
        search, smallest, bound = RadiusSearch(samples), samples.new_empty(0), torch.inf
        for block in search.blocks(records):
            smallest = torch.cat([smallest, search.within(block, bound)[0]])
            smallest = smallest.topk(min(rank, len(smallest)), largest=False, sorted=False).values
            bound = float(smallest.max()) if len(smallest) == rank else torch.inf
        return bound


def count(relative: Tensor) -> Tensor:
    """Weight 1 for every sample within eps; `relative` is d / eps in [0, 1]."""
    return torch.ones_like(relative)


def log_closeness(relative: Tensor) -> Tensor:
    """Weight -log(d / eps), >= 0, finite even for a copy (d = 0)."""
    return -relative.clamp(min=CLOSEST).log()


@dataclass(frozen=True)
class MonteCarlo:
    """Mean over j of weight(d_j / eps) where d_j = ||x - g_j|| <= eps, else 0.

    With `MedianNearest` its ranking is close to that of `NearestNeighbour`, so the two are not independent evidence.

    Args:
        space: in which distances are measured; fitted on samples and reference, never on records under attack.
        epsilon: chooses the radius. Distances equal to eps count: where eps is 0, because most records were copied
            or the data are discrete, copies still count.
        weight: weight of a sample within eps, a function of d / eps.
    """

    space: Space = field(default_factory=PrincipalComponents)
    epsilon: Radius = field(default_factory=MedianNearest)
    weight: Callable[[Tensor], Tensor] = count
    access: ClassVar[type[SamplesView]] = SamplesView

    @property
    def transductive(self) -> bool:
        """Whether a record's score depends on which others are attacked, which the choice of radius determines."""
        return self.epsilon.transductive

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores, >= 0; a share in [0, 1] with weight `count`."""
        transform = self.space(view)
        records, reference, samples = (transform(group) for group in (records, view.reference, view.samples))
        eps, search = self.epsilon(records, reference, samples), RadiusSearch(samples)

        def weighted_share(block: Tensor) -> Tensor:
            distances, counts = search.within(block, eps)
            weights = self.weight(distances / eps if eps > 0 else torch.zeros_like(distances))
            # Not index_add: on a GPU its order of summation, and so its rounding, changes from run to run.
            return torch.segment_reduce(weights, "sum", lengths=counts, initial=0) / len(samples)

        return torch.cat([weighted_share(block) for block in search.blocks(records)])
