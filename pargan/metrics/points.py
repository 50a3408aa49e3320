"""Quality of generated points. Legend: S generated, H held-out records, D coordinates, M modes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from pargan.errors import ParganError
from pargan.metrics.finite import finite
from pargan.records.pool import QualityRecords
from pargan.seeding import subset

LIMIT = 1000  # records on each side of the exact transport problem, whose time grows with the cube
WITHIN = 3.0  # standard deviations from a mode at which a point still counts as of high quality


def wasserstein2(generated: np.ndarray, real: np.ndarray, seed: int) -> float:
    """2-Wasserstein distance between two equal-sized empirical sets, solved exactly.

    Both sides are cut to min(S, H, 1000) records drawn at random, so the metric depends on that number:
    two draws from one distribution stand at about n^(-1/2) (D = 1) to n^(-1/D) (D > 2), not at 0.

    Args:
        generated: (S, D).
        real: (H, D).
        seed: for the draw.

    Returns:
        sqrt(min over pairings of the mean squared distance), >= 0, in the records' unit.
    """
    rng = np.random.default_rng(seed)
    size = min(len(generated), len(real), LIMIT)
    left = generated[subset(size, len(generated), rng)]
    right = real[subset(size, len(real), rng)]
    cost = cdist(left.astype(np.float64), right.astype(np.float64), "sqeuclidean")
    return float(np.sqrt(cost[linear_sum_assignment(cost)].mean()))


@dataclass(frozen=True)
class PointsQuality:
    """Points around known centres, or around none (then the transport distance alone).

    AttackMetrics: `wasserstein2`, and as in VEEGAN (arXiv 1705.07761) `modes_covered` (count: centres that are the
    nearest one of at least one high-quality point) and `high_quality_share` (in [0, 1]: points within 3 SD of
    the nearest centre; a perfect isotropic generator in the plane has 0.989, not 1).

    Attributes:
        centres: (M, D), in model space.
        std: standard deviation of one coordinate around a centre.
    """

    centres: npt.ArrayLike | None = None
    std: float | None = None

    def __post_init__(self) -> None:
        if (self.centres is None) != (self.std is None):
            raise ParganError(
                f"quality.centres={self.centres} with quality.std={self.std}: "
                f"give both, or leave both out to measure the Wasserstein distance alone"
            )

    def __call__(self, generated: np.ndarray, split: QualityRecords, seed: int) -> dict[str, float]:
        """(S, D) generated points -> metrics."""
        finite(generated)
        metrics = {"wasserstein2": wasserstein2(generated, split.nonmembers, seed)}
        return metrics if self.std is None else metrics | self._modes(generated, self.std)

    def _modes(self, generated: np.ndarray, std: float) -> dict[str, float]:
        distance = cdist(generated, np.asarray(self.centres, dtype=np.float64))  # (S, M)
        good = distance.min(axis=1) <= WITHIN * std
        return {
            "modes_covered": float(len(np.unique(distance.argmin(axis=1)[good]))),
            "high_quality_share": float(good.mean()),
        }


@dataclass(frozen=True)
class RingQuality:
    """Points on rings around the origin.

    AttackMetrics: `wasserstein2`, `rings_covered` (count: rings with at least one high-quality point) and
    `high_quality_share` (in [0, 1]: points whose radius is within 3 SD of the nearer ring; 0.997 for a
    perfect generator).

    Attributes:
        radii: radius of each ring, in model space.
        std: standard deviation of the noise of one coordinate.
    """

    radii: tuple[float, ...]
    std: float

    def __call__(self, generated: np.ndarray, split: QualityRecords, seed: int) -> dict[str, float]:
        """(S, 2) generated points -> metrics."""
        finite(generated)
        radius = np.linalg.norm(generated.astype(np.float64), axis=1)
        distance = np.abs(radius[:, None] - np.asarray(self.radii))  # (S, number of rings)
        good = distance.min(axis=1) <= WITHIN * self.std
        return {
            "wasserstein2": wasserstein2(generated, split.nonmembers, seed),
            "rings_covered": float(len(np.unique(distance.argmin(axis=1)[good]))),
            "high_quality_share": float(good.mean()),
        }
