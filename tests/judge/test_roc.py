import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_curve

from pargan.judge.roc import advantage, balanced_accuracy, resolves, roc, top_n_accuracy, tpr_at_fpr
from tests.helpers.tied_scores import labelled, tied_scores


@given(tied_scores, tied_scores)
def test_roc_equals_scikit_learn(members, nonmembers):
    fpr, tpr, thresholds = roc_curve(*labelled(members, nonmembers), drop_intermediate=False)
    curve = roc(members, nonmembers)
    np.testing.assert_allclose(curve.fpr, fpr)
    np.testing.assert_allclose(curve.tpr, tpr)
    np.testing.assert_array_equal(curve.thresholds, thresholds)
    assert advantage(members, nonmembers) == pytest.approx((tpr - fpr).max())


@given(tied_scores, tied_scores, st.sampled_from([0.01, 0.1, 0.25, 0.5]))
def test_tpr_at_fpr_is_the_best_corner_of_scikit_learns_curve(members, nonmembers, rate):
    fpr, tpr, _ = roc_curve(*labelled(members, nonmembers), drop_intermediate=False)
    interval = tpr_at_fpr(members, nonmembers, rate)
    assert interval.value == pytest.approx(tpr[fpr <= rate].max())
    assert interval.low <= interval.value <= interval.high


def test_tpr_at_fpr_includes_the_rate_itself():
    nonmembers = np.arange(100.0)  # 1 % of them is the one record 99
    members = np.array([99.0, 98.5, 98.0, 0.0])
    assert tpr_at_fpr(members, nonmembers, 0.01).value == 0.5  # 99 and 98.5; at 98 a second one passes
    assert tpr_at_fpr(members, nonmembers, 0.009).value == 0.0


@pytest.mark.parametrize(("rate", "enough"), [(0.001, 1000), (0.01, 100), (0.1, 10)])
def test_resolves_needs_one_over_the_rate_nonmembers(rate, enough):
    assert resolves(rate, enough)
    assert not resolves(rate, enough - 1)


def test_balanced_accuracy_is_unbiased_by_the_choice_of_threshold():
    rng = np.random.default_rng(0)
    accuracies = [balanced_accuracy(rng.normal(size=20), rng.normal(size=20), rng) for _ in range(500)]
    assert np.mean(accuracies) == pytest.approx(0.5, abs=0.02)
    in_sample = [(1 + advantage(rng.normal(size=20), rng.normal(size=20))) / 2 for _ in range(500)]
    assert np.mean(in_sample) > 0.55  # what choosing on the same records would have shown


def test_balanced_accuracy_of_a_shift():
    rng = np.random.default_rng(0)
    accuracy = balanced_accuracy(rng.normal(1, 1, 4000), rng.normal(0, 1, 4000), rng)
    assert accuracy == pytest.approx(norm.cdf(0.5), abs=0.02)


def test_top_n_accuracy_counts_members_among_the_highest():
    rng = np.random.default_rng(0)
    assert top_n_accuracy(np.array([5.0, 4, 1, 0]), np.array([3.0, 2, -1, -2]), rng) == 0.5
    assert top_n_accuracy(np.array([9.0, 8, 7]), np.array([1.0, 2, 3]), rng) == 1.0


def test_top_n_accuracy_of_ties_is_their_share_even_with_members_first():
    rng = np.random.default_rng(0)
    assert top_n_accuracy(np.ones(10), np.ones(10), rng) == 0.5
    # 7 above the cut, 2 of them members; the 3 remaining places are shared by 8 members and 5 nonmembers.
    members, nonmembers = np.repeat([2.0, 1.0], [2, 8]), np.repeat([2.0, 1.0], [5, 5])
    assert top_n_accuracy(members, nonmembers, rng) == pytest.approx((2 + 3 * 8 / 13) / 10)


@settings(max_examples=30)
@given(st.integers(1, 30), st.integers(1, 30))
def test_top_n_accuracy_has_base_rate_one_half_for_unequal_groups(m, n):
    rng = np.random.default_rng(0)
    accuracies = [top_n_accuracy(rng.normal(size=m), rng.normal(size=n), rng) for _ in range(200)]
    assert np.mean(accuracies) == pytest.approx(0.5, abs=0.15)
