"""Records that are points. Legend: N points, D coordinates."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.preprocessing import StandardScaler
from torch import nn

from pargan.io.npz import write_npz


@dataclass(frozen=True)
class PointsSpec:
    """Record format of points with `size` coordinates.

    In model space every coordinate is (x - centre) / scale; without `centre` and `scale` it is the user's coordinate.
    Model space is unbounded.

    Attributes:
        size: D.
        centre: (D,) in the user's units, or None.
        scale: (D,) in the user's units, above 0, or None.
        dtype: NumPy's name of the type of decoded points, float32 or float64.
    """

    size: int
    centre: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None
    dtype: str = "float32"
    kind: ClassVar[str] = "points"

    @classmethod
    def fit(cls, points: np.ndarray) -> Self:
        """The format in which (N, D) points have mean 0 and standard deviation 1.

        A constant coordinate is shifted only. Points of float32 or smaller decode to float32, all others to float64, so
        that no digit is lost.
        """
        scaler = StandardScaler().fit(points.astype(np.float64))
        dtype = "float32" if points.dtype.kind == "f" and points.dtype.itemsize <= 4 else "float64"
        return cls(points.shape[1], tuple(scaler.mean_.tolist()), tuple(scaler.scale_.tolist()), dtype)

    @property
    def shape(self) -> tuple[int]:
        """(D,)."""
        return (self.size,)

    def head(self) -> nn.Module:
        """Identity: coordinates are unbounded."""
        return nn.Identity()

    def encode(self, points: Any) -> np.ndarray:
        """(N, D) in the user's units -> (N, D) float32 in model space."""
        if self.centre is None or self.scale is None:
            return np.asarray(points, dtype=np.float32)
        # In float64: around 1e7 neighbouring numbers of float32 are 1 apart.
        return ((np.asarray(points, dtype=np.float64) - self.centre) / self.scale).astype(np.float32)

    def decode(self, records: np.ndarray) -> np.ndarray:
        """(N, D) in model space -> (N, D) of type `dtype` in the user's units."""
        if self.centre is None or self.scale is None:
            return np.asarray(records, dtype=self.dtype)
        return (np.asarray(records, dtype=np.float64) * self.scale + self.centre).astype(self.dtype)

    def snap(self, records: np.ndarray) -> np.ndarray:
        """(N, D) -> (N, D), unchanged: every point is possible."""
        return np.asarray(records, dtype=np.float32)

    def write(self, records: np.ndarray, stem: Path) -> Path:
        """Write an .npz with the array `x` (N, D), in the user's units."""
        return write_npz(self.decode(records), stem)
