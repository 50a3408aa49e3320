"""Spaces in which an attack measures distances. A space is fitted on what the attacker holds, nothing else.

Legend: n records, F features, S generated and R reference records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from pargan.attacks.views import SamplesView, in_blocks
from pargan.errors import ParganError
from pargan.metrics.features import Extractor, fit_extractor

BLOCK = 4096  # records whose features are computed at a time


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
        """The map (n, *shape) -> (n, F), differentiable."""
        known = torch.cat([view.samples, view.reference]).flatten(1)
        fitted = PCA(min(self.n_components, *known.shape), random_state=view.seed % 2**32).fit(known.cpu().numpy())
        centre, components = (known.new_tensor(array) for array in (fitted.mean_, fitted.components_))
        return lambda records: (records.flatten(1) - centre) @ components.T


@dataclass(frozen=True)
class FeatureSpace:
    """Features of a small classifier of the reference records, or their principal components without classes.

    The extractor of the quality metrics (`pargan.metrics.features`), fitted on the reference alone. Not
    differentiable.

    Args:
        extractor: another one, such as `pargan.metrics.Inception`, which the attacker has from elsewhere; None
            fits one on the reference.

    Raises:
        ParganError: fewer than two different reference records.
    """

    extractor: Extractor | None = None

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, *shape) -> (n, F)."""
        labels = None if view.reference_labels is None else view.reference_labels.cpu().numpy()
        extract = self.extractor or fit_extractor(view.reference.cpu().numpy(), labels)

        def features(records: Tensor) -> Tensor:
            found = extract(records.detach().cpu().numpy())
            return torch.as_tensor(found, dtype=torch.float32, device=records.device)

        return lambda records: in_blocks(features, records, BLOCK)


@runtime_checkable
class HasColumns(Protocol):
    """Facts of records that are rows of typed columns, such as `pargan.records.tables.TableSpec`."""

    def column_scales(self) -> np.ndarray:
        """(F,) factors of model space under which two values of a column are at most 1 apart."""


@dataclass(frozen=True)
class MixedTypeSpace:
    """Rows with every column counting alike: a number by its share of the range, a category by 0 or 1.

    Euclidean distance in it is the heterogeneous Euclidean-overlap metric (Wilson and Martinez 1997,
    arXiv cs/9701101), where model space weighs a different category less than a number at the other end.
    """

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, F) -> (n, F), differentiable.

        Raises:
            ParganError: the records have no columns.
        """
        if not isinstance(view.spec, HasColumns):
            what = "unknown format" if view.spec is None else f"kind {view.spec.kind}"
            raise ParganError(
                f"space={type(self).__name__} needs records with typed columns, these are of {what}; "
                f"give a table, or an attack in another space"
            )
        scales = view.samples.new_tensor(view.spec.column_scales())
        return lambda records: records.flatten(1) * scales
