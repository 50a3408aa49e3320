"""Distances between two sets of features. Legend: S generated, H held-out records, F features; float64."""

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors


def frechet_distance(generated: np.ndarray, real: np.ndarray) -> float:
    """Squared Frechet distance between Gaussians fitted to (S, F) and (H, F) features (arXiv 1706.08500).

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), >= 0. Biased upwards, more so the fewer the records.
    """
    shift = generated.mean(axis=0) - real.mean(axis=0)
    left, right = _covariance_factor(generated), _covariance_factor(real)
    # tr (C1 C2)^(1/2) is the sum of the singular values of A1 A2^T where Ci = Ai^T Ai: no square root of a
    # covariance, which is singular where there are fewer records than features.
    cross = np.linalg.svd(left @ right.T, compute_uv=False).sum()
    return float(max(shift @ shift + (left**2).sum() + (right**2).sum() - 2 * cross, 0.0))


def _covariance_factor(features: np.ndarray) -> np.ndarray:
    """(min(N, F), F) matrix A with A^T A the covariance of (N, F) features."""
    centred = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
    return np.asarray(np.linalg.qr(centred, mode="r")) if len(centred) > centred.shape[1] else centred


def kernel_distance(generated: np.ndarray, real: np.ndarray) -> float:
    """KID: unbiased squared MMD under the kernel (x.y / F + 1)^3 (arXiv 1801.01401).

    Expectation 0 for two draws from one distribution, so that values just below 0 are normal.
    """
    within = [
        (gram.sum() - np.trace(gram)) / (len(gram) * (len(gram) - 1))
        for gram in (polynomial_kernel(features, degree=3, coef0=1) for features in (generated, real))
    ]
    return float(sum(within) - 2 * polynomial_kernel(generated, real, degree=3, coef0=1).mean())


def neighbourhood_metrics(generated: np.ndarray, real: np.ndarray, k: int = 5) -> dict[str, float]:
    """Precision, recall, density and coverage (arXiv 1904.06991 and 2002.09797).

    The ball around a record reaches to its k-th nearest neighbour in the same set, not counting itself. Records on
    the surface are outside, so that a collapsed generator, whose balls have radius 0, has recall 0.

    Returns:
        `precision`: share of generated records inside some real ball, in [0, 1].
        `recall`: share of real records inside some generated ball, in [0, 1].
        `density`: mean number of real balls around a generated record, over k; about 1 at best, may pass 1.
        `coverage`: share of real balls that hold a generated record, in [0, 1].
    """
    k = min(k, len(real) - 1, len(generated) - 1)
    distance = cdist(real, generated)  # (H, S)
    in_real_ball = distance < _radii(real, k)[:, None]
    in_generated_ball = distance < _radii(generated, k)[None, :]
    return {
        "precision": float(in_real_ball.any(axis=0).mean()),
        "recall": float(in_generated_ball.any(axis=1).mean()),
        "density": float(in_real_ball.sum(axis=0).mean() / k),
        "coverage": float(in_real_ball.any(axis=1).mean()),
    }


def _radii(features: np.ndarray, k: int) -> np.ndarray:
    distances, _ = NearestNeighbors(n_neighbors=k).fit(features).kneighbors()
    return distances[:, -1]
