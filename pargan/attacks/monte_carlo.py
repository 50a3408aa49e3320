"""The Monte-Carlo attack: how much of what the generator returns falls near a record.

Legend: N records under attack, S generated samples, R reference records, F features.

Source: Hilprecht, Haerterich, Bernau 2019, doi 10.2478/popets-2019-0067.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import ClassVar

import torch
from torch import Tensor

from pargan.attacks.neighbours import BLOCK_NUMBERS
from pargan.attacks.spaces import PrincipalComponents, Space
from pargan.attacks.target import SamplesView, in_blocks
from pargan.errors import ParganError

RESOLUTION = 1e-5
"""Distances this small beside the samples' own size are rounding of the projection: the records are equal."""

CLOSEST = 1e-6
"""Smallest d / eps that `log_closeness` tells from 0."""


@dataclass(frozen=True)
class MedianNearest:
    """eps = median over reference records of the distance to the nearest sample.

    The published heuristic takes the median over the records under attack. Then a record's score depends on
    who else is attacked, and calibration has looked at members; reference records serve as well.
    """

    def __call__(self, reference: Tensor, samples: Tensor) -> float:
        """(R, F), (S, F) -> eps."""
        nearest = in_blocks(lambda block: distances(block, samples).amin(1), reference, _block_size(samples))
        return float(nearest.median())


@dataclass(frozen=True)
class DistancePercentile:
    """eps = a percentile of all distances between reference records and samples.

    Args:
        percent: in (0, 100]; 0.1 does well in the original paper.
        max_reference: evenly spaced reference records are used where there are more.
    """

    percent: float = 0.1
    max_reference: int = 1000

    def __post_init__(self) -> None:
        if not 0 < self.percent <= 100:
            raise ParganError(f"epsilon.percent={self.percent} is no percentile; give more than 0, at most 100")

    def __call__(self, reference: Tensor, samples: Tensor) -> float:
        """(R, F), (S, F) -> eps."""
        chosen = reference[:: ceil(len(reference) / self.max_reference)]
        every = in_blocks(lambda block: distances(block, samples), chosen, _block_size(samples)).flatten()
        return float(every.kthvalue(max(1, ceil(self.percent / 100 * len(every)))).values)


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
        epsilon: chooses the radius from the reference set and the samples. The ball is closed, so that on
            discrete data, where eps may be 0, copies still count.
        weight: of a sample in the ball, from d / eps.
    """

    space: Space = field(default_factory=PrincipalComponents)
    epsilon: Callable[[Tensor, Tensor], float] = field(default_factory=MedianNearest)
    weight: Callable[[Tensor], Tensor] = count
    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores, >= 0; a share in [0, 1] with weight `count`."""
        into = self.space(view)
        samples = into(view.samples)
        eps = self.epsilon(into(view.reference), samples)

        def mass(block: Tensor) -> Tensor:
            distance = distances(block, samples)  # (n, S)
            relative = distance / eps if eps > 0 else torch.zeros_like(distance)
            return torch.where(distance <= eps, self.weight(relative), 0.0).mean(1)

        return in_blocks(mass, into(records), _block_size(samples))


def distances(records: Tensor, samples: Tensor) -> Tensor:
    """Euclidean distances, (n, F), (S, F) -> (n, S); exactly 0 where they are below the resolution."""
    # The faster way by a matrix product would blur small distances, which are the ones that matter here.
    exact = torch.cdist(records, samples, compute_mode="donot_use_mm_for_euclid_dist")
    return exact.masked_fill(exact <= RESOLUTION * samples.norm(dim=1).mean(), 0.0)


def _block_size(samples: Tensor) -> int:
    return max(1, BLOCK_NUMBERS // len(samples))
