import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pargan.errors import ParganError
from pargan.metrics.points import PointsQuality, RingQuality, wasserstein2
from pargan.records.pool import QualityRecords

CENTRES = ((0.0, 0.0), (4.0, 0.0), (0.0, 4.0))


def split(nonmembers: np.ndarray) -> QualityRecords:
    nothing = np.empty((0, 2))
    return QualityRecords(members=nothing, nonmembers=nonmembers, reference=nothing)


def test_wasserstein2_of_a_hand_solved_pairing():
    # 0 -> 1 and 10 -> 12 is the cheapest pairing: sqrt((1 + 4) / 2)
    assert wasserstein2(np.array([[0.0], [10.0]]), np.array([[12.0], [1.0]]), seed=0) == pytest.approx(2.5**0.5)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=4, max_size=20), st.integers(0, 9))
def test_wasserstein2_on_a_line_pairs_sorted_values(pairs, seed):
    left, right = np.array(pairs).T
    expected = np.sqrt(((np.sort(left) - np.sort(right)) ** 2).mean())
    assert wasserstein2(left[:, None], right[:, None], seed) == pytest.approx(expected, abs=1e-9)


def test_wasserstein2_of_a_shift_is_its_length_even_when_cut_to_a_subset():
    points = np.random.default_rng(0).normal(size=(3000, 2))
    shifted = points + np.array([30.0, 40.0])
    assert wasserstein2(shifted, points, seed=1) == pytest.approx(50, abs=0.2)
    assert wasserstein2(shifted, points, seed=1) == wasserstein2(shifted, points, seed=1)
    assert wasserstein2(shifted, points, seed=1) != wasserstein2(shifted, points, seed=2)


def test_points_quality_counts_modes_and_high_quality_points():
    generated = np.array([[0.0, 0.0], [0.29, 0.0], [0.31, 0.0], [4.0, 0.1]])
    metrics = PointsQuality(centres=CENTRES, std=0.1)(generated, split(generated), seed=0)
    assert metrics == {"modes_covered": 2.0, "high_quality_share": 0.75, "wasserstein2": 0.0}


def test_points_quality_of_a_perfect_generator_is_the_rayleigh_distribution():
    rng = np.random.default_rng(0)
    generated = np.array(CENTRES)[rng.integers(3, size=20_000)] + 0.1 * rng.normal(size=(20_000, 2))
    share = PointsQuality(centres=CENTRES, std=0.1)(generated, split(generated[:50]), 0)["high_quality_share"]
    assert share == pytest.approx(1 - np.exp(-4.5), abs=0.003)


def test_points_quality_without_centres_measures_the_distance_only():
    assert set(PointsQuality()(np.zeros((3, 2)), split(np.ones((3, 2))), 0)) == {"wasserstein2"}
    with pytest.raises(ParganError, match="std=None") as error:
        PointsQuality(centres=CENTRES)
    assert (error.value.argument, error.value.value) == ("centres", CENTRES)
    assert "both centres and std" in error.value.remedy


def test_ring_quality_measures_the_distance_to_the_nearer_ring():
    generated = np.array([[1.0, 0.0], [0.0, -0.5], [0.0, 0.64], [0.0, 0.75]])
    metrics = RingQuality(radii=(1.0, 0.5), std=0.05)(generated, split(generated), seed=0)
    assert metrics == {"rings_covered": 2.0, "high_quality_share": 0.75, "wasserstein2": 0.0}


def test_points_quality_refuses_a_diverged_generator():
    with pytest.raises(ParganError, match="1 of 2 generated records hold NaN or infinity"):
        PointsQuality()(np.array([[0.0, np.nan], [0.0, 0.0]]), split(np.zeros((2, 2))), 0)


def test_points_and_ring_quality_report_the_main_metric_first():
    points = np.zeros((3, 2))
    for quality in (PointsQuality(centres=CENTRES, std=0.1), RingQuality(radii=(1.0, 0.5), std=0.1)):
        assert next(iter(quality(points, split(points), 0))) == "wasserstein2"
