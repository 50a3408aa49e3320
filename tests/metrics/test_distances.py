import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from pargan.metrics.distances import frechet_distance, kernel_distance, neighbourhood_metrics


def normal(seed: int, *size: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=size)


def test_frechet_distance_equals_the_literal_formula():
    left, right = normal(0, 60, 4) @ normal(1, 4, 4), normal(2, 80, 4) + 1
    cov_left, cov_right = np.cov(left, rowvar=False), np.cov(right, rowvar=False)
    shift = left.mean(0) - right.mean(0)
    expected = shift @ shift + np.trace(cov_left + cov_right - 2 * sqrtm(cov_left @ cov_right).real)
    assert frechet_distance(left, right) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_of_shifted_and_scaled_copies():
    features = normal(0, 50, 3)
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(features + np.array([1, 2, 2]), features) == pytest.approx(9)
    assert frechet_distance(features[:, :1] * 3, features[:, :1]) == pytest.approx(
        features[:, 0].var(ddof=1) * 4 + 4 * features[:, 0].mean() ** 2
    )


def test_frechet_distance_of_a_collapsed_generator_is_finite():
    real = normal(0, 50, 3)
    expected = np.trace(np.cov(real, rowvar=False)) + (real.mean(0) ** 2).sum()
    assert frechet_distance(np.zeros((20, 3)), real) == pytest.approx(expected)


@pytest.mark.parametrize(("generated", "real", "width"), [(300, 200, 20), (12, 200, 20), (9, 14, 20)])
def test_frechet_distance_equals_torch_fidelity_also_with_fewer_records_than_features(generated, real, width):
    metric_fid = pytest.importorskip("torch_fidelity.metric_fid")
    mixing = normal(2, width, width)
    drawn = normal(0, generated, width) @ mixing, normal(1, real, width) + 1
    left, right = (metric_fid.fid_features_to_statistics(torch.as_tensor(features)) for features in drawn)
    expected = metric_fid.fid_statistics_to_metric(left, right, verbose=False)["frechet_inception_distance"]
    assert frechet_distance(*drawn) == pytest.approx(expected, rel=1e-6)


def test_kernel_distance_by_hand_on_two_records_each():
    left, right = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    within_left, within_right = (0 * 1 + 1) ** 3, (1 * 2 + 1) ** 3
    across = ((0 * 1 + 1) ** 3 + (0 * 2 + 1) ** 3 + (1 * 1 + 1) ** 3 + (1 * 2 + 1) ** 3) / 4
    assert kernel_distance(left, right) == pytest.approx(within_left + within_right - 2 * across)


def test_kernel_distance_is_unbiased():
    drawn = [kernel_distance(normal(2 * i, 30, 5), normal(2 * i + 1, 20, 5)) for i in range(200)]
    error = np.std(drawn) / len(drawn) ** 0.5
    assert abs(np.mean(drawn)) < 4 * error
    assert kernel_distance(normal(0, 300, 5) + 1, normal(1, 300, 5)) > 100 * error


@given(st.integers(0, 10_000), st.integers(7, 25), st.integers(7, 25), st.integers(1, 3))
def test_neighbourhood_metrics_equal_the_literal_definitions(seed, num_real, num_fake, k):
    real, fake = normal(seed, num_real, 2), normal(seed + 1, num_fake, 2) * 1.5

    def radius(points, i):
        return sorted(np.linalg.norm(points[i] - other) for j, other in enumerate(points) if j != i)[k - 1]

    def inside(point, points):
        return [np.linalg.norm(point - centre) < radius(points, i) for i, centre in enumerate(points)]

    metrics = neighbourhood_metrics(fake, real, k)
    assert metrics["precision"] == pytest.approx(np.mean([any(inside(point, real)) for point in fake]))
    assert metrics["recall"] == pytest.approx(np.mean([any(inside(point, fake)) for point in real]))
    assert metrics["density"] == pytest.approx(np.mean([sum(inside(point, real)) for point in fake]) / k)
    assert metrics["coverage"] == pytest.approx(np.mean(np.any([inside(point, real) for point in fake], axis=0)))


def test_neighbourhood_metrics_of_far_and_collapsed_generators():
    real = normal(0, 100, 2)
    assert set(neighbourhood_metrics(real + 100, real).values()) == {0.0}
    collapsed = neighbourhood_metrics(np.repeat(real[:1], 50, axis=0), real)
    assert collapsed["precision"] == 1
    assert collapsed["recall"] == 0
    assert collapsed["coverage"] < 0.2
