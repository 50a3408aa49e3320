"""Spaces in which an attack measures distances. A space is fitted on what the attacker holds, nothing else.

Legend: n records, F features, S generated and R reference records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from sklearn.decomposition import PCA
from torch import Tensor

from pargan.attacks.target import SamplesView
from pargan.errors import ParganError


class Space(Protocol):
    """Fits itself on `view.samples` and `view.reference`, and returns the map into the space."""

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, *shape) -> (n, F) float32, on the records' device."""


@dataclass(frozen=True)
class RawSpace:
    """Model space itself, flattened."""

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, *shape) -> (n, F)."""
        return lambda records: records.flatten(1)


@dataclass(frozen=True)
class PrincipalComponents:
    """The leading principal components of generated and reference records together.

    Args:
        n_components: how many; 40 for mnist and 120 for cifar10 in the published experiments. Fewer where
            records have fewer features or there are fewer records than that.
    """

    n_components: int = 40

    def __post_init__(self) -> None:
        if self.n_components < 1:
            raise ParganError(f"space.n_components={self.n_components} leaves no dimension; give 1 or more")

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, *shape) -> (n, F)."""
        known = torch.cat([view.samples, view.reference]).flatten(1).cpu().numpy()
        components = PCA(min(self.n_components, *known.shape), random_state=view.seed % 2**32).fit(known)

        def project(records: Tensor) -> Tensor:
            features = components.transform(records.flatten(1).cpu().numpy())
            return torch.as_tensor(features, dtype=torch.float32, device=records.device)

        return project
