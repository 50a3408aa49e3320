"""The density attack for tables: kernel densities that keep numbers as numbers and categories as categories.

Legend: N records under attack.

Source: DOMIAS (van Breugel et al. 2023, arXiv 2302.12580), with other densities.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from pargan.attacks.kernels import Kernel, RecordKernel, refuse_widening
from pargan.attacks.views import SamplesView, Scored


@dataclass(frozen=True)
class KernelDensityRatio:
    """log p_G(x) - log p_R(x), both densities with the kernel that suits the samples, that of p_R wider.

    `DensityRatio` estimates densities in a few principal components; those of a mixed table are components of its
    category indicators, in which numbers hardly count.

    p_G needs a kernel as narrow as the generator's noise around its members. p_R says how usual a record is; with a
    kernel as narrow it says little more than how close the next reference record happens to be, and one chosen by the
    likelihood of held-out reference records is too narrow as well, where numbers have frequent values.

    Args:
        kernel: fitted to the samples.
        widening: by how much the kernel of p_R is wider.

    Raises:
        ParganError: a widening that is not positive.
    """

    kernel: Kernel = field(default_factory=RecordKernel)
    widening: float = 1.5
    access: ClassVar[type[SamplesView]] = SamplesView

    def __post_init__(self) -> None:
        refuse_widening(self.widening)

    def __call__(self, view: SamplesView, records: Tensor) -> Scored:
        """(N, *shape) -> (N,) scores."""
        kernel = self.kernel(view, view.samples)
        of_samples, of_reference = kernel.log_density(view.samples), kernel.log_density(view.reference, self.widening)
        return Scored(of_samples(records) - of_reference(records), kernel.details)
