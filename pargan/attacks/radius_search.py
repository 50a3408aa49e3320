"""The samples in balls around records: found by a matrix product, measured exactly.

Legend: n records of a block, N records, S generated samples, F features, P pairs of a record and a sample.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from pargan.attacks.neighbours import BLOCK_NUMBERS, exact_distances, nearest_distances

RESOLUTION = 1e-5
"""Distances this small beside the samples' own size are rounding of the projection: the records are equal."""

DENSE = 1 / 16
"""Share of pairs that may lie in balls from which on all distances are computed, which is then no more work."""


class RadiusSearch:
    """Euclidean distances between records and one set of samples, exactly 0 where they are below the resolution.

    From the differences, not by ||x||^2 - 2 x.g + ||g||^2, which would blur the small ones, which are those that
    matter. That formula, with a bound of its rounding, only tells which pairs cannot lie in a ball; for images it
    takes a twentieth of the time.

    Args:
        samples: (S, F) float32.
    """

    def __init__(self, samples: Tensor) -> None:
        self._samples = samples
        norms = samples.norm(dim=1)
        self._half_squares = norms.square() / 2
        self._resolution = float(RESOLUTION * norms.mean())

    def blocks(self, records: Tensor) -> Iterator[Tensor]:
        """(N, F) -> (n, F) each, so few that a number for every pair with a sample fits into a block of memory."""
        yield from records.split(max(1, BLOCK_NUMBERS // len(self._samples)))

    def nearest(self, records: Tensor) -> Tensor:
        """Distance of every record to its nearest sample, (N, F) -> (N,)."""
        return self._resolved(nearest_distances(records, self._samples))

    def within(self, block: Tensor, radius: float) -> tuple[Tensor, Tensor]:
        """Distances of the samples in closed balls of one radius around records.

        Args:
            block: (n, F).
            radius: >= 0.

        Returns:
            (P,) distances, those of the first record first; (n,) int64 numbers of samples in each ball.
        """
        near = self._may_be_within(block, max(radius, self._resolution))
        if near is None or near.sum() > DENSE * near.numel():
            exact = self._resolved(exact_distances(block, self._samples))
            inside = exact <= radius
            return exact[inside], inside.sum(1)
        record, sample = near.nonzero(as_tuple=True)
        exact = self._resolved(self._of_pairs(block, record, sample))
        inside = exact <= radius
        return exact[inside], record[inside].bincount(minlength=len(block))

    def _may_be_within(self, block: Tensor, radius: float) -> Tensor | None:
        """(n, F) -> (n, S) False where a sample lies outside for sure; None where products cannot tell."""
        if torch.get_float32_matmul_precision() != "highest" or radius == torch.inf:
            return None
        half_squares = block.square().sum(1, keepdim=True) / 2
        # A sum of F products is off by at most F eps times the sum of their sizes, and so are the squares.
        rounding = 4 * (block.shape[1] + 4) * torch.finfo(block.dtype).eps * (half_squares + self._half_squares.max())
        half = torch.addmm(self._half_squares, block, self._samples.T, alpha=-1)  # d^2 / 2 - ||x||^2 / 2
        return half <= radius**2 / 2 - half_squares + rounding

    def _of_pairs(self, block: Tensor, record: Tensor, sample: Tensor) -> Tensor:
        size = max(1, BLOCK_NUMBERS // (2 * block.shape[1]))
        pairs = zip(record.split(size), sample.split(size), strict=True)
        return torch.cat(
            [exact_distances(block[left, None], self._samples[right, None]).flatten() for left, right in pairs]
        )

    def _resolved(self, distances: Tensor) -> Tensor:
        return distances.masked_fill_(distances <= self._resolution, 0.0)
