"""Columns of numbers. Legend: N rows."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from pargan.records.column import integer_places, integers_at
from pargan.records.number_format import NumberFormat

INT64 = np.iinfo(np.int64)
FRACTION = re.compile(r"^[+-]?[0-9]*\.[0-9]*[1-9][0-9]*$")
OUT_OF_RANGE = "out of the range of the real records"


@dataclass(frozen=True)
class Numeric:
    """A number, scaled from its range to [-1, 1], and written with the decimals of the file."""

    name: str
    low: float
    high: float
    format: NumberFormat = field(default=NumberFormat())
    type: ClassVar[str] = "numeric"
    is_number: ClassVar[bool] = True
    width: ClassVar[int] = 1
    first_indicator: ClassVar[int] = 1

    @classmethod
    def fit(cls, name: str, values: np.ndarray, format: NumberFormat | None = None) -> Self:
        """Fit the range to (N,) values."""
        values = np.asarray(values, dtype=np.float64)
        return cls(name, float(values.min()), float(values.max()), format or NumberFormat())

    @property
    def scales(self) -> np.ndarray:
        """(1,): the range, from -1 to 1, is 2 long."""
        return np.array([0.5], np.float32)

    def parse(self, cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(N,) float64; text, NaN and infinity are not readable."""
        plain = self.format.plain_cells(cells)
        readable = np.array([text is not None for text in plain], dtype=bool) if None in plain else np.True_
        values = floats([text or "0" for text in plain] if None in plain else plain)
        readable = readable & np.isfinite(values)
        return np.where(readable, values, 0.0) + 0.0, readable  # -0.0 becomes 0.0

    def deviations(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Numbers out of range."""
        return {OUT_OF_RANGE: (values < self.low) | (values > self.high)}

    def canonical(self, values: np.ndarray) -> list[str]:
        """All digits of float64."""
        return list(map(repr, (np.asarray(values, dtype=np.float64) + 0.0).tolist()))

    def places(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N,) float64 in [-1, 1]: where values lie in the range."""
        values = np.clip(np.asarray(values, dtype=np.float64), self.low, self.high)
        # Halved, because the difference of two large numbers may be infinite.
        span = self.high / 2 - self.low / 2
        share = (values / 2 - self.low / 2) / span if span > 0 else np.zeros_like(values)
        return 2 * share - 1

    def values_at(self, places: np.ndarray) -> np.ndarray:
        """(N,) -> (N,) float64 in the fitted range, rounded to the decimals of the file."""
        share = (np.clip(places.astype(np.float64), -1, 1) + 1) / 2
        values = (1 - share) * self.low + share * self.high
        return np.clip(self.format.round(values), self.low, self.high)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N, 1) float32 in [-1, 1]."""
        return self.places(values).astype(np.float32)[:, None]

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, 1) -> (N,): `values_at`."""
        return self.values_at(block[:, 0])

    def activation(self, block: Tensor) -> Tensor:
        """Tanh."""
        return torch.tanh(block)

    def text(self, values: np.ndarray) -> list[str]:
        """In the notation of the file."""
        return self.format.texts(values)

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """(N,) float64."""
        return np.asarray(values, dtype=np.float64)

    def describe(self) -> str:
        """The range in the notation of the file."""
        return f"{self.format.text(self.low)} to {self.format.text(self.high)}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"type": self.type, **asdict(self)}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """The inverse of `to_dict`, without the type; TypeError or ValueError if it does not fit."""
        numeric_format = NumberFormat(**fields.pop("format", {}))
        column = cls(**fields, format=numeric_format)
        if not column.low <= column.high:
            raise ValueError(f"low {column.low} is above high {column.high}")
        return column


@dataclass(frozen=True)
class Integer(Numeric):
    """A whole number; encoding and decoding are exact if its range spans less than 2^24.

    Values beyond 2^53, where float64 has gaps, are read, compared and written exactly.
    """

    low: int
    high: int
    format: NumberFormat = field(default=NumberFormat(most_decimals=0))
    type: ClassVar[str] = "integer"

    @classmethod
    def fit(cls, name: str, values: np.ndarray, format: NumberFormat | None = None) -> Self:
        """Fit the range to (N,) whole numbers."""
        return cls(name, int(values.min()), int(values.max()), format or NumberFormat(most_decimals=0))

    def parse(self, cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(N,) int64, or float64 where a cell is not a whole number of that range, which is a deviation."""
        whole = whole_numbers(self.format.plain_cells(cells))
        if whole is not None:
            return whole, np.ones(len(cells), dtype=bool)
        return Numeric.parse(self, cells)

    def deviations(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Numbers out of range, and fractions."""
        return super().deviations(values) | {"not whole numbers": values != np.rint(values)}

    def canonical(self, values: np.ndarray) -> list[str]:
        """All digits."""
        if values.dtype.kind == "i":
            return list(map(str, values.tolist()))
        return [str(int(value)) if value == int(value) else repr(value) for value in values.tolist()]

    def places(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N,) float64 in [-1, 1]."""
        if np.issubdtype(values.dtype, np.integer):
            return integer_places(values, self.low, self.high)
        return super().places(values)

    def values_at(self, places: np.ndarray) -> np.ndarray:
        """(N,) -> (N,) int64 in the fitted range."""
        return integers_at(places, self.low, self.high)


def floats(plain: Sequence[str | None]) -> np.ndarray:
    """(N,) float64, the nearest ones to numbers in plain notation, with or without exponents."""
    if not len(plain):
        return np.empty(0)
    return np.fromstring("\n".join(plain), dtype=np.float64, sep="\n")  # type: ignore[arg-type]  # without None


def whole_numbers(plain: Sequence[str | None]) -> np.ndarray | None:
    """(N,) int64, the whole numbers that numbers in plain notation are; None if one of them is none."""
    with suppress(TypeError, ValueError, OverflowError):  # None, "1.0" or "1e3", and beyond int64
        return np.array(list(map(int, plain)), dtype=np.int64)  # type: ignore[arg-type]
    if any(FRACTION.search(text) for text in plain if text is not None):
        return None
    whole = [whole_number(text) for text in plain]
    return None if any(value is None for value in whole) else np.array(whole, dtype=np.int64)


def whole_number(plain: str | None) -> int | None:
    """The whole number of an int64's range that a number in plain notation is, or None."""
    if plain is None:
        return None
    if not plain.lstrip("+-").isdigit():
        exact = Decimal(plain)
        if abs(exact) > INT64.max or exact != exact.to_integral_value():
            return None
        plain = str(int(exact))
    value = int(plain)
    return value if INT64.min <= value <= INT64.max else None
