"""What a discriminator is given beside a record's numbers. Legend: d entries of a record, n of them numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

WEIGHT = 0.6  # of a full bin, where an indicator is 1: beside 16 bins a number does not drown the categories


@dataclass(frozen=True)
class NumberBins:
    """Each number also as a row of bins, full up to the number (piecewise linear encoding, arXiv 2203.05556).

    What a number tells of other columns often changes at a few of its values. A dense network learns such steps from
    the number alone only slowly; with an input for each bin it finds them, as a tree does. The bins are equally wide
    and go from -1 to 1, as all numbers in model space.

    Args:
        positions: (n,) of the numbers in a record.
        number: of bins for each of them.
    """

    positions: Sequence[int]
    number: int

    @property
    def size(self) -> int:
        """n * number, the entries that are put behind a record."""
        return len(self.positions) * self.number

    def __call__(self, records: Tensor) -> Tensor:
        """(..., d) -> (..., d + size)."""
        places = (records[..., list(self.positions)] + 1) * (self.number / 2)
        starts = torch.arange(self.number, dtype=records.dtype, device=records.device)
        filled = (places.unsqueeze(-1) - starts).clamp(0, 1)
        return torch.cat([records, WEIGHT * filled.flatten(-2)], -1)
