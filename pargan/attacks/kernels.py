"""Gaussian kernels, fitted on nothing but the attacker's samples and reference set.

Legend: n points or records, N records, R reference records, F features of the space in which a kernel has width 1.

A kernel is K(u, v) = exp(-||t(u) - t(v)||^2 / 2) / c, with t a linear map and c the integral over all u. A kernel
density estimate is the mean of K(u, v) over the points v.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from math import exp, log, log1p, pi
from typing import Protocol

import torch
from sklearn.decomposition import PCA
from torch import Tensor

from pargan.attacks.neighbours import BLOCK_NUMBERS
from pargan.attacks.spaces import HasColumns, RecordSpace, Space, category_blocks, standard_deviations
from pargan.attacks.views import SamplesView, in_blocks
from pargan.errors import ParganError
from pargan.seeding import derive

SMALLEST_VARIANCE = 1e-6
"""Principal components with less of the largest one's variance are left out of a whitened space: dividing by their
standard deviation would turn rounding errors into distances."""

HELD_OUT = 200
"""Points whose likelihood chooses the widths of a `ProductKernel`, at most a quarter of all."""

WIDTHS = tuple(2.0**power for power in range(-6, 2))
"""Widths of numbers that are tried, in standard deviations."""

PENALTIES = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0)
"""Penalties for a different category that are tried: the kernel is exp(-penalty) times as high."""


@dataclass(frozen=True)
class FittedKernel:
    """A kernel with its widths.

    Attributes:
        transform: t, maps (n, *shape) to (n, F).
        log_integral: maps a factor, by which every width is multiplied, to log c. Numbers are integrated over,
            categories summed over.
        details: the widths, ready for JSON.
    """

    transform: Callable[[Tensor], Tensor]
    log_integral: Callable[[float], float]
    details: dict[str, float] = field(default_factory=dict)

    def log_density(self, points: Tensor, widening: float = 1.0) -> Callable[[Tensor], Tensor]:
        """The kernel density estimate of points (n, *shape): maps (N, *shape) to (N,) log densities.

        Args:
            points: a kernel stands at each.
            widening: factor of all widths. A penalty is divided by its square.
        """
        kernels, constant = self.transform(points) / widening, log(len(points)) + self.log_integral(widening)
        return lambda records: log_kernel_sum(self.transform(records) / widening, kernels) - constant


class Kernel(Protocol):
    """Chooses the widths of a kernel."""

    def __call__(self, view: SamplesView, points: Tensor) -> FittedKernel:
        """Fit to points (n, *shape), which are the view's samples or its reference set."""


@dataclass(frozen=True)
class WhitenedKernel:
    """A kernel with the full covariance of the points, in their leading principal components.

    Its width is Scott's rule (1992, doi 10.1002/9780470316849), n^(-1 / (F + 4)) standard deviations in every
    direction: what `scipy.stats.gaussian_kde` does.

    Args:
        space: in which the components are computed.
        n_components: at most so many, F. Fewer are used where there are fewer features or points. Densities need few.
        bandwidth: in units of Scott's rule.

    Raises:
        ParganError: a setting out of range; when called, points without variance.
    """

    space: Space = field(default_factory=RecordSpace)
    n_components: int = 20
    bandwidth: float = 1.0

    def __post_init__(self) -> None:
        if self.n_components < 1:
            raise ParganError("is too small", argument="n_components", value=self.n_components, remedy="give 1 or more")
        if not self.bandwidth > 0:
            raise ParganError(
                "must be positive", argument="bandwidth", value=self.bandwidth, remedy="give a number above 0"
            )

    def __call__(self, view: SamplesView, points: Tensor) -> FittedKernel:
        """Fit to points (n, *shape)."""
        into_space = self.space(view)
        known = into_space(points)
        if not known.std(0, correction=0).any():
            raise ParganError(
                f"gives {len(points)} records without variation, which have no density",
                argument="view",
                remedy="give more reference records, or samples of a generator that has not collapsed",
            )
        fitted = PCA(min(self.n_components, *known.shape), random_state=view.seed % 2**32)
        fitted.fit(known.double().cpu().numpy())
        variance = known.new_tensor(fitted.explained_variance_, dtype=torch.float64)
        kept = variance > SMALLEST_VARIANCE * variance.max()
        widths = variance[kept].sqrt() * self.bandwidth * len(points) ** (-1 / (int(kept.sum()) + 4))
        components = known.new_tensor(fitted.components_, dtype=torch.float64)[kept]
        projection = (components / widths[:, None]).T.to(known.dtype)
        centre = known.new_tensor(fitted.mean_)
        return FittedKernel(
            lambda records: (into_space(records) - centre) @ projection,
            lambda widening: float((widths * widening).log().sum()) + len(widths) / 2 * log(2 * pi),
        )


@dataclass(frozen=True)
class ProductKernel:
    """A kernel for each column of a table: Gaussian for numbers, Aitchison and Aitken's for categories.

    One width for all numbers, in standard deviations of the reference set, and one penalty for a different category
    are chosen by the likelihood of held-out points, so that a generator that copies gets a narrow kernel (Li and
    Racine 2003, doi 10.1016/S0047-259X(02)00025-8, who choose one for each column; Aitchison and Aitken 1976, doi
    10.1093/biomet/63.3.413). Records without typed columns consist of numbers.
    """

    def __call__(self, view: SamplesView, points: Tensor) -> FittedKernel:
        """Fit to points (n, *shape)."""
        flat = points.flatten(1)
        categories = category_blocks(view.spec)
        is_number = torch.ones(flat.shape[1], dtype=torch.bool, device=flat.device)
        for block in categories:
            is_number[block] = False
        deviations = standard_deviations(view)[is_number]
        sizes = [block.stop - block.start for block in categories]
        generator = torch.Generator().manual_seed(derive(view.seed, "held-out points"))
        order = torch.randperm(len(flat), generator=generator).to(flat.device)
        held_out, fitted = order.tensor_split([min(HELD_OUT, len(flat) // 4)])
        # Squared distances of held-out points from fitted ones in numbers, and the number of different categories.
        numbers, different = (
            _squared_distances(part[held_out], part[fitted])
            for part in (flat[:, is_number] / deviations, flat[:, ~is_number] / 2**0.5)
        )

        @cache
        def log_likelihood(width: float, penalty: float) -> float:
            exponents = numbers / (-2 * width**2) - penalty * different
            return float(exponents.logsumexp(1).double().mean()) - _log_integral(width, penalty, deviations, sizes)

        widths = WIDTHS if len(deviations) else (1.0,)
        penalties = PENALTIES if sizes else (1.0,)
        width, penalty = _highest(log_likelihood, widths, penalties) if len(held_out) else (0.5, 4.0)
        scales = torch.full((flat.shape[1],), penalty**0.5, dtype=flat.dtype, device=flat.device)
        scales[is_number] = 1 / (deviations * width)
        centre = view.reference.flatten(1).mean(0)
        details = {"width": width} if len(deviations) else {}
        return FittedKernel(
            lambda records: (records.flatten(1) - centre) * scales,
            lambda widening: _log_integral(width * widening, penalty / widening**2, deviations, sizes),
            details | ({"penalty": penalty} if sizes else {}),
        )


@dataclass(frozen=True)
class RecordKernel:
    """The kernel that suits the records: `ProductKernel` where they have typed columns, else `WhitenedKernel`."""

    def __call__(self, view: SamplesView, points: Tensor) -> FittedKernel:
        """Fit to points (n, *shape)."""
        kernel: Kernel = ProductKernel() if isinstance(view.spec, HasColumns) else WhitenedKernel()
        return kernel(view, points)


def refuse_widening(widening: float) -> None:
    """Refuse a factor of widths that is not positive."""
    if not widening > 0:
        remedy = "give 1 for equal kernels, or more"
        raise ParganError("must be positive", argument="widening", value=widening, remedy=remedy)


def log_kernel_sum(records: Tensor, points: Tensor) -> Tensor:
    """log of the sum over points of exp(-d^2 / 2): (N, F), (n, F) -> (N,)."""
    half_squares = points.square().sum(1) / 2

    def block_sum(block: Tensor) -> Tensor:
        # -d^2 / 2 without the part that is the same for all points; rounding must not lift a kernel above 1.
        own = block.square().sum(1, keepdim=True) / 2
        exponents = torch.addmm(half_squares, block, points.T, beta=-1)
        return torch.minimum(exponents, own, out=exponents).logsumexp(1) - own.squeeze(1)

    return in_blocks(block_sum, records, max(1, BLOCK_NUMBERS // len(points)))


def _squared_distances(left: Tensor, right: Tensor) -> Tensor:
    return torch.cdist(left, right).square()


def _log_integral(width: float, penalty: float, deviations: Tensor, sizes: list[int]) -> float:
    """log of the product over numbers of (2 pi)^(1/2) width, over columns of c categories of 1 + (c - 1) e^-penalty."""
    numbers = len(deviations) * (log(width) + log(2 * pi) / 2) + float(deviations.double().log().sum())
    return numbers + sum(log1p((size - 1) * exp(-penalty)) for size in sizes)


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
