"""The record format: what networks, plots and audits need to know about a record.

Legend: N records; *shape is the shape of one record in model space, the space the networks see:
(D,) for points, (C, H, W) for images, (width,) for encoded tables.
"""

from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from torch import nn


class RecordSpec(Protocol):
    """The facts of a data set. Frozen; flows from the source to networks, callbacks and images."""

    kind: ClassVar[str]
    """"points", "image" or "table": a word for people and file names, never branched on."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one record in model space."""

    def head(self) -> nn.Module:
        """Last layer of a generator: maps (N, *shape) activations to records in range."""

    def decode(self, records: np.ndarray) -> Any:
        """Model space (N, *shape) float32 -> the user's units (see each spec)."""

    def snap(self, records: np.ndarray) -> np.ndarray:
        """The nearest records a user could hold (whole categories, integers, grey levels), in model space."""

    def write(self, records: np.ndarray, stem: Path) -> Path:
        """Write model-space records as a file in the user's units; returns `stem` with its suffix."""
