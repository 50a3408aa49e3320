import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from pargan.judge.auc import auc, auc_difference, auc_interval, hanley_mcneil_variance
from pargan.judge.permutation import permutation_p_value
from pargan.judge.roc import advantage
from tests.helpers.tied_scores import labelled, tied_scores


@given(tied_scores, tied_scores)
def test_auc_equals_scikit_learn(members, nonmembers):
    assert auc(members, nonmembers) == pytest.approx(roc_auc_score(*labelled(members, nonmembers)))


@given(tied_scores, tied_scores)
def test_auc_counts_ties_half_and_mirrors_under_exchange(members, nonmembers):
    difference = np.sign(members[:, None] - nonmembers[None])
    assert auc(members, nonmembers) == pytest.approx((difference.mean() + 1) / 2)
    assert auc(nonmembers, members) == pytest.approx(1 - auc(members, nonmembers))


@given(st.integers(1, 500), st.integers(1, 500), st.floats(-1e9, 1e9))
def test_auc_of_constant_scores_is_exactly_one_half(m, n, value):
    members, nonmembers = np.full(m, value), np.full(n, value)
    assert auc(members, nonmembers) == 0.5
    assert permutation_p_value(members, nonmembers) == 1.0
    assert advantage(members, nonmembers) == 0.0
    interval = auc_interval(members, nonmembers)
    assert interval.low < interval.value == 0.5 < interval.high


def test_auc_interval_covers_the_true_auc():
    rng = np.random.default_rng(0)
    truth = norm.cdf(1 / np.sqrt(2))  # of N(1, 1) against N(0, 1)
    intervals = [auc_interval(rng.normal(1, 1, 80), rng.normal(0, 1, 60)) for _ in range(500)]
    coverage = np.mean([low <= truth <= high for _, low, high in intervals])
    assert 0.93 < coverage < 0.98


def test_auc_interval_is_that_of_a_literal_bootstrap_where_records_are_many():
    rng = np.random.default_rng(1)
    members, nonmembers = rng.integers(0, 6, 400) + 1.0, rng.integers(0, 6, 300) + 0.0
    literal = [auc(rng.choice(members, 400), rng.choice(nonmembers, 300)) for _ in range(2000)]
    _, low, high = auc_interval(members, nonmembers)
    assert (low, high) == pytest.approx(np.quantile(literal, [0.025, 0.975]), abs=0.008)


def test_auc_interval_at_full_size_has_the_width_of_the_null():
    rng = np.random.default_rng(0)
    _, low, high = auc_interval(rng.normal(size=7000), rng.normal(size=7000))
    assert high - low == pytest.approx(2 * 1.96 * 0.0049, rel=0.05)  # the SD of the null distribution


def test_hanley_mcneil_variance_at_one_half_is_that_of_the_null():
    assert hanley_mcneil_variance(0.5, 700, 300) == pytest.approx((700 + 300 + 1) / (12 * 700 * 300))


@pytest.mark.parametrize("size", [5, 20, 100])
def test_auc_interval_changes_little_with_each_lost_pair(size):
    members, nonmembers = np.arange(float(size)) + size, np.arange(float(size))
    lows = []
    for lost in range(size // 2):
        moved = members.copy()
        moved[0] = size - 0.5 - lost  # below `lost` nonmembers
        interval = auc_interval(moved, nonmembers)
        assert interval.value == 1 - lost / size**2
        lows.append(interval.low)
        assert interval.high == 1.0 if lost == 0 else interval.value < interval.high < 1
    assert lows == sorted(lows, reverse=True)
    # No step is longer than a few pairs: before, one lost pair of 20 + 20 lifted the bound from 0.83 to 0.985.
    assert -np.diff(lows).min() < 4 / size**2
    assert lows[0] < 1 - 2 / size


@given(tied_scores, tied_scores)
def test_auc_interval_holds_the_auc_and_mirrors_under_exchange(members, nonmembers):
    interval, mirrored = auc_interval(members, nonmembers), auc_interval(nonmembers, members)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert interval.low < interval.high
    assert (mirrored.low, mirrored.high) == pytest.approx((1 - interval.high, 1 - interval.low), abs=1e-6)


@given(tied_scores, tied_scores)
def test_auc_difference_is_that_of_the_two_aucs(members, nonmembers):
    other = (np.cos(7 * members), np.cos(7 * nonmembers))
    difference = auc_difference((members, nonmembers), other)
    assert difference.value == pytest.approx(auc(members, nonmembers) - auc(*other), abs=1e-12)
    assert difference.low <= difference.value <= difference.high
    assert auc_difference(other, other) == (0.0, 0.0, 0.0)


def test_auc_difference_has_a_paired_interval():
    rng = np.random.default_rng(4)
    difficulty = rng.normal(size=200), rng.normal(size=150)  # shared by both attacks
    first = [group + shift + rng.normal(0, 0.5, len(group)) for group, shift in zip(difficulty, (0.5, 0), strict=True)]
    second = [group + rng.normal(0, 0.5, len(group)) for group in difficulty]
    resampled = []
    for _ in range(3000):
        i, j = rng.integers(200, size=200), rng.integers(150, size=150)
        resampled.append(auc(first[0][i], first[1][j]) - auc(second[0][i], second[1][j]))
    difference = auc_difference(tuple(first), tuple(second))
    assert (difference.low, difference.high) == pytest.approx(np.quantile(resampled, [0.025, 0.975]), abs=0.01)
    unpaired = auc_difference(tuple(first), tuple(rng.permutation(group) for group in second))
    assert difference.high - difference.low < 0.7 * (unpaired.high - unpaired.low)


@pytest.mark.parametrize("shift", [0.0, 2.0])
def test_auc_difference_covers_the_truth_with_few_records(shift):
    rng, size, covered, draws = np.random.default_rng(0), 5, 0, 1000
    truth = norm.cdf(shift / np.sqrt(2)) - 0.5
    for _ in range(draws):
        first, second = rng.normal(size=(2, 2, size))
        interval = auc_difference((first[0] + shift, first[1]), tuple(second))
        covered += interval.low <= truth <= interval.high
    assert covered / draws > 0.94  # the normal quantile: 0.91
