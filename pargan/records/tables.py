"""Tables: typed columns, and the way between a user's table and model space.

Legend: N rows, V columns, width = sum of the columns' widths in model space. In model space a number is one
value in [-1, 1] and a category is a block of indicators; blocks stand in the order of the user's columns.
Minima, maxima and categories are facts of the whole pool: they are known to whoever holds the data's schema.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import torch
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder
from torch import Tensor, nn
from torch.nn.functional import gumbel_softmax

from pargan.errors import ParganError
from pargan.io.files import write_atomically

TEMPERATURE = 0.5  # of generated categories: lower is closer to indicators, with noisier gradients

Table = dict[str, np.ndarray]
"""A table in the user's units: column name -> (N,) float64, int64 or text."""


class Column(Protocol):
    """One column of a table. Fitted, frozen, picklable."""

    type: ClassVar[str]
    """The word for it in a config: numeric, integer or categorical."""

    @property
    def name(self) -> str:
        """The user's name for it."""

    @property
    def width(self) -> int:
        """Values it takes in model space."""

    extent: ClassVar[float]
    """Largest Euclidean distance in model space between two of its values."""

    @classmethod
    def fit(cls, name: str, values: np.ndarray) -> Self:
        """Learn range or categories from (N,) values."""

    @staticmethod
    def parse(cells: Sequence[str]) -> np.ndarray:
        """(N,) cells of a text file -> values; ValueError where a cell is none of this type."""

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) values -> (N, width) float32."""

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, width) -> (N,) values a user could hold."""

    def activation(self, block: Tensor) -> Tensor:
        """Map (..., width) activations of a generator into this column's range."""

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
        """Learn the range."""
        return cls(name, MinMaxScaler(feature_range=(-1, 1)).fit(values.reshape(-1, 1).astype(np.float64)))

    @staticmethod
    def parse(cells: Sequence[str]) -> np.ndarray:
        """Finite float64; ValueError for text, NaN and infinity."""
        values = np.asarray(cells, dtype=np.str_).astype(np.float64)
        if not np.isfinite(values).all():
            raise ValueError("not finite")
        return values

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N, 1) float32 in [-1, 1]."""
        return self.scaler.transform(values.reshape(-1, 1).astype(np.float64)).astype(np.float32)

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, 1) -> (N,) float64 within the range seen."""
        values = self.scaler.inverse_transform(block.astype(np.float64))[:, 0]
        return np.clip(values, self.scaler.data_min_, self.scaler.data_max_)

    def activation(self, block: Tensor) -> Tensor:
        """Tanh."""
        return torch.tanh(block)

    def text(self, values: np.ndarray) -> list[str]:
        """Seven significant digits: what single precision holds."""
        return [f"{value:.7g}" for value in values]


@dataclass(frozen=True, eq=False)
class Integer(Numeric):
    """A whole number; exact after encoding and decoding as long as its range spans less than 2^24."""

    type: ClassVar[str] = "integer"

    @staticmethod
    def parse(cells: Sequence[str]) -> np.ndarray:
        """int64; ValueError for anything that is no whole number."""
        values = Numeric.parse(cells)
        if (values != np.rint(values)).any() or np.abs(values).max(initial=0) > 2**53:
            raise ValueError("not a whole number")
        return values.astype(np.int64)

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, 1) -> (N,) int64 within the range seen."""
        return np.rint(super().decode(block)).astype(np.int64)

    def text(self, values: np.ndarray) -> list[str]:
        """All digits."""
        return [str(value) for value in values]


@dataclass(frozen=True, eq=False)
class Categorical:
    """One of a set of categories: the text of the user's cells, as indicators."""

    name: str
    encoder: OneHotEncoder
    type: ClassVar[str] = "categorical"
    extent: ClassVar[float] = 2**0.5  # between any two different indicators

    @classmethod
    def fit(cls, name: str, values: np.ndarray) -> Self:
        """Learn the categories."""
        return cls(name, OneHotEncoder(sparse_output=False, dtype=np.float32).fit(values.reshape(-1, 1)))

    @property
    def categories(self) -> np.ndarray:
        """(width,) in the order of the block."""
        return self.encoder.categories_[0]

    @property
    def width(self) -> int:
        """Number of categories."""
        return len(self.categories)

    @staticmethod
    def parse(cells: Sequence[str]) -> np.ndarray:
        """The cells' text."""
        return np.asarray(cells, dtype=np.str_)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N, width) float32, a single 1 in each row."""
        return self.encoder.transform(values.reshape(-1, 1))

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, width) -> (N,) category with the largest value."""
        return self.categories[block.argmax(axis=1)]

    def activation(self, block: Tensor) -> Tensor:
        """A draw from the block's categories, softened so that it has a gradient: Gumbel-softmax, arXiv 1611.01144.

        Decoding takes the largest value, which makes it an exact draw from softmax(block). A plain softmax
        would give the discriminators shares to tell from real indicators at a glance.
        """
        return gumbel_softmax(block, TEMPERATURE, dim=-1)

    def text(self, values: np.ndarray) -> list[str]:
        """As they are."""
        return [str(value) for value in values]


class TableHead(nn.Module):
    """Last layer of a generator of rows: each column's own activation, (..., width) -> (..., width)."""

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.widths = [column.width for column in columns]

    def forward(self, rows: Tensor) -> Tensor:
        """Numbers into [-1, 1], categories into shares that sum to 1."""
        blocks = zip(self.columns, rows.split(self.widths, dim=-1), strict=True)
        return torch.cat([column.activation(block) for column, block in blocks], dim=-1)


@dataclass(frozen=True, eq=False)
class TableSpec:
    """Rows of typed columns.

    Attributes:
        columns: in the user's order.
        has_header: whether `write` starts with a line of names.
        delimiter: between the cells that `write` writes.
    """

    columns: tuple[Column, ...]
    has_header: bool = True
    delimiter: str = ","
    kind: ClassVar[str] = "table"

    @classmethod
    def fit(cls, table: Table, types: Mapping[str, type[Column]], **layout: Any) -> Self:
        """Learn ranges and categories from a table whose columns have the given types."""
        return cls(tuple(types[name].fit(name, values) for name, values in table.items()), **layout)

    @property
    def shape(self) -> tuple[int]:
        """(width,)."""
        return (sum(column.width for column in self.columns),)

    def column_scales(self) -> np.ndarray:
        """(width,) float32 factors of model space under which two values of a column are at most 1 apart."""
        return np.concatenate([np.full(column.width, 1 / column.extent, np.float32) for column in self.columns])

    def head(self) -> nn.Module:
        """Tanh for numbers, Gumbel-softmax for each category's block."""
        return TableHead(self.columns)

    def encode(self, table: Table) -> np.ndarray:
        """A table with these columns -> (N, width) float32.

        Raises:
            ParganError: a column is missing, or holds a category that was never seen.
        """
        return np.hstack([self._encode(column, table) for column in self.columns])

    def decode(self, records: np.ndarray) -> Table:
        """(N, width) -> the user's columns in their order: float64, int64 and text."""
        stops = np.cumsum([column.width for column in self.columns])[:-1]
        blocks = np.split(np.asarray(records), stops, axis=1)
        return {column.name: column.decode(block) for column, block in zip(self.columns, blocks, strict=True)}

    def snap(self, records: np.ndarray) -> np.ndarray:
        """(N, width): whole categories and integers, in model space."""
        return self.encode(self.decode(records))

    def write(self, records: np.ndarray, stem: Path) -> Path:
        """A .csv with the header the user had, in UTF-8."""
        table = self.decode(records)
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=self.delimiter, lineterminator="\n")
        if self.has_header:
            writer.writerow(table)
        writer.writerows(zip(*(column.text(table[column.name]) for column in self.columns), strict=True))
        path = stem.with_name(f"{stem.name}.csv")
        write_atomically(path, buffer.getvalue().encode())
        return path

    @staticmethod
    def _encode(column: Column, table: Table) -> np.ndarray:
        try:
            return column.encode(table[column.name])
        except KeyError as error:
            raise ParganError(f'column "{column.name}" is missing from the table; add it') from error
        except ValueError as error:
            raise ParganError(
                f'column "{column.name}" ({column.type}) holds a value unlike those it was fitted on ({error}); mend it'
            ) from error
