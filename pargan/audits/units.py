"""One scale for records in the user's units, so that distances do not depend on these.

Legend: N records, D columns, *shape of one record.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self, TypeVar

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from pargan.attacks.views import GeneratorView, SamplesView
from pargan.audits.records import AttackRecords

View = TypeVar("View", bound=SamplesView)


@dataclass(frozen=True)
class Units:
    """Shift and scale to mean 0 and standard deviation 1 in the reference set.

    The columns of (N, D) records each have their own; the pixels of an image (N, *shape) share one, because they are
    measured in one unit.

    Attributes:
        centre, scale: (1, D), or (1, 1, ...) for images; float64.
    """

    centre: Tensor
    scale: Tensor

    @classmethod
    def fit(cls, reference: Tensor, generated: Tensor) -> Self:
        """Fit to what the attacker has.

        Args:
            reference: (N, *shape).
            generated: (S, *shape); scale where all reference records agree.
        """
        columns = reference.shape[1] if reference.ndim == 2 else 1
        known, fallback = (
            StandardScaler().fit(records.cpu().double().numpy().reshape(-1, columns))
            for records in (reference, generated)
        )
        scale = np.where(known.var_ > 0, known.scale_, fallback.scale_)
        shape = (1, -1, *(1 for _ in reference.shape[2:]))
        return cls(*(torch.as_tensor(numbers).reshape(shape) for numbers in (known.mean_, scale)))

    def convert(self, records: Tensor) -> Tensor:
        """(N, *shape) -> (N, *shape) float32, differentiable. 1e7 and 1e7 + 0.1 stay apart."""
        centre, scale = self.centre.to(records.device), self.scale.to(records.device)
        return ((records.double() - centre) / scale).float()

    def convert_records(self, records: AttackRecords) -> AttackRecords:
        """All groups."""
        groups = (records.members, records.nonmembers, records.reference)
        members, nonmembers, reference = (self.convert(group) for group in groups)
        return replace(records, members=members, nonmembers=nonmembers, reference=reference)

    def convert_view(self, view: View) -> View:
        """The same target, in these units."""
        converted = replace(view, samples=self.convert(view.samples), reference=self.convert(view.reference))
        if isinstance(converted, GeneratorView):
            return replace(converted, generator=_after(converted.generator, self.convert))
        return converted


def _after(first: Callable[..., Tensor], second: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda *inputs: second(first(*inputs))
