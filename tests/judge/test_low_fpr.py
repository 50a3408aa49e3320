import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_curve

from pargan.judge.intervals import clopper_pearson
from pargan.judge.low_fpr import (
    is_measurable,
    is_resolved,
    tpr_at_fpr,
    tpr_at_zero_fp,
    tpr_gain_p_value,
    tpr_p_value,
)
from tests.helpers.tied_scores import labelled, tied_scores


@given(tied_scores, tied_scores, st.sampled_from([0.01, 0.1, 0.25, 0.5]))
def test_tpr_at_fpr_is_the_best_corner_of_scikit_learns_curve(members, nonmembers, rate):
    fpr, tpr, _ = roc_curve(*labelled(members, nonmembers), drop_intermediate=False)
    interval = tpr_at_fpr(members, nonmembers, rate, np.random.default_rng(0), draws=50)
    assert interval.value == pytest.approx(tpr[fpr <= rate].max())
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert tpr_at_zero_fp(members, nonmembers).value == pytest.approx(tpr[fpr == 0].max())


def test_tpr_at_fpr_includes_the_rate_itself():
    nonmembers, rng = np.arange(100.0), np.random.default_rng(0)  # 1 % of them is the one record 99
    members = np.array([99.0, 98.5, 98.0, 0.0])
    assert tpr_at_fpr(members, nonmembers, 0.01, rng).value == 0.5  # 99 and 98.5; at 98 a second one passes
    assert tpr_at_fpr(members, nonmembers, 0.009, rng).value == 0.0
    assert tpr_at_zero_fp(members, nonmembers) == clopper_pearson(0, 4)


@pytest.mark.parametrize(("rate", "measurable", "resolved"), [(0.001, 1000, 10_000), (0.01, 100, 1000), (0.1, 10, 100)])
def test_rates_need_one_over_the_rate_nonmembers_and_ten_times_as_many(rate, measurable, resolved):
    assert is_measurable(rate, measurable)
    assert not is_measurable(rate, measurable - 1)
    assert is_resolved(rate, resolved)
    assert not is_resolved(rate, resolved - 1)


# 0.1 at 100 and 0.01 at 1000 are resolved, a bootstrap; 0.01 at 100 and 300 has the joint bounds.
@pytest.mark.parametrize(("rate", "size"), [(0.1, 100), (0.01, 1000), (0.01, 100), (0.01, 300)])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_tpr_at_fpr_interval_covers_the_true_tpr_with_the_threshold_s_chance(rate, size, shift):
    rng = np.random.default_rng(0)
    truth = norm.sf(norm.isf(rate) - shift)
    covered = []
    for _ in range(200):
        scores = rng.normal(shift, 1, size), rng.normal(0, 1, size)
        interval = tpr_at_fpr(*scores, rate, rng, draws=500)
        covered.append(interval.low <= truth <= interval.high)
    assert np.mean(covered) >= 0.91


def test_tpr_at_fpr_interval_of_few_members_is_not_narrower_than_clopper_pearson():
    rng = np.random.default_rng(0)
    members, nonmembers = rng.normal(1, 1, 8), rng.normal(0, 1, 10_000)
    interval = tpr_at_fpr(members, nonmembers, 0.1, rng)
    exact = clopper_pearson(round(interval.value * 8), 8)
    assert interval.low <= exact.low + 0.02
    assert interval.high >= exact.high - 0.02


@settings(max_examples=30)
@given(st.integers(1, 30), st.integers(1, 30), st.sampled_from([0.0, 0.1, 0.3]))
def test_tpr_p_value_equals_permuting_membership(m, n, rate):
    rng = np.random.default_rng(m + 100 * n)
    scores = rng.permutation(m + n).astype(float)
    observed = tpr_p_value(scores[:m], scores[m:], rate)
    allowed = int(rate * n + 1e-9)
    permuted = np.array([rng.permutation(scores) for _ in range(600)])
    cut = np.sort(permuted[:, m:])[:, -allowed - 1]
    hits = (permuted[:, :m] > cut[:, None]).sum(1)
    found = (scores[:m] > np.sort(scores[m:])[-allowed - 1]).sum()
    assert observed == pytest.approx(np.mean(hits >= found), abs=0.09)


def test_tpr_p_value_of_copies():
    # Five members stand above everybody else, all of whom are tied: 1 / (10 over 5) for 5 + 5.
    assert tpr_p_value(np.arange(5.0) + 1, np.zeros(5), 0.0) == pytest.approx(1 / 252)
    assert tpr_p_value(np.ones(5), np.ones(5), 0.0) == 1.0


def test_tpr_gain_p_value_is_uniform_where_both_attacks_are_equally_good():
    p_values, rng = [], np.random.default_rng(0)
    for _ in range(150):
        difficulty = rng.normal(0.5, 1, 100), rng.normal(0, 1, 100)  # shared by both, and above chance
        first, second = ([group + rng.normal(0, 0.7, 100) for group in difficulty] for _ in range(2))
        p_values.append(tpr_gain_p_value(first, second, 0.05, rng, draws=100))
    for level in (0.025, 0.1, 0.3):
        assert np.mean(np.array(p_values) <= level) <= level + 0.07


def test_tpr_gain_p_value_finds_members_that_only_the_first_attack_finds():
    rng = np.random.default_rng(0)
    first = second = rng.normal(size=300), rng.normal(size=300)
    found = first[0] + 100 * (np.arange(300) < 20)
    assert tpr_gain_p_value((found, first[1]), second, 0.01, rng) <= 0.005
    assert tpr_gain_p_value(second, (found, first[1]), 0.01, rng) > 0.9
    assert tpr_gain_p_value(first, second, 0.01, rng) == 1.0
