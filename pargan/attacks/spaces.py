"""Spaces in which an attack measures distances, fitted on nothing but the attacker's samples and reference set.

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
from pargan.records import Categorical, Integer
from pargan.records.missing import without_missing
from pargan.records.spec import RecordSpec
from pargan.records.tables import TableSpec

BLOCK = 4096  # records whose features are computed at a time


class Space(Protocol):
    """Fitted on `view.samples` and `view.reference`; returns the map into the space."""

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, *shape) -> (n, F) float32, on the records' device."""


@dataclass(frozen=True)
class RawSpace:
    """Model space, flattened."""

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, *shape) -> (n, F)."""
        return lambda records: records.flatten(1)


@dataclass(frozen=True)
class PrincipalComponents:
    """The leading principal components of generated and reference records together, in `RecordSpace`.

    Of tables, numbers are first brought to standard deviations: in model space they vary less than the indicators of
    categories, and the leading components would be those of categories alone.

    Args:
        n_components: their number; 40 for MNIST and 120 for CIFAR-10 in the published experiments. Fewer are used
            where there are fewer features or records.
    """

    n_components: int = 40

    def __post_init__(self) -> None:
        if self.n_components < 1:
            raise ParganError("is too small", argument="n_components", value=self.n_components, remedy="give 1 or more")

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, *shape) -> (n, F), differentiable."""
        into_space = RecordSpace()(view)
        known = into_space(torch.cat([view.samples, view.reference]))
        fitted = PCA(min(self.n_components, *known.shape), random_state=view.seed % 2**32).fit(known.cpu().numpy())
        centre, components = (known.new_tensor(array) for array in (fitted.mean_, fitted.components_))
        return lambda records: (into_space(records) - centre) @ components.T


@dataclass(frozen=True)
class FeatureSpace:
    """Features of a small classifier of the reference records, or principal components where these have no classes.

    Uses the extractor of the quality metrics (`pargan.metrics.features`), fitted on the reference set alone. Not
    differentiable.

    Args:
        extractor: a pretrained extractor to use instead, such as `pargan.metrics.Inception`; None fits one on the
            reference set.

    Raises:
        ParganError: fewer than two different reference records.
    """

    extractor: Extractor | None = None

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, *shape) -> (n, F)."""
        labels = None if view.reference_labels is None else view.reference_labels.cpu().numpy()
        extract = self.extractor or fit_extractor(view.reference.cpu().numpy(), labels)

        def features(records: Tensor) -> Tensor:
            extracted = extract(records.detach().cpu().numpy())
            return torch.as_tensor(extracted, dtype=torch.float32, device=records.device)

        return lambda records: in_blocks(features, records, BLOCK)


@runtime_checkable
class HasColumns(Protocol):
    """The record format of rows with typed columns, such as `pargan.records.tables.TableSpec`."""

    def column_scales(self) -> np.ndarray:
        """(F,) factors to multiply model space with, so that two values of a column are at most 1 apart."""


@dataclass(frozen=True)
class MixedTypeSpace:
    """Rows in which every column has the same weight: numbers differ by a share of their range, categories by 0 or 1.

    Euclidean distance in it is the heterogeneous Euclidean-overlap metric (Wilson and Martinez 1997,
    arXiv cs/9701101). In model space a different category counts less than a number at the other end of its range.
    """

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, F) -> (n, F), differentiable.

        Raises:
            ParganError: the records have no columns.
        """
        if not isinstance(view.spec, HasColumns):
            kind = "of unknown format" if view.spec is None else f"of kind {view.spec.kind}"
            raise ParganError(
                f"needs records with typed columns, these are {kind}",
                argument="space",
                value=type(self).__name__,
                remedy="use a table, or attack in another space",
            )
        scales = view.samples.new_tensor(view.spec.column_scales())
        return lambda records: records.flatten(1) * scales


@dataclass(frozen=True)
class StandardisedColumns:
    """Rows in which numbers are in standard deviations of the reference set, and a different category counts 2^(1/2).

    That is what two random values of a number differ by, in the mean square. In `MixedTypeSpace` a number counts by a
    share of its range: one with a long tail, such as an income, hardly counts at all there. Of records without typed
    columns every value is a number.
    """

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, F) -> (n, F), differentiable."""
        scales = 1 / standard_deviations(view)
        for block in category_blocks(view.spec):
            scales[block] = 1.0  # two indicators differ, by 1 each
        return lambda records: records.flatten(1) * scales


@dataclass(frozen=True)
class RecordSpace:
    """The space that suits the records: `StandardisedColumns` where they have typed columns, else `RawSpace`."""

    def __call__(self, view: SamplesView) -> Callable[[Tensor], Tensor]:
        """The map (n, *shape) -> (n, F), differentiable."""
        space: Space = StandardisedColumns() if isinstance(view.spec, HasColumns) else RawSpace()
        return space(view)


def standard_deviations(view: SamplesView) -> Tensor:
    """(F,) of the reference set; of the samples where the reference set has none, else 1.

    Not of both together, where one wild sample would make every distance small.
    """
    reference, samples = (group.flatten(1).std(0, correction=0) for group in (view.reference, view.samples))
    known = torch.where(reference > 0, reference, samples)
    return torch.where(known > 0, known, 1.0)


def category_blocks(spec: RecordSpec | None) -> list[slice]:
    """Where the indicators of each category column stand in a row; empty for records without typed columns."""
    if not isinstance(spec, TableSpec):
        return []
    columns = zip(spec.columns, spec.blocks, strict=True)
    return [block for column, block in columns if isinstance(column, Categorical)]


def integer_steps(spec: RecordSpec | None, records: Tensor) -> Tensor:
    """(F,) by how much neighbouring whole numbers differ in records (N, F); 0 for all that are not whole numbers."""
    steps = torch.zeros_like(records[0])
    if isinstance(spec, TableSpec):
        for column, block in zip(spec.columns, spec.blocks, strict=True):
            if isinstance(values := without_missing(column), Integer):
                steps[block.start] = 2 / max(values.high - values.low, 1)
    return steps
