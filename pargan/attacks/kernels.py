"""Gaussian kernels, fitted on nothing but the attacker's samples and reference set.

Legend: n points or records, N records, R reference records, F features of the space in which a kernel has width 1.

A kernel is K(u, v) = exp(-||t(u) - t(v)||^2 / 2) / c, with t a linear map and c the integral over all u. A kernel
density estimate is the mean of K(u, v) over the points v.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import log, pi
from typing import Protocol

import torch
from sklearn.decomposition import PCA
from torch import Tensor

from pargan.attacks.neighbours import BLOCK_NUMBERS
from pargan.attacks.spaces import RecordSpace, Space
from pargan.attacks.views import SamplesView, in_blocks
from pargan.errors import ParganError

SMALLEST_VARIANCE = 1e-6
"""Principal components with less of the largest one's variance are left out of a whitened space: dividing by their
standard deviation would turn rounding errors into distances."""

REFERENCE_WIDENING = 2**0.5
"""By how much the kernel of the reference records is wider than that of the samples, at least.

A sample is a record and the generator's noise, and the kernel that suits the samples is about as wide as that noise.
Where the attacked record is no member, the density of the samples at it is therefore that of the population, smoothed
twice: by the noise and by the kernel. With kernels 2^(1/2) times as wide, reference records estimate the same density
without bias, if they are many enough. Narrower ones say how near the next reference record happens to be."""


@dataclass(frozen=True)
class FittedKernel:
    """A kernel with its widths.

    Attributes:
        transform: t, maps (n, *shape) to (n, F).
        log_integral: log c. Numbers are integrated over, whole numbers and categories summed over.
        details: the widths, ready for JSON.
    """

    transform: Callable[[Tensor], Tensor]
    log_integral: float
    details: dict[str, float] = field(default_factory=dict)

    def log_density(self, points: Tensor) -> Callable[[Tensor], Tensor]:
        """The kernel density estimate of points (n, *shape): maps (N, *shape) to (N,) log densities."""
        kernels, constant = self.transform(points), log(len(points)) + self.log_integral
        return lambda records: log_kernel_sum(self.transform(records), kernels) - constant


@dataclass(frozen=True)
class KernelPair:
    """The kernels of the two densities that an attack compares.

    Attributes:
        of_samples: as wide as suits the samples.
        of_reference: as wide as suits the reference records, but at least `REFERENCE_WIDENING` times that of the
            samples.
    """

    of_samples: FittedKernel
    of_reference: FittedKernel

    @property
    def details(self) -> dict[str, dict[str, float]]:
        """The widths of both, ready for JSON; empty where there is nothing to tell."""
        both = {"samples": self.of_samples.details, "reference": self.of_reference.details}
        return both if any(both.values()) else {}


class Kernel(Protocol):
    """Chooses the widths of the kernels of samples and reference records."""

    def __call__(self, view: SamplesView) -> KernelPair:
        """Fit to the samples and the reference set of a view."""


@dataclass(frozen=True)
class WhitenedKernel:
    """A kernel with the full covariance of the reference records, in their leading principal components.

    Its width is Scott's rule (1992, doi 10.1002/9780470316849), n^(-1 / (F + 4)) standard deviations in every
    direction for n points: what `scipy.stats.gaussian_kde` does.

    Args:
        space: in which the components are computed.
        n_components: at most so many, F. Fewer are used where there are fewer features or records. Densities need few.
        bandwidth: in units of Scott's rule.

    Raises:
        ParganError: a setting out of range; when called, reference records without variance.
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

    def __call__(self, view: SamplesView) -> KernelPair:
        """Fit to the samples and the reference set of a view."""
        into_space = self.space(view)
        known = into_space(view.reference)
        if not known.std(0, correction=0).any():
            raise ParganError(
                f"gives {len(known)} reference records without variation, which have no density",
                argument="view",
                remedy="give more of them",
            )
        fitted = PCA(min(self.n_components, *known.shape), random_state=view.seed % 2**32)
        fitted.fit(known.double().cpu().numpy())
        variance = known.new_tensor(fitted.explained_variance_, dtype=torch.float64)
        kept = variance > SMALLEST_VARIANCE * variance.max()
        deviations, components = variance[kept].sqrt(), known.new_tensor(fitted.components_, dtype=torch.float64)[kept]
        centre = known.new_tensor(fitted.mean_)
        of_samples, of_reference = (
            self.bandwidth * len(points) ** (-1 / (len(deviations) + 4)) for points in (view.samples, view.reference)
        )

        def with_width(width: float) -> FittedKernel:
            projection = (components / (width * deviations)[:, None]).T.to(known.dtype)
            log_integral = float((width * deviations).log().sum()) + len(deviations) / 2 * log(2 * pi)
            return FittedKernel(lambda records: (into_space(records) - centre) @ projection, log_integral)

        return KernelPair(with_width(of_samples), with_width(max(of_reference, REFERENCE_WIDENING * of_samples)))


def log_kernel_sum(records: Tensor, points: Tensor) -> Tensor:
    """log of the sum over points of exp(-d^2 / 2): (N, F), (n, F) -> (N,)."""
    half_squares = points.square().sum(1) / 2

    def block_sum(block: Tensor) -> Tensor:
        # -d^2 / 2 without the part that is the same for all points; rounding must not lift a kernel above 1.
        own = block.square().sum(1, keepdim=True) / 2
        exponents = torch.addmm(half_squares, block, points.T, beta=-1)
        return torch.minimum(exponents, own, out=exponents).logsumexp(1) - own.squeeze(1)

    return in_blocks(block_sum, records, max(1, BLOCK_NUMBERS // len(points)))
