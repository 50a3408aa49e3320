from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pargan.judge import permutation
from pargan.judge.auc import auc
from pargan.judge.permutation import permutation_p_value

few_scores = st.lists(st.integers(0, 4).map(float), min_size=1, max_size=5).map(np.array)


def enumerated(members, nonmembers):
    """The share of all choices of members with an AUC at least as high."""
    pooled, observed, hits, total = np.concatenate([members, nonmembers]), auc(members, nonmembers), 0, 0
    for chosen in combinations(range(len(pooled)), len(members)):
        is_member = np.isin(np.arange(len(pooled)), chosen)
        hits += auc(pooled[is_member], pooled[~is_member]) >= observed - 1e-12
        total += 1
    return hits / total


@settings(max_examples=40)
@given(few_scores, few_scores)
def test_permutation_p_value_equals_enumeration_with_ties(members, nonmembers):
    assert permutation_p_value(members, nonmembers) == pytest.approx(enumerated(members, nonmembers), abs=1e-9)


def test_permutation_p_value_equals_enumeration_without_ties():
    rng = np.random.default_rng(0)
    for m, n in ((2, 9), (7, 3), (1, 5)):
        members, nonmembers = rng.normal(size=m), rng.normal(size=n)
        assert permutation_p_value(members, nonmembers) == pytest.approx(enumerated(members, nonmembers))


def test_permutation_p_value_is_exact_for_a_few_copies_among_many_ties():
    # Six records stand out and all are members: the normal limit would say 0.007.
    members, nonmembers = np.repeat([1.0, 0.0], [6, 494]), np.zeros(500)
    expected = np.prod([(500 - i) / (1000 - i) for i in range(6)])
    assert permutation_p_value(members, nonmembers) == pytest.approx(expected)


@pytest.mark.parametrize(("m", "n", "levels"), [(15, 90, 30), (60, 50, 4), (60, 50, 10_000)])
def test_permutation_p_value_agrees_with_permuting_membership(m, n, levels):
    rng = np.random.default_rng(3)
    members = np.floor(rng.uniform(0.15, 1.15, m) * levels)
    nonmembers = np.floor(rng.uniform(0, 1, n) * levels)
    together, observed = np.concatenate([members, nonmembers]), auc(members, nonmembers)
    permuted = [auc(mixed[:m], mixed[m:]) for mixed in (rng.permutation(together) for _ in range(2000))]
    expected = np.mean(np.array(permuted) >= observed - 1e-12)
    assert 0.0005 < expected < 0.3
    assert permutation_p_value(members, nonmembers) == pytest.approx(expected, abs=0.025)


def test_permutation_p_value_of_many_ties_continues_as_the_normal_limit(monkeypatch):
    rng = np.random.default_rng(1)
    members, nonmembers = rng.integers(0, 9, 20) + 1.0, rng.integers(0, 9, 40) + 0.0
    exact = permutation_p_value(members, nonmembers)
    monkeypatch.setattr(permutation, "MOST_STATES", 0)
    limit = permutation_p_value(members, nonmembers)
    expected = stats.mannwhitneyu(members, nonmembers, alternative="greater", method="asymptotic").pvalue
    assert limit == pytest.approx(expected, rel=1e-9)
    assert limit != exact
    assert limit == pytest.approx(exact, rel=0.1)


def test_permutation_p_value_is_one_sided():
    high, low = np.arange(30.0) + 10, np.arange(30.0)
    assert permutation_p_value(high, low) < 0.001
    assert permutation_p_value(low, high) > 0.999
