"""The data plagiarism index: are a record's neighbours generated ones, more than their number explains?

Legend: N records under attack, S generated samples, R reference records, F features, k neighbours.

Source: Ward, Wang and Cheng 2024, arXiv 2406.13012.
"""

from dataclasses import dataclass, field
from math import log, log1p
from typing import ClassVar

import torch
from torch import Tensor

from pargan.attacks.neighbours import k_nearest, nearest_distances
from pargan.attacks.spaces import RecordSpace, Space
from pargan.attacks.views import SamplesView
from pargan.errors import ParganError


@dataclass(frozen=True)
class DataPlagiarismIndex:
    """log((s + 1) / (r + 1)) - log(S / R), with s samples and r reference records among the k nearest of both.

    It has k + 1 different values. Records with the same one are ranked by the distance to their nearest sample, which
    moves the score by less than half of the smallest step between two values.

    Args:
        space: in which distances are measured.
        k_nearest: k; all samples and reference records where there are fewer.

    Raises:
        ParganError: k below 1.
    """

    space: Space = field(default_factory=RecordSpace)
    k_nearest: int = 20
    access: ClassVar[type[SamplesView]] = SamplesView

    def __post_init__(self) -> None:
        if self.k_nearest < 1:
            raise ParganError("is too small", argument="k_nearest", value=self.k_nearest, remedy="give 1 or more")

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores; above 0 where more neighbours than expected are generated."""
        transform = self.space(view)
        records, samples, reference = (transform(group) for group in (records, view.samples, view.reference))
        both = torch.cat([samples, reference])
        k = min(self.k_nearest, len(both))
        generated = (k_nearest(records, both, k)[1] < len(samples)).sum(1).double()
        index = torch.log((generated + 1) / (k - generated + 1)) - log(len(samples) / len(reference))
        distances = nearest_distances(records, samples).double()
        smallest_step = log1p(4 * (k + 2) / (k + 1) ** 2)  # between s and s + 1 for s = (k - 1) / 2
        # Falls from 1 to 0 as the distance rises; a half where it is what is usual for reference records.
        usual = nearest_distances(reference, samples).double().median()
        closeness = usual / (usual + distances) if usual > 0 else (distances == 0).double()
        return index + smallest_step / 2 * closeness
