"""The distance to the closest record, compared with the same distance to the reference set.

Legend: N records under attack, S generated samples, R reference records.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from pargan.attacks.neighbours import nearest_distances
from pargan.attacks.spaces import RecordSpace, Space
from pargan.attacks.views import SamplesView


@dataclass(frozen=True)
class DCRDifference:
    """min_j ||x - r_j|| - min_j ||x - g_j||: closer to a generated record than to any reference record.

    A record in a dense region is close to generated records, member or not, and to reference records as well; one in
    a thin region is far from both. The difference removes that part without a reference model (the calibrated black
    box of GAN-Leaks, Chen et al. 2020, arXiv 1909.03935, with the reference set in place of that model's samples). A
    distance to the closest record is smaller the more records there are: sets of one size compare best.

    Args:
        space: in which distances are measured.
    """

    space: Space = field(default_factory=RecordSpace)
    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores; above 0 where a generated record is closer than every reference record."""
        transform = self.space(view)
        records, samples, reference = (transform(group) for group in (records, view.samples, view.reference))
        return nearest_distances(records, reference) - nearest_distances(records, samples)
