"""Records that are points. Legend: N points, D coordinates."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from torch import nn

from pargan.io.npz import write_npz


@dataclass(frozen=True)
class PointsSpec:
    """Record format of points with `size` coordinates. Model space is the user's space, unbounded."""

    size: int
    kind: ClassVar[str] = "points"

    @property
    def shape(self) -> tuple[int]:
        """(D,)."""
        return (self.size,)

    def head(self) -> nn.Module:
        """Identity: coordinates are unbounded."""
        return nn.Identity()

    def decode(self, records: np.ndarray) -> np.ndarray:
        """(N, D) float32, unchanged."""
        return np.asarray(records, dtype=np.float32)

    def snap(self, records: np.ndarray) -> np.ndarray:
        """(N, D) -> (N, D), unchanged."""
        return self.decode(records)

    def write(self, records: np.ndarray, stem: Path) -> Path:
        """Write an .npz with the array `x` (N, D)."""
        return write_npz(self.decode(records), stem)
