"""Density attacks: the generator's density is higher at members than the population's.

Legend: N records under attack, S generated samples, R reference records, n points, F features.

Source: DOMIAS (van Breugel et al. 2023, arXiv 2302.12580).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import log, pi
from typing import ClassVar, Protocol, TypeAlias

import torch
from sklearn.covariance import LedoitWolf
from torch import Tensor
from torch.distributions import MultivariateNormal

from pargan.attacks.kernels import REFERENCE_WIDENING
from pargan.attacks.neighbours import BLOCK_NUMBERS
from pargan.attacks.spaces import PrincipalComponents, Space
from pargan.attacks.views import SamplesView, in_blocks
from pargan.errors import ParganError
from pargan.seeding import derive

NARROWEST = 1e-3
"""Smallest standard deviation of a density, in units of that of samples and reference together: a generator that
always returns the same record still has a finite one."""

BANDWIDTHS = tuple(2.0**power for power in range(1, -9, -1))
"""Bandwidths that are tried, in units of Scott's rule, the widest first."""

HELD_OUT = 200
"""Points whose likelihood chooses the bandwidth, at most a quarter of all."""


LogDensity: TypeAlias = Callable[[Tensor], Tensor]
"""(N, F) -> (N,)."""


class Density(Protocol):
    """An estimator of the two densities that are compared."""

    def __call__(self, samples: Tensor, reference: Tensor) -> tuple[LogDensity, LogDensity]:
        """Fit samples (S, F) and reference records (R, F), together of unit variance: log p_G and log p_R."""


@dataclass(frozen=True)
class KernelDensity:
    """Kernel density estimates with a Gaussian kernel at every point.

    The kernel of the reference records is at least `REFERENCE_WIDENING` times as wide as that of the samples.

    Args:
        bandwidth: in units of Scott's rule (1992, doi 10.1002/9780470316849), which takes n^(-1 / (F + 4)) standard
            deviations in each dimension. None takes the one under which some of the points, held out, are likeliest
            given the others. Scott's rule is made for one Gaussian: in few dimensions it smooths copies away, while a
            generator that returns the same records again gets a narrow kernel from its held-out samples.
    """

    bandwidth: float | None = None

    def __post_init__(self) -> None:
        if self.bandwidth is not None and not self.bandwidth > 0:
            raise ParganError(
                "must be positive", argument="bandwidth", value=self.bandwidth, remedy="give a number above 0, or None"
            )

    def __call__(self, samples: Tensor, reference: Tensor) -> tuple[LogDensity, LogDensity]:
        """log p_G and log p_R."""
        of_samples, of_reference = self.widths(samples), self.widths(reference)
        of_reference = torch.maximum(of_reference, REFERENCE_WIDENING * of_samples)
        return kernel_density(samples, of_samples), kernel_density(reference, of_reference)

    def widths(self, points: Tensor) -> Tensor:
        """(F,) that suit points (n, F)."""
        n, features = points.shape
        scott = n ** (-1 / (features + 4)) * points.std(0, correction=0).clamp(min=NARROWEST)
        return scott * (self.bandwidth or _likeliest_bandwidth((points - points.mean(0)) / scott))


def kernel_density(points: Tensor, width: Tensor) -> LogDensity:
    """The mean of Gaussian kernels of this width (F,) at points (n, F)."""
    n, features = points.shape
    centre = points.mean(0)
    kernels = (points - centre) / width
    constant = float(width.log().sum()) + log(n) + features / 2 * log(2 * pi)

    def log_density(records: Tensor) -> Tensor:
        squared = torch.cdist((records - centre) / width, kernels).square()  # (N, n)
        return (-squared / 2).logsumexp(1) - constant

    return lambda records: in_blocks(log_density, records, max(1, BLOCK_NUMBERS // n))


def _likeliest_bandwidth(points: Tensor) -> float:
    """The bandwidth under which held-out points are likeliest, for points (n, F) in units of Scott's rule."""
    n, features = points.shape
    # Points may come sorted. The split is the same for the same number of points, so that scores are repeatable.
    order = torch.randperm(n, generator=torch.Generator().manual_seed(derive(n, "held-out points"))).to(points.device)
    held_out, fitted = order.tensor_split([min(HELD_OUT, n // 4)])
    if not len(held_out):
        return 1.0
    # From the differences: copies are at distance exactly 0.
    squared = torch.cdist(points[held_out], points[fitted], compute_mode="donot_use_mm_for_euclid_dist").square()

    def log_likelihood(bandwidth: float) -> float:
        return float((squared / (-2 * bandwidth**2)).logsumexp(1).double().mean()) - features * log(bandwidth)

    return max(BANDWIDTHS, key=log_likelihood)


@dataclass(frozen=True)
class GaussianDensity:
    """One Gaussian for each, its covariance shrunk as by Ledoit and Wolf (2004, doi 10.1016/S0047-259X(03)00096-4)."""

    def __call__(self, samples: Tensor, reference: Tensor) -> tuple[LogDensity, LogDensity]:
        """log p_G and log p_R."""
        return gaussian_density(samples), gaussian_density(reference)


def gaussian_density(points: Tensor) -> LogDensity:
    """The Gaussian with the mean and the shrunk covariance of points (n, F)."""
    points = points.double()
    shrunk = points.new_tensor(LedoitWolf().fit(points.cpu().numpy()).covariance_)
    covariance = shrunk + NARROWEST**2 * torch.eye(len(shrunk), dtype=points.dtype, device=points.device)
    gaussian = MultivariateNormal(points.mean(0), covariance)
    return lambda records: gaussian.log_prob(records.double())


@dataclass(frozen=True)
class DensityRatio:
    """log p_G(x) - log p_R(x), with p_G fitted to the samples and p_R to the reference records.

    Args:
        space: in which the densities are fitted, standardised by samples and reference together. Densities need few
            dimensions: beyond a few dozen a kernel density says little more than the nearest neighbour.
        density: the estimator of both densities.
    """

    space: Space = field(default_factory=lambda: PrincipalComponents(20))
    density: Density = field(default_factory=KernelDensity)
    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores."""
        transform = self.space(view)
        samples, reference = transform(view.samples), transform(view.reference)
        scale, centre = torch.std_mean(torch.cat([samples, reference]), 0, correction=0)
        scale = scale.where(scale > 0, 1.0)
        sample_density, reference_density = self.density((samples - centre) / scale, (reference - centre) / scale)
        standardised = (transform(records) - centre) / scale
        return sample_density(standardised) - reference_density(standardised)
