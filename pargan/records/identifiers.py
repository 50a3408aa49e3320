"""Columns that name a record, which are not learnt. Legend: N rows."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor

COUNTED = re.compile(r"(.*?)([0-9]+)", re.DOTALL)


@dataclass(frozen=True)
class Identifier:
    """A number or code that names a record: generated rows get new ones, which no real record has.

    Attributes:
        name: of the column.
        prefix: text before the number.
        digits: the number is filled up with zeros to this length.
        first: number of the first generated row; the real ones are below.
    """

    name: str
    prefix: str = "new-"
    digits: int = 1
    first: int = 1
    type: ClassVar[str] = "id"
    is_number: ClassVar[bool] = False
    width: ClassVar[int] = 0

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

    @property
    def scales(self) -> np.ndarray:
        """(0,)."""
        return np.empty(0, np.float32)

    def parse(self, cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(N,) texts."""
        return np.array(list(cells), dtype=np.str_), np.ones(len(cells), dtype=bool)

    def deviations(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """None: any text names a record."""
        return {}

    def canonical(self, values: np.ndarray) -> list[str]:
        """Unchanged."""
        return [str(value) for value in values.tolist()]

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N, 0)."""
        return np.empty((len(values), 0), dtype=np.float32)

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, 0) -> (N,) new texts, counted from `first`."""
        return np.array([f"{self.prefix}{self.first + row:0{self.digits}}" for row in range(len(block))], dtype=np.str_)

    def activation(self, block: Tensor) -> Tensor:
        """Unchanged: there is nothing."""
        return block

    def text(self, values: np.ndarray) -> list[str]:
        """Unchanged."""
        return [str(value) for value in values.tolist()]

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """(N,) zeros."""
        return np.zeros(len(values))

    def describe(self) -> str:
        """The first new one."""
        return f"new, from {self.prefix}{self.first:0{self.digits}}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"type": self.type, **asdict(self)}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """The inverse of `to_dict`, without the type."""
        return cls(**fields)
