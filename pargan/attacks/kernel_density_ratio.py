"""The density attack for tables: kernel densities that keep numbers as numbers and categories as categories.

Legend: N records under attack.

Source: DOMIAS (van Breugel et al. 2023, arXiv 2302.12580), with other densities.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from pargan.attacks.kernels import Kernel, RecordKernel
from pargan.attacks.views import SamplesView, Scored


@dataclass(frozen=True)
class KernelDensityRatio:
    """log p_G(x) - log p_R(x), each density with a kernel of its own.

    `DensityRatio` estimates densities in a few principal components; those of a mixed table are components of its
    category indicators, in which numbers hardly count.

    Args:
        kernel: fitted to the samples for p_G, to the reference records for p_R.
    """

    kernel: Kernel = field(default_factory=RecordKernel)
    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view: SamplesView, records: Tensor) -> Scored:
        """(N, *shape) -> (N,) scores."""
        of_samples, of_reference = (self.kernel(view, group) for group in (view.samples, view.reference))
        scores = of_samples.log_density(view.samples)(records) - of_reference.log_density(view.reference)(records)
        return Scored(scores, {"samples": of_samples.details, "reference": of_reference.details})
