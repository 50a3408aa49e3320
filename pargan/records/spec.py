"""The interface of record formats.

Legend: N records; *shape is the shape of one record in model space, the space the networks see:
(D,) for points, (C, H, W) for images, (width,) for encoded tables.
"""

from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from torch import nn


class RecordSpec(Protocol):
    """Record format: shape, range and units of records, which networks, callbacks and reports need. Immutable."""

    kind: ClassVar[str]
    """points, image or table, for messages and file names only."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one record in model space."""

    def head(self) -> nn.Module:
        """Last layer of a generator: maps (N, *shape) outputs into the range of records."""

    def decode(self, records: np.ndarray) -> Any:
        """(N, *shape) float32 in model space -> records in the user's units (an array or a table)."""

    def snap(self, records: np.ndarray) -> np.ndarray:
        """(N, *shape) -> (N, *shape): the nearest possible records (exact categories, integers, grey levels)."""

    def write(self, records: np.ndarray, stem: Path) -> Path:
        """Write records in model space to a file in the user's units; returns `stem` with a suffix."""
