"""The full black-box attack: members lie closer to what the generator returns.

Legend: N records under attack, S generated samples, F features.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from pargan.attacks.spaces import RawSpace, Space
from pargan.attacks.target import SamplesView, in_blocks

BLOCK_NUMBERS = 2**24
"""float32 numbers held at a time, 64 MiB."""

SHORTLIST = 8


@dataclass(frozen=True)
class NearestNeighbour:
    """- min_j ||x - g_j||, the distance to the closest generated record.

    The full black-box attack of GAN-Leaks (Chen et al. 2020, arXiv 1909.03935); distance to closest record
    (DCR) in the literature on tables.

    Args:
        space: where distances are measured.
    """

    space: Space = field(default_factory=RawSpace)
    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores, <= 0; 0 for a record that was generated exactly."""
        into = self.space(view)
        return -nearest_distances(into(records), into(view.samples))


def nearest_distances(records: Tensor, samples: Tensor) -> Tensor:
    """Euclidean distance of every record to its nearest sample: (N, F), (S, F) -> (N,)."""
    return nearest(records, samples)[0]


def nearest(records: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
    """Every record's nearest sample: (N, F), (S, F) -> its Euclidean distance (N,) and its position (N,) int64.

    A matrix product finds a shortlist, whose distances are then computed from the differences: as fast as
    ||x||^2 - 2 x.g + ||g||^2 and yet exactly 0 for a copy, where that formula leaves rounding noise.
    """
    centre = samples.mean(0)  # short vectors, small rounding errors
    records, samples = records - centre, samples - centre
    half_norms = samples.square().sum(1) / 2
    shortlist = min(SHORTLIST, len(samples))
    positions = []

    def distances(block: Tensor) -> Tensor:
        candidates = (half_norms - block @ samples.T).topk(shortlist, largest=False, sorted=False).indices
        found, chosen = (block[:, None] - samples[candidates]).norm(dim=2).min(1)
        positions.append(candidates.gather(1, chosen[:, None]).squeeze(1))
        return found

    per_record = len(samples) + shortlist * samples.shape[1]
    return in_blocks(distances, records, max(1, BLOCK_NUMBERS // per_record)), torch.cat(positions)
