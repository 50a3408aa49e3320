"""Columns that name a record, which are not learnt. Legend: N rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from pargan.records.not_learnt import NotLearnt

DIGITS_KEPT = 2  # leading digits of the highest number that show where the numbers are no count; more where they are 9
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
        """Continue the count of (N,) cells such as C0017; other texts become new-1, new-2, ...

        Where most numbers between the lowest and the highest are missing, as of bank accounts, they are no count, and
        the highest is somebody's: new ones then start at a round number above it.
        """
        matches = [COUNTED.fullmatch(cell) for cell in cells]
        prefixes = {match.group(1) for match in matches if match}
        if all(matches) and len(prefixes) == 1:
            texts = [match.group(2) for match in matches if match]
            return cls(name, prefixes.pop(), min(map(len, texts)), _first_new(set(map(int, texts))))
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


def _first_new(numbers: set[int]) -> int:
    """A number above all of them."""
    highest = max(numbers)
    if 2 * len(numbers) > highest - min(numbers):
        return highest + 1
    digits = len(str(highest))
    for kept in range(DIGITS_KEPT, max(DIGITS_KEPT, digits - DIGITS_KEPT) + 1):
        step = 10 ** max(digits - kept, 0)
        first = (highest // step + 1) * step
        if first < 10**digits:  # after 9957 comes 10000, which has a digit more than any real one
            return first
    return 10**digits
