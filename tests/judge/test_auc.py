import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from pargan.judge import auc as module
from pargan.judge.auc import auc, auc_difference, auc_interval, permutation_p_value
from pargan.judge.intervals import clopper_pearson
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
    interval = auc_interval(members, nonmembers, np.random.default_rng(0), draws=20)
    assert interval == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("levels", [4, 10_000])
def test_permutation_p_value_agrees_with_permuting_membership(levels):
    rng = np.random.default_rng(3)
    members = np.floor(rng.uniform(0.15, 1.15, 60) * levels)
    nonmembers = np.floor(rng.uniform(0, 1, 50) * levels)
    together = np.concatenate([members, nonmembers])
    observed = auc(members, nonmembers)
    permuted = [auc(mixed[:60], mixed[60:]) for mixed in (rng.permutation(together) for _ in range(4000))]
    expected = np.mean(np.array(permuted) >= observed)
    assert 0.002 < expected < 0.2
    assert permutation_p_value(members, nonmembers) == pytest.approx(expected, abs=0.012)


def test_permutation_p_value_is_one_sided():
    high, low = np.arange(30.0) + 10, np.arange(30.0)
    assert permutation_p_value(high, low) < 0.001
    assert permutation_p_value(low, high) > 0.999


def test_auc_interval_covers_the_true_auc():
    rng = np.random.default_rng(0)
    truth = norm.cdf(1 / np.sqrt(2))  # of N(1, 1) against N(0, 1)
    intervals = [auc_interval(rng.normal(1, 1, 80), rng.normal(0, 1, 60), rng, draws=300) for _ in range(300)]
    coverage = np.mean([low <= truth <= high for _, low, high in intervals])
    assert 0.91 < coverage < 0.98


def test_auc_interval_equals_a_literal_bootstrap():
    rng = np.random.default_rng(1)
    members, nonmembers = rng.integers(0, 6, 40) + 1.0, rng.integers(0, 6, 30) + 0.0
    literal = [auc(rng.choice(members, 40), rng.choice(nonmembers, 30)) for _ in range(8000)]
    _, low, high = auc_interval(members, nonmembers, rng, draws=8000)
    assert (low, high) == pytest.approx(np.quantile(literal, [0.025, 0.975]), abs=0.01)


def test_auc_interval_agrees_for_every_block_size(monkeypatch):
    rng = np.random.default_rng(2)
    members, nonmembers = rng.normal(0.5, 1, 50), rng.normal(0, 1, 70)
    whole = auc_interval(members, nonmembers, np.random.default_rng(0), draws=3000)
    monkeypatch.setattr(module, "BLOCK_NUMBERS", 1000)  # 8 draws at a time
    blocks = auc_interval(members, nonmembers, np.random.default_rng(0), draws=3000)
    assert blocks == pytest.approx(whole, abs=0.01)


def test_auc_interval_at_full_size_has_the_width_of_the_null():
    rng = np.random.default_rng(0)
    _, low, high = auc_interval(rng.normal(size=7000), rng.normal(size=7000), rng, draws=2000)
    assert high - low == pytest.approx(2 * 1.96 * 0.0049, rel=0.1)  # the SD of the null distribution


@pytest.mark.parametrize("m", [1, 5, 100])
def test_auc_interval_keeps_its_width_at_perfect_separation(m):
    # All of m independent pairs won: Clopper and Pearson's interval at m of m.
    high, low = np.arange(m) + 1000.0, np.arange(2.0 * m)
    rng = np.random.default_rng(0)
    assert auc_interval(high, low, rng, 20) == pytest.approx((1, *clopper_pearson(m, m)[1:]))
    assert auc_interval(low, high, rng, 20) == pytest.approx((0, *clopper_pearson(0, m)[1:]))


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
