"""Kernels for rows of a table, fitted on nothing but the attacker's samples and reference set.

Legend: n points, N records, F features.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import exp, log1p, pi
from typing import Self

import torch
from torch import Tensor

from pargan.attacks.kernels import REFERENCE_WIDENING, FittedKernel, Kernel, KernelPair, WhitenedKernel
from pargan.attacks.spaces import HasColumns, category_blocks, integer_steps, standard_deviations
from pargan.attacks.views import SamplesView
from pargan.seeding import derive

HELD_OUT = 200
"""Points whose likelihood chooses the widths of a `ProductKernel`, at most a quarter of all."""

WIDTHS = tuple(2.0**power for power in range(-6, 2))
"""Widths of numbers that are tried, in standard deviations."""

PENALTIES = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0)
"""Penalties for a different category that are tried: the kernel is exp(-penalty) times as high."""


@dataclass(frozen=True)
class ProductKernel:
    """A kernel for each column of a table: Gaussian for numbers, Aitchison and Aitken's for categories.

    One width for all numbers, in standard deviations of the reference set, and one penalty for a different category
    are chosen by the likelihood of held-out points, so that a generator that copies gets a narrow kernel (Li and
    Racine 2003, doi 10.1016/S0047-259X(02)00025-8, who choose one for each column; Aitchison and Aitken 1976, doi
    10.1093/biomet/63.3.413). Records without typed columns consist of numbers.
    """

    def __call__(self, view: SamplesView) -> KernelPair:
        """Fit to the samples and the reference set of a view."""
        columns = _Columns.of(view)
        samples, reference = (columns.likeliest(points, view.seed) for points in (view.samples, view.reference))
        # A kernel w times as wide divides the penalty by w^2, as it does the squared distance of numbers.
        width = max(reference[0], REFERENCE_WIDENING * samples[0])
        penalty = min(reference[1], samples[1] / REFERENCE_WIDENING**2)
        return KernelPair(columns.kernel(*samples), columns.kernel(width, penalty))


@dataclass(frozen=True)
class RecordKernel:
    """The kernel that suits the records: `ProductKernel` where they have typed columns, else `WhitenedKernel`."""

    def __call__(self, view: SamplesView) -> KernelPair:
        """Fit to the samples and the reference set of a view."""
        kernel: Kernel = ProductKernel() if isinstance(view.spec, HasColumns) else WhitenedKernel()
        return kernel(view)


@dataclass(frozen=True)
class _Columns:
    """The columns of a `ProductKernel`: M numbers and C categories.

    Attributes:
        is_number: (F,) bool; the other columns are indicators of categories.
        deviations: (M,) standard deviations of the numbers in the reference set.
        steps: (M,) between neighbouring values of whole numbers, in standard deviations; 0 for other numbers.
        sizes: (C,) how many categories there are.
        centre: (F,) of the reference set.
    """

    is_number: Tensor
    deviations: Tensor
    steps: Tensor
    sizes: list[int]
    centre: Tensor

    @classmethod
    def of(cls, view: SamplesView) -> Self:
        """The columns of the view's records."""
        reference = view.reference.flatten(1)
        categories = category_blocks(view.spec)
        is_number = torch.ones(reference.shape[1], dtype=torch.bool, device=reference.device)
        for block in categories:
            is_number[block] = False
        deviations = standard_deviations(view)[is_number]
        steps = integer_steps(view.spec, reference)[is_number] / deviations
        return cls(is_number, deviations, steps, [block.stop - block.start for block in categories], reference.mean(0))

    def likeliest(self, points: Tensor, seed: int) -> tuple[float, float]:
        """The width and the penalty under which some of the points (n, *shape), held out, are likeliest."""
        flat = points.flatten(1)
        generator = torch.Generator().manual_seed(derive(seed, "held-out points"))
        order = torch.randperm(len(flat), generator=generator).to(flat.device)
        held_out, fitted = order.tensor_split([min(HELD_OUT, len(flat) // 4)])
        # Squared distances of held-out points from fitted ones in numbers, and the number of different categories.
        numbers, different = (
            _squared_distances(part[held_out], part[fitted])
            for part in (flat[:, self.is_number] / self.deviations, flat[:, ~self.is_number] / 2**0.5)
        )

        @cache
        def log_likelihood(width: float, penalty: float) -> float:
            exponents = numbers / (-2 * width**2) - penalty * different
            return float(exponents.logsumexp(1).double().mean()) - self.log_integral(width, penalty)

        widths = WIDTHS if len(self.deviations) else (1.0,)
        penalties = PENALTIES if self.sizes else (1.0,)
        return _highest(log_likelihood, widths, penalties) if len(held_out) else (0.5, 4.0)

    def kernel(self, width: float, penalty: float) -> FittedKernel:
        """The kernel with this width and penalty."""
        scales = torch.full_like(self.centre, penalty**0.5)
        scales[self.is_number] = 1 / (self.deviations * width)
        details = {"width": width} if len(self.deviations) else {}
        return FittedKernel(
            lambda records: (records.flatten(1) - self.centre) * scales,
            self.log_integral(width, penalty),
            details | ({"penalty": penalty} if self.sizes else {}),
        )

    def log_integral(self, width: float, penalty: float) -> float:
        """Numbers give a factor of (2 pi)^(1/2) width, columns of c categories one of 1 + (c - 1) e^-penalty.

        A whole number has the sum of its kernel over all whole numbers: as a number, one that has few values would be
        the likelier the narrower its kernel, without end.
        """
        steps = self.steps.double()
        integrals = self.deviations.double() * width * (2 * pi) ** 0.5
        multiples = torch.arange(1, 50, dtype=steps.dtype, device=steps.device)
        sums = 1 + 2 * (-(multiples * steps[:, None] / width).square() / 2).exp().sum(1)
        wide = (2 * pi) ** 0.5 * width / steps.clamp(min=1e-30)  # to which sums of many terms converge
        sums = torch.where(steps > width, sums, wide)
        numbers = float(torch.where(steps > 0, sums, integrals).log().sum())
        return numbers + sum(log1p((size - 1) * exp(-penalty)) for size in self.sizes)


def _squared_distances(left: Tensor, right: Tensor) -> Tensor:
    return torch.cdist(left, right).square()


def _highest(
    function: Callable[[float, float], float], widths: tuple[float, ...], penalties: tuple[float, ...]
) -> tuple[float, float]:
    """The pair with the highest value that no change of one of the two improves, searched from the widest kernel."""
    best, before = (widths[-1], penalties[0]), None
    while best != before:
        before = best
        best = (max(widths, key=lambda width: function(width, best[1])), best[1])
        best = (best[0], max(penalties, key=lambda penalty: function(best[0], penalty)))
    return best
