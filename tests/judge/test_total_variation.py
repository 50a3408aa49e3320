import numpy as np
import pytest
from scipy.stats import norm

from pargan.judge import total_variation as module
from pargan.judge.total_variation import equal_width_bins, quantile_bins, total_variation


def test_total_variation_of_literal_histograms():
    # 50 bins on [0, 50): shares 1/2 1/2 0 ... against 1/4 1/4 0 ... 0 1/2.
    members, nonmembers = np.array([0.2, 1.2, 0.0, 1.9]), np.array([0.5, 1.5, 50.0, 49.5])
    for first, second in ((members, nonmembers), (nonmembers, members)):
        assert total_variation(first, second, np.random.default_rng(0), equal_width_bins).value == 0.5


def test_total_variation_with_equal_widths_equals_numpys_histograms():
    rng = np.random.default_rng(1)
    members, nonmembers = rng.normal(0.3, 1, 700), rng.normal(0, 1, 500)
    edges = np.linspace(min(members.min(), nonmembers.min()), max(members.max(), nonmembers.max()), 51)
    shares = [np.histogram(group, edges)[0] / len(group) for group in (members, nonmembers)]
    result = total_variation(members, nonmembers, rng, equal_width_bins)
    assert result.value == pytest.approx(np.abs(shares[0] - shares[1]).sum() / 2)


def test_quantile_bins_hold_equal_numbers_and_keep_equal_scores_together():
    rng = np.random.default_rng(2)
    assert np.bincount(quantile_bins(rng.normal(size=1000))).tolist() == [20] * 50
    tied = rng.integers(0, 3, 1000).astype(float)
    assert len(np.unique(quantile_bins(tied))) == 3
    assert quantile_bins(np.full(7, 2.5)).tolist() == [0] * 7


def test_total_variation_does_not_depend_on_heavy_tails():
    rng = np.random.default_rng(3)
    members, nonmembers = rng.normal(1, 1, 2000), rng.normal(0, 1, 2000)
    heavy = [np.sinh(4 * group) for group in (members, nonmembers)]
    expected = total_variation(members, nonmembers, np.random.default_rng(0))
    assert total_variation(*heavy, np.random.default_rng(0)) == expected
    # On a common range nearly all scores share one bin, and the shift is lost.
    assert total_variation(*heavy, np.random.default_rng(0), equal_width_bins).value < 0.1 * expected.value


def test_total_variation_of_disjoint_and_of_constant_scores():
    rng = np.random.default_rng(0)
    assert total_variation(np.arange(50.0) + 100, np.arange(50.0), rng).value == 1.0
    assert total_variation(np.full(30, 2.5), np.full(20, 2.5), rng) == (0.0, 0.0, 0.0)


def test_total_variation_of_a_shift_exceeds_its_null_distribution():
    rng = np.random.default_rng(0)
    result = total_variation(rng.normal(1, 1, 20_000), rng.normal(0, 1, 20_000), rng)
    assert result.value == pytest.approx(2 * norm.cdf(0.5) - 1, abs=0.02)
    assert result.value > result.null_high > result.null_mean


@pytest.mark.parametrize(("size", "low", "high"), [(7000, 0.04, 0.05), (1000, 0.11, 0.13)])
def test_total_variation_null_equals_permuted_membership(size, low, high, monkeypatch):
    rng = np.random.default_rng(0)
    pooled = rng.normal(size=2 * size)
    result = total_variation(pooled[:size], pooled[size:], rng)
    assert low < result.null_mean < high
    monkeypatch.setattr(module, "PERMUTATIONS", 1)
    permuted = [total_variation(*np.split(rng.permutation(pooled), 2), rng).value for _ in range(300)]
    assert result.null_mean == pytest.approx(np.mean(permuted), rel=0.03)
    assert result.null_high == pytest.approx(np.quantile(permuted, 0.95), rel=0.05)
