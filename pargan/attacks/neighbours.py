"""The full black-box attack: members are closer to generated records than nonmembers.

Legend: N records under attack, S generated samples, F features.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from pargan.attacks.spaces import RecordSpace, Space
from pargan.attacks.views import SamplesView

BLOCK_NUMBERS = 2**24
"""float32 numbers held at a time, 64 MiB."""

TILE = 4096
"""Samples compared with a block of records at a time: enough for a fast matrix product, in which 60,000 records
against 100,000 samples spend nine tenths of their time."""

SPARE = 7
"""Further samples in a shortlist by the matrix product: its rounding may put the closest ones a few places too low."""


@dataclass(frozen=True)
class NearestNeighbour:
    """- min_j ||x - g_j||, the distance to the closest generated record.

    The full black-box attack of GAN-Leaks (Chen et al. 2020, arXiv 1909.03935); distance to closest record
    (DCR) in the literature on tables.

    Args:
        space: in which distances are measured.
    """

    space: Space = field(default_factory=RecordSpace)
    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores, <= 0; 0 for an exact copy."""
        transform = self.space(view)
        return -nearest_distances(transform(records), transform(view.samples))


def nearest_distances(records: Tensor, samples: Tensor) -> Tensor:
    """Euclidean distance of every record to its nearest sample: (N, F), (S, F) -> (N,)."""
    return nearest(records, samples)[0]


def nearest(records: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
    """Every record's nearest sample: (N, F), (S, F) -> its Euclidean distance (N,) and its position (N,) int64."""
    distances, positions = k_nearest(records, samples, 1)
    return distances[:, 0], positions[:, 0]


def k_nearest(records: Tensor, samples: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Every record's k nearest samples, the nearest first: (N, F), (S, F) -> (N, k) distances, (N, k) positions.

    A matrix product finds a shortlist, whose distances are then computed from the differences: as fast as
    ||x||^2 - 2 x.g + ||g||^2, but exactly 0 for a copy, where that formula leaves rounding noise. Blocks of records
    are compared with tiles of samples, so that memory beyond the arguments does not grow with S.

    Args:
        records: (N, F) float32.
        samples: (S, F) float32.
        k: 1 to S.
    """
    shortlist = min(k + SPARE, len(samples))
    per_record = min(TILE, len(samples)) + shortlist * samples.shape[1]
    # Centred vectors are shorter and have smaller rounding errors. Summed tile by tile to keep float32 accurate.
    centre = torch.stack([tile.sum(0) / len(samples) for tile in samples.split(TILE)]).sum(0)
    # Allocated first: small tensors between large blocks would prevent the allocator from reusing the blocks.
    distances = records.new_empty(len(records), k)
    positions = records.new_empty(len(records), k, dtype=torch.int64)
    size = max(1, BLOCK_NUMBERS // per_record)
    for first in range(0, len(records), size):
        block = slice(first, first + size)
        candidates = _shortlist(records[block] - centre, samples, centre, shortlist)
        distances[block], positions[block] = _closest(records[block], samples, candidates, k)
    return distances, positions


def _shortlist(block: Tensor, samples: Tensor, centre: Tensor, size: int) -> Tensor:
    """Positions (n, size) of the samples closest to the centred records (n, F), up to rounding."""
    best = block.new_full((len(block), size), torch.inf)
    positions = torch.zeros_like(best, dtype=torch.int64)
    for first in range(0, len(samples), TILE):
        tile = samples[first : first + TILE] - centre
        # Half the squared distance, less ||x||^2 / 2, which is the same for all samples.
        half = torch.addmm(tile.square().sum(1) / 2, block, tile.T, alpha=-1)
        closest = half.topk(min(size, len(tile)), largest=False, sorted=False)
        best, kept = torch.cat([best, closest.values], 1).topk(size, largest=False, sorted=False)
        positions = torch.cat([positions, closest.indices + first], 1).gather(1, kept)
    return positions


def _closest(block: Tensor, samples: Tensor, candidates: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Distances (n, k) and positions (n, k) of the closest of each record's candidates (n, size)."""
    distances, closest = exact_distances(block[:, None], samples[candidates]).squeeze(1).topk(k, largest=False)
    return distances, candidates.gather(1, closest)


def exact_distances(records: Tensor, samples: Tensor) -> Tensor:
    """Euclidean distances from the differences, (..., n, F), (..., S, F) -> (..., n, S); exactly 0 for a copy."""
    return torch.cdist(records, samples, compute_mode="donot_use_mm_for_euclid_dist")
