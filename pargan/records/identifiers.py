"""Columns that name a record, which are not learnt. Legend: N rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from pargan.records.not_learnt import NotLearnt

COUNTED = re.compile(r"(.*?)([0-9]+)", re.DOTALL)


@dataclass(frozen=True)
class Identifier(NotLearnt):
    """A number or code that names a record: generated rows get new ones, which no real record has.

    Attributes:
        name: of the column.
        prefix: text before the number.
        digits: the number is filled up with zeros to this length.
        first: number of the first generated row; the real ones are below.
    """

    prefix: str = "new-"
    digits: int = 1
    first: int = 1
    type: ClassVar[str] = "id"

    @classmethod
    def fit(cls, name: str, cells: Sequence[str]) -> Self:
        """Continue the count of (N,) cells such as C0017; other texts become new-1, new-2, ..."""
        matches = [COUNTED.fullmatch(cell) for cell in cells]
        prefixes = {match.group(1) for match in matches if match}
        if all(matches) and len(prefixes) == 1:
            numbers = [match.group(2) for match in matches if match]
            return cls(name, prefixes.pop(), min(map(len, numbers)), max(map(int, numbers)) + 1)
        taken = [match.group(2) for match in matches if match and match.group(1) == "new-"]
        return cls(name, first=max(map(int, taken), default=0) + 1)

    def deviations(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """None: any text names a record."""
        return {}

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, 0) -> (N,) new texts, counted from `first`."""
        return np.array([f"{self.prefix}{self.first + row:0{self.digits}}" for row in range(len(block))], dtype=np.str_)

    def describe(self) -> str:
        """The first new one."""
        return f"new, from {self.prefix}{self.first:0{self.digits}}"
