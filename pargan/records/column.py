"""The interface of a table's columns.

Legend: N rows; width: values that a column takes in model space, where a number is one value in [-1, 1] and a category
is a block of indicators (one-hot). Ranges and categories are those of the whole pool: they are known to anyone who
knows the schema of the data.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from torch import Tensor
from torch.nn.functional import gumbel_softmax

TEMPERATURE = 0.5  # of generated categories: lower is closer to indicators, with noisier gradients


class Column(Protocol):
    """One column of a table: immutable and picklable."""

    @property
    def type(self) -> str:
        """A name in `pargan.records.columns.COLUMN_TYPES`, as in the argument `types` of `pargan.data.table`."""

    @property
    def is_number(self) -> bool:
        """Whether values are ordered and lie on a scale, so that a mean or a histogram makes sense."""

    @property
    def name(self) -> str:
        """Name in the user's table."""

    @property
    def width(self) -> int:
        """Number of values in model space; 0 for a column that is not learnt."""

    @property
    def first_indicator(self) -> int:
        """From where on the values of the column in model space are indicators of categories; `width` without any."""

    @property
    def scales(self) -> np.ndarray:
        """(width,) factors that scale model space so that two values of the column are at most 1 apart."""

    def parse(self, cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(N,) cells of a file -> (N,) values, and (N,) bool: whether a cell could be read as this type."""

    def deviations(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Kind of deviation -> (N,) bool: values of the column's type that no record it was fitted on could have."""

    def canonical(self, values: np.ndarray) -> list[str]:
        """(N,) values -> texts that are equal for equal values only, to the last digit of the file."""

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) values -> (N, width) float32; numbers out of range are laid on its border."""

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, width) -> (N,) values that are possible in the user's table."""

    def activation(self, block: Tensor) -> Tensor:
        """Map (..., width) outputs of a generator into the range of the column."""

    def text(self, values: np.ndarray) -> list[str]:
        """(N,) values -> cells of a text file."""

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """(N,) values of a number -> (N,) float64 for plots and distances, NaN where missing."""

    def describe(self) -> str:
        """Range or categories, in a few words."""

    def to_dict(self) -> dict[str, Any]:
        """The fields and the type, JSON-ready; `pargan.records.columns.column_from_dict` is the inverse."""


def draw_category(block: Tensor) -> Tensor:
    """Draw a category with a relaxed, differentiable sample: Gumbel-softmax (arXiv 1611.01144).

    Decoding takes the largest value, which is an exact draw from softmax(block). The output of a plain softmax
    would be easy for the discriminators to distinguish from real indicators.
    """
    return gumbel_softmax(block, TEMPERATURE, dim=-1)


def integer_places(values: np.ndarray, low: int, high: int) -> np.ndarray:
    """(N,) int64 -> (N,) float64 in [-1, 1]. Differences are exact, also where they exceed int64 and float64."""
    span = high - low
    offset = np.clip(values, low, high).astype(np.int64).view(np.uint64) - np.uint64(low % 2**64)
    return 2 * (offset.astype(np.float64) / max(span, 1)) - 1


def integers_at(places: np.ndarray, low: int, high: int) -> np.ndarray:
    """(N,) -> (N,) int64 in [low, high]; inverse of `integer_places` where the range spans less than 2^52."""
    span = high - low
    place = np.rint((np.clip(places.astype(np.float64), -1, 1) + 1) / 2 * span)
    offset = np.full(len(places), span, dtype=np.uint64)
    inside = place < float(span)  # float(span) may be above span
    offset[inside] = place[inside].astype(np.uint64)
    return (offset + np.uint64(low % 2**64)).view(np.int64)


def overflow_exponent(*groups: np.ndarray, largest: float = 1e30) -> int:
    """The power of two to divide the numbers of a column by, where one in these (N,) groups is beyond `largest`; or 0.

    For what does not depend on a column's unit: sums and squares of float64, and random forests' float32, stay finite.
    """
    top = max(np.abs(values).max(initial=0.0, where=~np.isnan(values)) for values in groups)
    return int(np.frexp(top)[1]) if top > largest else 0
