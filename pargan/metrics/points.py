"""Quality of generated points. Legend: S generated, H held-out records, D coordinates, M modes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from pargan.errors import ParganError
from pargan.metrics.require_finite import require_finite
from pargan.records.pool import QualityRecords
from pargan.seeding import subset

LIMIT = 1000  # most generated and most real records in the exact transport problem; its time is cubic in them
HIGH_QUALITY_STD = 3.0  # a point is of high quality within this many standard deviations of a mode


def wasserstein2(generated: np.ndarray, real: np.ndarray, seed: int) -> float:
    """2-Wasserstein distance between two equal-sized empirical sets, solved exactly.

    Both sets are reduced to n = min(S, H, 1000) records drawn at random, and the metric depends on n: for two draws
    from one distribution it is about n^(-1/2) (D = 1) to n^(-1/D) (D > 2), not 0.

    Args:
        generated: (S, D).
        real: (H, D).
        seed: of the random draw.

    Returns:
        sqrt(min over pairings of the mean squared distance), >= 0, in the unit of the records.
    """
    rng = np.random.default_rng(seed)
    size = min(len(generated), len(real), LIMIT)
    left = generated[subset(size, len(generated), rng)]
    right = real[subset(size, len(real), rng)]
    cost = cdist(left.astype(np.float64), right.astype(np.float64), "sqeuclidean")
    return float(np.sqrt(cost[linear_sum_assignment(cost)].mean()))


@dataclass(frozen=True)
class PointsQuality:
    """Quality of points, with additional metrics if they lie around known centres.

    Metrics: `wasserstein2`; with centres also, as in VEEGAN (arXiv 1705.07761), `modes_covered` (count: centres that
    are nearest to at least one high-quality point) and `high_quality_share` (in [0, 1]: points within 3 standard
    deviations of the nearest centre; a perfect isotropic generator in the plane has 0.989, not 1).

    Attributes:
        centres: (M, D) in model space, or None.
        std: standard deviation of one coordinate around a centre, or None.

    Raises:
        ParganError: only one of `centres` and `std` is given.
    """

    centres: npt.ArrayLike | None = None
    std: float | None = None

    def __post_init__(self) -> None:
        if (self.centres is None) != (self.std is None):
            raise ParganError(
                f"does not go with std={self.std}",
                argument="centres",
                value=self.centres,
                remedy="give both centres and std, or neither to measure the Wasserstein distance only",
            )

    def __call__(self, generated: np.ndarray, real: QualityRecords, seed: int) -> dict[str, float]:
        """(S, D) generated points -> metrics."""
        require_finite(generated)
        metrics = {"wasserstein2": wasserstein2(generated, real.nonmembers, seed)}
        return metrics if self.std is None else metrics | self._modes(generated, self.std)

    def _modes(self, generated: np.ndarray, std: float) -> dict[str, float]:
        distance = cdist(generated, np.asarray(self.centres, dtype=np.float64))  # (S, M)
        is_high_quality = distance.min(axis=1) <= HIGH_QUALITY_STD * std
        return {
            "modes_covered": float(len(np.unique(distance.argmin(axis=1)[is_high_quality]))),
            "high_quality_share": float(is_high_quality.mean()),
        }


@dataclass(frozen=True)
class RingQuality:
    """Quality of points on rings around the origin.

    Metrics: `wasserstein2`, `rings_covered` (count: rings with at least one high-quality point) and
    `high_quality_share` (in [0, 1]: points whose radius is within 3 standard deviations of that of the nearest ring;
    0.997 for a perfect generator).

    Attributes:
        radii: radius of each ring, in model space.
        std: standard deviation of the noise of one coordinate.
    """

    radii: tuple[float, ...]
    std: float

    def __call__(self, generated: np.ndarray, real: QualityRecords, seed: int) -> dict[str, float]:
        """(S, 2) generated points -> metrics."""
        require_finite(generated)
        radius = np.linalg.norm(generated.astype(np.float64), axis=1)
        distance = np.abs(radius[:, None] - np.asarray(self.radii))  # (S, number of rings)
        is_high_quality = distance.min(axis=1) <= HIGH_QUALITY_STD * self.std
        return {
            "wasserstein2": wasserstein2(generated, real.nonmembers, seed),
            "rings_covered": float(len(np.unique(distance.argmin(axis=1)[is_high_quality]))),
            "high_quality_share": float(is_high_quality.mean()),
        }
