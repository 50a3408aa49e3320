"""What columns that are not learnt have in common. Legend: N rows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor


@dataclass(frozen=True)
class NotLearnt:
    """A column of texts that takes no place in model space; a subclass says what is written instead.

    Attributes:
        name: of the column.
    """

    name: str
    type: ClassVar[str]
    is_number: ClassVar[bool] = False
    width: ClassVar[int] = 0
    first_indicator: ClassVar[int] = 0

    @property
    def scales(self) -> np.ndarray:
        """(0,)."""
        return np.empty(0, np.float32)

    def parse(self, cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(N,) texts."""
        return np.array(list(cells), dtype=np.str_), np.ones(len(cells), dtype=bool)

    def canonical(self, values: np.ndarray) -> list[str]:
        """Unchanged."""
        return [str(value) for value in values.tolist()]

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N, 0)."""
        return np.empty((len(values), 0), dtype=np.float32)

    def activation(self, block: Tensor) -> Tensor:
        """Unchanged: there is nothing."""
        return block

    def text(self, values: np.ndarray) -> list[str]:
        """Unchanged."""
        return [str(value) for value in values.tolist()]

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """(N,) zeros."""
        return np.zeros(len(values))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"type": self.type, **asdict(self)}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """The inverse of `to_dict`, without the type."""
        return cls(**fields)
