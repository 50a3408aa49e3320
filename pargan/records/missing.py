"""Columns of numbers and times in which values are missing. Legend: N rows, width of the column without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from pargan.records.column import Column, draw_category

FLOAT_EXACT = 2**53
MISSING = "missing, which no real record is"


@dataclass(frozen=True)
class WithMissing:
    """A number that may be missing: its value, and a category that says whether there is one.

    In model space it is the value, which is 0 where it is missing, then the indicators "present" and "missing".
    Values of the table are NaN, NaT or, in text and in whole numbers beyond 2^53, None.

    Attributes:
        column: the column of the values that are present.
        mark: how a missing value is written.
    """

    column: Column
    mark: str = ""
    is_number: ClassVar[bool] = True

    @property
    def type(self) -> str:
        """That of the values."""
        return self.column.type

    @property
    def name(self) -> str:
        """Name in the user's table."""
        return self.column.name

    @property
    def width(self) -> int:
        """The value and two indicators."""
        return self.column.width + 2

    @property
    def first_indicator(self) -> int:
        """Behind the value."""
        return self.column.width

    @property
    def scales(self) -> np.ndarray:
        """A missing value is at most 1 away from any present one: (1/2)^2 for the value, 2 * 3/8 for the indicators."""
        return np.concatenate([self.column.scales, np.full(2, (3 / 8) ** 0.5, np.float32)])

    def parse(self, cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """As the column of the values; empty cells are missing."""
        absent = np.array([cell == "" for cell in cells], dtype=bool)
        values, readable = self.column.parse([cell for cell in cells if cell != ""])
        all_readable = np.ones(len(cells), dtype=bool)
        all_readable[~absent] = readable
        return with_gaps(values, absent), all_readable

    def deviations(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Those of the values that are present."""
        absent = is_missing(values)
        deviations = {}
        for kind, deviating in self.column.deviations(self.present(values, absent)).items():
            deviations[kind] = np.zeros(len(values), dtype=bool)
            deviations[kind][~absent] = deviating
        return deviations

    def canonical(self, values: np.ndarray) -> list[str]:
        """Empty where missing."""
        return self._texts(values, self.column.canonical, "")

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N, width + 2) float32."""
        absent = is_missing(values)
        block = np.zeros((len(values), self.width), dtype=np.float32)
        block[~absent, :-2] = self.column.encode(self.present(values, absent))
        block[:, -2], block[:, -1] = ~absent, absent
        return block

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, width + 2) -> (N,) values, missing where that indicator is the larger one."""
        absent = block[:, -1] > block[:, -2]
        return with_gaps(self.column.decode(block[~absent, :-2]), absent)

    def activation(self, block: Tensor) -> Tensor:
        """The value times the relaxed indicator of its presence, so that a missing one is 0, as in real records."""
        indicators = draw_category(block[..., -2:])
        value = self.column.activation(block[..., :-2])
        return torch.cat([value * indicators[..., :1], indicators], dim=-1)

    def text(self, values: np.ndarray) -> list[str]:
        """In the notation of the file."""
        return self._texts(values, self.column.text, self.mark)

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """(N,) float64, NaN where missing."""
        absent = is_missing(values)
        numbers = np.full(len(values), np.nan)
        numbers[~absent] = self.column.numbers(self.present(values, absent))
        return numbers

    def describe(self) -> str:
        """The range."""
        return self.column.describe()

    def to_dict(self) -> dict[str, Any]:
        """That of the values, with `missing`, how a missing one is written."""
        return {**self.column.to_dict(), "missing": self.mark}

    def present(self, values: np.ndarray, absent: np.ndarray) -> np.ndarray:
        """The values that are present, in the type of the column."""
        present = values[~absent]
        if self.type == "integer" and present.dtype != np.int64:  # stored as float64 or objects for the gaps
            as_integers = present.astype(np.int64)
            return as_integers if (as_integers == present).all() else present.astype(np.float64)
        return present

    def _texts(self, values: np.ndarray, write: Any, missing: str) -> list[str]:
        absent = is_missing(values)
        texts = np.full(len(values), missing, dtype=object)
        texts[~absent] = write(self.present(values, absent))
        return texts.tolist()


def without_missing(column: Column) -> Any:
    """The column of the values that are present."""
    return column.column if isinstance(column, WithMissing) else column


def is_missing(values: np.ndarray) -> np.ndarray:
    """(N,) values of a table -> (N,) bool."""
    if values.dtype == object:
        return np.array([value is None for value in values.tolist()], dtype=bool)
    if values.dtype.kind in "mM":
        return np.isnat(values)
    return np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)


def with_gaps(present: np.ndarray, absent: np.ndarray) -> np.ndarray:
    """The present values in their places, and gaps elsewhere, in a type that has gaps."""
    gap: Any = None
    kind = present.dtype
    if kind.kind in "mM":
        gap = np.array("NaT", dtype=kind)
    elif kind.kind == "f" or (kind.kind == "i" and (not len(present) or np.abs(present).max() <= FLOAT_EXACT)):
        kind, gap = np.dtype(np.float64), np.nan
    else:
        kind = np.dtype(object)
    values = np.full(len(absent), gap, dtype=kind)
    values[~absent] = present
    return values
