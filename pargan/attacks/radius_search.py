"""The samples within a radius of each record, with exact distances.

Legend: n records of a block, N records, S generated samples, F features, P pairs of a record and a sample.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from pargan.attacks.neighbours import BLOCK_NUMBERS, exact_distances, nearest_distances

RESOLUTION = 1e-5
"""Distances below this share of the samples' mean norm are rounding errors of a projection: they count as 0."""

DENSE = 1 / 16
"""Share of candidate pairs above which all distances are computed, which then takes no longer."""


class RadiusSearch:
    """Euclidean distances between records and one set of samples, exactly 0 where they are below the resolution.

    Distances are computed from the differences, because ||x||^2 - 2 x.g + ||g||^2 is inaccurate for the small ones,
    which are those that matter. That formula, with a bound on its rounding error, is only used to rule out pairs
    that are farther apart than the radius; for images it takes a twentieth of the time.

    Args:
        samples: (S, F) float32.
    """

    def __init__(self, samples: Tensor) -> None:
        self._samples = samples
        norms = samples.norm(dim=1)
        self._half_squares = norms.square() / 2
        self._resolution = float(RESOLUTION * norms.mean())

    def blocks(self, records: Tensor) -> Iterator[Tensor]:
        """Split (N, F) into (n, F) blocks, so small that one number per pair with a sample fits `BLOCK_NUMBERS`."""
        yield from records.split(max(1, BLOCK_NUMBERS // len(self._samples)))

    def nearest(self, records: Tensor) -> Tensor:
        """Distance of every record to its nearest sample, (N, F) -> (N,)."""
        return self._round_to_zero(nearest_distances(records, self._samples))

    def within(self, block: Tensor, radius: float) -> tuple[Tensor, Tensor]:
        """Distances of the samples within `radius` of each record, the radius included.

        Args:
            block: (n, F).
            radius: >= 0.

        Returns:
            (P,) distances, those of the first record first, and (n,) int64, the number of them for each record.
        """
        candidates = self._candidates(block, max(radius, self._resolution))
        if candidates is None or candidates.sum() > DENSE * candidates.numel():
            exact = self._round_to_zero(exact_distances(block, self._samples))
            inside = exact <= radius
            return exact[inside], inside.sum(1)
        record_index, sample_index = candidates.nonzero(as_tuple=True)
        exact = self._round_to_zero(self._pair_distances(block, record_index, sample_index))
        inside = exact <= radius
        return exact[inside], record_index[inside].bincount(minlength=len(block))

    def _candidates(self, block: Tensor, radius: float) -> Tensor | None:
        """(n, F) -> (n, S), False for pairs that are certainly farther apart; None where that cannot be computed."""
        if torch.get_float32_matmul_precision() != "highest" or radius == torch.inf:
            return None
        half_squares = block.square().sum(1, keepdim=True) / 2
        # A sum of F products is off by at most F eps times the sum of their absolute values; so are the squares.
        rounding = 4 * (block.shape[1] + 4) * torch.finfo(block.dtype).eps * (half_squares + self._half_squares.max())
        half = torch.addmm(self._half_squares, block, self._samples.T, alpha=-1)  # d^2 / 2 - ||x||^2 / 2
        return half <= radius**2 / 2 - half_squares + rounding

    def _pair_distances(self, block: Tensor, record_index: Tensor, sample_index: Tensor) -> Tensor:
        """Distances (P,) of pairs given by their indices, (P,) in the block and (P,) in the samples."""
        size = max(1, BLOCK_NUMBERS // (2 * block.shape[1]))
        pairs = zip(record_index.split(size), sample_index.split(size), strict=True)
        return torch.cat(
            [exact_distances(block[left, None], self._samples[right, None]).flatten() for left, right in pairs]
        )

    def _round_to_zero(self, distances: Tensor) -> Tensor:
        """Set distances below the resolution to 0, in place."""
        return distances.masked_fill_(distances <= self._resolution, 0.0)
