"""The full black-box attack: members lie closer to what the generator returns.

Legend: N records under attack, S generated samples, F features.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from pargan.attacks.spaces import RawSpace, Space
from pargan.attacks.views import SamplesView

BLOCK_NUMBERS = 2**24
"""float32 numbers held at a time, 64 MiB."""

TILE = 4096
"""Samples that a block of records meets at a time. Wide enough for a fast matrix product; with it and as many
records as fill the block, 60,000 x 100,000 records spend nine tenths of their time in the product."""

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
    ||x||^2 - 2 x.g + ||g||^2 and yet exactly 0 for a copy, where that formula leaves rounding noise. Blocks of
    records meet tiles of samples, so that memory beyond the arguments does not grow with N or S.
    """
    shortlist = min(SHORTLIST, len(samples))
    per_record = min(TILE, len(samples)) + shortlist * samples.shape[1]
    # Short vectors have small rounding errors. Tile by tile, so that single precision does not lose count.
    centre = torch.stack([tile.sum(0) / len(samples) for tile in samples.split(TILE)]).sum(0)
    # Made beforehand: small results between large blocks would keep the blocks' memory from being used again.
    distances, positions = records.new_empty(len(records)), records.new_empty(len(records), dtype=torch.int64)
    size = max(1, BLOCK_NUMBERS // per_record)
    for first in range(0, len(records), size):
        here = slice(first, first + size)
        candidates = _shortlist(records[here] - centre, samples, centre, shortlist)
        distances[here], positions[here] = _closest(records[here], samples, candidates)
    return distances, positions


def _shortlist(block: Tensor, samples: Tensor, centre: Tensor, size: int) -> Tensor:
    """Positions (n, size) of the samples closest to the centred records (n, F), to rounding."""
    best = block.new_full((len(block), size), torch.inf)
    positions = torch.zeros_like(best, dtype=torch.int64)
    for first in range(0, len(samples), TILE):
        tile = samples[first : first + TILE] - centre
        # Half the squared distance, less ||x||^2 / 2, which is the same for all samples.
        half = torch.addmm(tile.square().sum(1) / 2, block, tile.T, alpha=-1)
        of_tile = half.topk(min(size, len(tile)), largest=False, sorted=False)
        best, kept = torch.cat([best, of_tile.values], 1).topk(size, largest=False, sorted=False)
        positions = torch.cat([positions, of_tile.indices + first], 1).gather(1, kept)
    return positions


def _closest(block: Tensor, samples: Tensor, candidates: Tensor) -> tuple[Tensor, Tensor]:
    """The closest of each record's candidates (n, size): distance (n,) and position (n,)."""
    distances, closest = exact_distances(block[:, None], samples[candidates]).squeeze(1).min(1)
    return distances, candidates.gather(1, closest[:, None]).squeeze(1)


def exact_distances(records: Tensor, samples: Tensor) -> Tensor:
    """Euclidean distances from the differences, (..., n, F), (..., S, F) -> (..., n, S); exactly 0 for a copy."""
    return torch.cdist(records, samples, compute_mode="donot_use_mm_for_euclid_dist")
