"""Records that are images.

Legend: N images of H x W pixels with C channels: (N, C, H, W) float32 in [-1, 1] in model space.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from torch import nn

from pargan.io.npz import write_npz
from pargan.records.grey_levels import grey_levels, images_to_model


@dataclass(frozen=True)
class ImageSpec:
    """Record format of images of one size."""

    channels: int
    height: int
    width: int
    kind: ClassVar[str] = "image"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        return (self.channels, self.height, self.width)

    def head(self) -> nn.Module:
        """Tanh, for the range [-1, 1]."""
        return nn.Tanh()

    def decode(self, records: np.ndarray) -> np.ndarray:
        """(N, C, H, W) in [-1, 1] -> (N, H, W, C) uint8, or (N, H, W) for one channel."""
        levels = grey_levels(records)
        return levels[:, 0] if self.channels == 1 else levels.transpose(0, 2, 3, 1)

    def snap(self, records: np.ndarray) -> np.ndarray:
        """(N, C, H, W) -> (N, C, H, W): rounded to the 256 grey levels."""
        return images_to_model(self.decode(records))

    def write(self, records: np.ndarray, stem: Path) -> Path:
        """Write an .npz with the array `x`: uint8, shaped as by `decode`."""
        return write_npz(self.decode(records), stem)
