"""Columns of a table: numbers and categories, and their encodings in model space.

Legend: N rows; width: values that a column takes in model space, where a number is one value in [-1, 1] and a category
is a block of indicators (one-hot). Minima, maxima and categories are those of the whole pool: they are known to anyone
who knows the schema of the data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
import torch
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder
from torch import Tensor
from torch.nn.functional import gumbel_softmax

TEMPERATURE = 0.5  # of generated categories: lower is closer to indicators, with noisier gradients


class Column(Protocol):
    """One column of a table: immutable and picklable, created by `fit`."""

    type: ClassVar[str]
    """numeric, integer or categorical, as in the argument `types` of `pargan.data.csv_table`."""

    @property
    def name(self) -> str:
        """Name in the user's table."""

    @property
    def width(self) -> int:
        """Number of values in model space."""

    extent: ClassVar[float]
    """Largest Euclidean distance in model space between two values of the column."""

    @classmethod
    def fit(cls, name: str, values: np.ndarray) -> Self:
        """Fit range or categories to (N,) values."""

    @staticmethod
    def parse(cells: Sequence[str]) -> np.ndarray:
        """(N,) cells of a text file -> (N,) values; ValueError if a cell is not of this type."""

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) values -> (N, width) float32."""

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, width) -> (N,) values that are possible in the user's table."""

    def activation(self, block: Tensor) -> Tensor:
        """Map (..., width) outputs of a generator into the range of the column."""

    def text(self, values: np.ndarray) -> list[str]:
        """(N,) values -> cells of a text file."""


@dataclass(frozen=True, eq=False)
class Numeric:
    """A number, scaled from its range to [-1, 1]."""

    name: str
    scaler: MinMaxScaler
    type: ClassVar[str] = "numeric"
    width: ClassVar[int] = 1
    extent: ClassVar[float] = 2.0  # from -1 to 1

    @classmethod
    def fit(cls, name: str, values: np.ndarray) -> Self:
        """Fit the range."""
        return cls(name, MinMaxScaler(feature_range=(-1, 1)).fit(values.reshape(-1, 1).astype(np.float64)))

    @staticmethod
    def parse(cells: Sequence[str]) -> np.ndarray:
        """(N,) finite float64; ValueError for text, NaN and infinity."""
        values = np.asarray(cells, dtype=np.str_).astype(np.float64)
        if not np.isfinite(values).all():
            raise ValueError("not finite")
        return values

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N, 1) float32 in [-1, 1]."""
        return self.scaler.transform(values.reshape(-1, 1).astype(np.float64)).astype(np.float32)

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, 1) -> (N,) float64 in the fitted range."""
        values = self.scaler.inverse_transform(block.astype(np.float64))[:, 0]
        return np.clip(values, self.scaler.data_min_, self.scaler.data_max_)

    def activation(self, block: Tensor) -> Tensor:
        """Tanh."""
        return torch.tanh(block)

    def text(self, values: np.ndarray) -> list[str]:
        """Seven significant digits, the precision of float32."""
        return [f"{value:.7g}" for value in values]


@dataclass(frozen=True, eq=False)
class Integer(Numeric):
    """A whole number; encoding and decoding are exact if its range spans less than 2^24."""

    type: ClassVar[str] = "integer"

    @staticmethod
    def parse(cells: Sequence[str]) -> np.ndarray:
        """(N,) int64; ValueError for anything but whole numbers."""
        values = Numeric.parse(cells)
        if (values != np.rint(values)).any() or np.abs(values).max(initial=0) > 2**53:
            raise ValueError("not a whole number")
        return values.astype(np.int64)

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, 1) -> (N,) int64 in the fitted range."""
        return np.rint(super().decode(block)).astype(np.int64)

    def text(self, values: np.ndarray) -> list[str]:
        """All digits."""
        return [str(value) for value in values]


@dataclass(frozen=True, eq=False)
class Categorical:
    """One of a set of categories, which are texts; encoded as indicators."""

    name: str
    encoder: OneHotEncoder
    type: ClassVar[str] = "categorical"
    extent: ClassVar[float] = 2**0.5  # between any two different indicators

    @classmethod
    def fit(cls, name: str, values: np.ndarray) -> Self:
        """Fit the categories."""
        return cls(name, OneHotEncoder(sparse_output=False, dtype=np.float32).fit(values.reshape(-1, 1)))

    @property
    def categories(self) -> np.ndarray:
        """(width,) texts, in the order of their indicators."""
        return self.encoder.categories_[0]

    @property
    def width(self) -> int:
        """Number of categories."""
        return len(self.categories)

    @staticmethod
    def parse(cells: Sequence[str]) -> np.ndarray:
        """(N,) texts, unchanged."""
        return np.asarray(cells, dtype=np.str_)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N, width) float32, a single 1 in each row."""
        return self.encoder.transform(values.reshape(-1, 1))

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, width) -> (N,) category with the largest value."""
        return self.categories[block.argmax(axis=1)]

    def activation(self, block: Tensor) -> Tensor:
        """Draw a category with a relaxed, differentiable sample: Gumbel-softmax (arXiv 1611.01144).

        Decoding takes the largest value, which is an exact draw from softmax(block). The output of a plain softmax
        would be easy for the discriminators to distinguish from real indicators.
        """
        return gumbel_softmax(block, TEMPERATURE, dim=-1)

    def text(self, values: np.ndarray) -> list[str]:
        """Unchanged."""
        return [str(value) for value in values]
