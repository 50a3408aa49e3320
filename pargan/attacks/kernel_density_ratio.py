"""The density attack for tables: kernel densities that keep numbers as numbers and categories as categories.

Legend: N records under attack.

Source: DOMIAS (van Breugel et al. 2023, arXiv 2302.12580), with other densities.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from pargan.attacks.kernels import Kernel
from pargan.attacks.product_kernel import RecordKernel
from pargan.attacks.views import SamplesView, Scored


@dataclass(frozen=True)
class KernelDensityRatio:
    """log p_G(x) - log p_R(x): how much likelier a record is among the samples than in the population.

    `DensityRatio` estimates densities in a few principal components; those of a mixed table are components of its
    category indicators, in which numbers hardly count.

    Args:
        kernel: of both densities; that of p_R is wider, see `KernelPair`.
    """

    kernel: Kernel = field(default_factory=RecordKernel)
    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view: SamplesView, records: Tensor) -> Scored:
        """(N, *shape) -> (N,) scores."""
        kernels = self.kernel(view)
        of_samples = kernels.of_samples.log_density(view.samples)
        of_reference = kernels.of_reference.log_density(view.reference)
        return Scored(of_samples(records) - of_reference(records), kernels.details)
