"""Columns of categories, and constant ones. Legend: N rows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor

from pargan.records.column import draw_category
from pargan.records.not_learnt import NotLearnt
from pargan.records.number_format import PLAIN

UNSEEN = "a category that no real record has"
SHOWN = 4
TRUTH = {
    **dict.fromkeys(("1", "1.0", "true", "t", "yes", "y"), True),
    **dict.fromkeys(("0", "0.0", "false", "f", "no", "n"), False),
}


@dataclass(frozen=True)
class Categorical:
    """One of a set of categories, which are texts; encoded as indicators.

    Attributes:
        name: of the column.
        categories: texts, in the order of their indicators.
        other: text of one more category that stands for every text not in `categories`; None for none.
        missing: text of one more category, which stands for a missing value; None where none is missing.
    """

    name: str
    categories: tuple[str, ...]
    other: str | None = None
    missing: str | None = None
    type: ClassVar[str] = "categorical"
    is_number: ClassVar[bool] = False
    first_indicator: ClassVar[int] = 0

    @classmethod
    def fit(cls, name: str, values: np.ndarray) -> Self:
        """Fit the categories to (N,) texts; None is a missing value."""
        texts = {str(value) for value in values.tolist() if value is not None}
        return cls(name, tuple(sorted(texts)), missing="" if any(value is None for value in values.tolist()) else None)

    @property
    def width(self) -> int:
        """Number of categories, with the one for others and the one for missing values."""
        return len(self.categories) + (self.other is not None) + (self.missing is not None)

    @property
    def scales(self) -> np.ndarray:
        """(width,): any two different indicators are 2^(1/2) apart."""
        return np.full(self.width, 0.5**0.5, np.float32)

    @cached_property
    def _values(self) -> np.ndarray:
        """(width,) texts; object with None at the end where values may be missing, else str."""
        texts: list[str | None] = [*self.categories]
        texts += [] if self.other is None else [self.other]
        return np.array([*texts, None], dtype=object) if self.missing is not None else np.array(texts, dtype=np.str_)

    @cached_property
    def _codes(self) -> dict[str | None, int]:
        return {value: code for code, value in enumerate(self._values.tolist())}

    @cached_property
    def _spellings(self) -> dict[str, str]:
        """Other ways to write a category: 1.0 and True for 1, false for False; only where one is meant."""
        spellings: dict[str, str] = {}
        ambiguous = set()
        for category in self.categories:
            for spelling in self._other_spellings(category):
                ambiguous |= {spelling} if spellings.get(spelling, category) != category else set()
                spellings[spelling] = category
        return {text: category for text, category in spellings.items() if text not in ambiguous}

    def _other_spellings(self, category: str) -> set[str]:
        spellings = {category.lower()} if category.lower() in TRUTH else set()
        if number := _number(category):
            spellings.add(number)
        if set(self.categories) <= {"0", "1", "0.0", "1.0"}:
            spellings.add("true" if float(category) else "false")
        if category.lower() in ("true", "false"):
            spellings |= {"1", "1.0"} if category.lower() == "true" else {"0", "0.0"}
        return spellings

    def parse(self, cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(N,) texts; all cells are readable. A category in another spelling, such as 1.0 for 1, is that category."""
        spellings, known = self._spellings, self._codes
        values: list[str | None] = [
            cell if cell in known else spellings.get(cell.lower(), spellings.get(_number(cell) or cell, cell))
            for cell in cells
        ]
        if self.missing is not None:
            values = [None if cell == "" else value for cell, value in zip(cells, values, strict=True)]
        kind = object if self.missing is not None else np.str_
        return np.array(values, dtype=kind), np.ones(len(values), dtype=bool)

    def deviations(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Categories that are not among the fitted ones."""
        known = self._codes
        return {UNSEEN: np.array([value not in known for value in values.tolist()], dtype=bool)}

    def canonical(self, values: np.ndarray) -> list[str]:
        """The texts; None is distinct from every text."""
        return ["\0missing" if value is None else value for value in values.tolist()]

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N, width) float32, a single 1 in each row.

        Raises:
            ValueError: a value is none of the categories, and there is no category for others.
        """
        codes, other = self._codes, len(self.categories)
        unknown = {value for value in values.tolist() if value not in codes}
        if unknown and self.other is None:
            raise ValueError(f"unknown: {', '.join(sorted(map(str, unknown))[:SHOWN])}")
        places = np.array([codes.get(value, other) for value in values.tolist()], dtype=np.int64)
        block = np.zeros((len(values), self.width), dtype=np.float32)
        block[np.arange(len(values)), places] = 1
        return block

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, width) -> (N,) category with the largest value; None for a missing one."""
        return self._values[block.argmax(axis=1)]

    def activation(self, block: Tensor) -> Tensor:
        """A relaxed draw, see `draw_category`."""
        return draw_category(block)

    def text(self, values: np.ndarray) -> list[str]:
        """Unchanged, and the mark of missing values."""
        return [self.missing or "" if value is None else str(value) for value in values.tolist()]

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """(N,) float64 codes of the categories."""
        return np.array([self._codes.get(value, len(self.categories)) for value in values.tolist()], dtype=np.float64)

    def describe(self) -> str:
        """The number of categories and the first few."""
        shown = ", ".join(category or '""' for category in self.categories[:SHOWN])
        more = ", ..." if len(self.categories) > SHOWN else ""
        return f"{len(self.categories)}: {shown}{more}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"type": self.type, **asdict(self), "categories": list(self.categories)}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """The inverse of `to_dict`, without the type; TypeError or ValueError if it does not fit."""
        categories = tuple(str(category) for category in fields.pop("categories"))
        if len(set(categories)) < len(categories) or not categories:
            raise ValueError("categories must be different texts, one or more")
        return cls(**fields, categories=categories)


@dataclass(frozen=True)
class Boolean(Categorical):
    """A yes or no, in the two texts of the file; other usual texts for the same are understood."""

    type: ClassVar[str] = "boolean"

    def _other_spellings(self, category: str) -> set[str]:
        truth = TRUTH.get(category.lower())
        return {text for text, value in TRUTH.items() if value == truth}

    def describe(self) -> str:
        """The two texts."""
        return " or ".join(self.categories)


@dataclass(frozen=True)
class Constant(NotLearnt):
    """A column with one value: it is written again, and there is nothing to learn."""

    value: str
    type: ClassVar[str] = "constant"

    def deviations(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Other values."""
        number = _number(self.value)
        same = np.array([value == self.value or _number(value) == (number or 0) for value in values.tolist()])
        return {"other values than the constant one": ~same.astype(bool)}

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, 0) -> (N,) times the value."""
        return np.full(len(block), self.value)

    def describe(self) -> str:
        """The value."""
        return self.value


def _number(text: str) -> str | None:
    """One text for all ways to write a number; None for text, and for codes with a leading zero such as 007."""
    if not PLAIN.fullmatch(text):
        return None
    digits = text.lstrip("+-")
    if (digits[:1] == "0" and digits[1:2].isdigit()) or "e" in digits.lower():
        return None
    return repr(float(text) + 0.0) if len(digits) < 16 else None
