import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_curve

from pargan.judge.roc import advantage, balanced_accuracy, roc, top_n_accuracy
from tests.helpers.tied_scores import labelled, tied_scores


@given(tied_scores, tied_scores)
def test_roc_equals_scikit_learn(members, nonmembers):
    fpr, tpr, thresholds = roc_curve(*labelled(members, nonmembers), drop_intermediate=False)
    curve = roc(members, nonmembers)
    np.testing.assert_allclose(curve.fpr, fpr)
    np.testing.assert_allclose(curve.tpr, tpr)
    np.testing.assert_array_equal(curve.thresholds, thresholds)
    assert advantage(members, nonmembers) == pytest.approx((tpr - fpr).max())


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
