"""Partition schemes: what holds for every one of them, and what is particular to each."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pargan.data.partition import by_label, contiguous, dirichlet, iid
from pargan.errors import ParganError

SCHEMES = [iid, contiguous, by_label, partial(dirichlet, alpha=0.3), partial(dirichlet, alpha=100.0)]


@pytest.mark.parametrize("scheme", SCHEMES)
@given(
    labels=st.lists(st.integers(0, 6), min_size=1, max_size=60),
    num_partitions=st.integers(1, 12),
    seed=st.integers(0, 2**32),
)
def test_partitions_are_equal_disjoint_and_made_of_members(scheme, labels, num_partitions, seed):
    num_partitions = min(num_partitions, len(labels))
    members = np.arange(len(labels)) * 7 + 3  # indices into a pool, not positions
    found = scheme(members, np.array(labels), num_partitions, np.random.default_rng(seed))
    assert found.shape == (num_partitions, len(labels) // num_partitions)
    assert found.dtype == np.int64
    assert len(set(found.ravel().tolist())) == found.size
    assert set(found.ravel().tolist()) <= set(members.tolist())
    again = scheme(members, np.array(labels), num_partitions, np.random.default_rng(seed))
    np.testing.assert_array_equal(found, again)


def test_contiguous_keeps_the_order_of_the_pool():
    found = contiguous(np.array([9, 1, 5, 3, 7]), None, 2, np.random.default_rng(0))
    assert found.tolist() == [[1, 3], [5, 7]]


def test_iid_depends_on_the_generator():
    members = np.arange(100)
    one, other = (iid(members, None, 5, np.random.default_rng(seed)) for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_by_label_gives_each_partition_a_label_of_its_own_where_that_is_possible():
    labels = np.random.default_rng(0).permutation(np.repeat([4, 8, 15], 20))
    found = by_label(np.arange(60), labels, 3, np.random.default_rng(1))
    assert [set(labels[row].tolist()) for row in found] == [{4}, {8}, {15}]


def test_dirichlet_alpha_sets_how_alike_the_partitions_are():
    labels = np.arange(4000) % 10

    def largest_share(alpha):
        found = dirichlet(np.arange(4000), labels, 8, np.random.default_rng(0), alpha=alpha)
        # The last partition takes what is left, so the first ones show alpha.
        return np.mean([np.bincount(labels[row]).max() / len(row) for row in found[:4]])

    assert largest_share(1000.0) < 0.2  # 0.1 plus noise
    assert largest_share(0.05) > 0.5


@pytest.mark.parametrize("scheme", [by_label, partial(dirichlet, alpha=1.0)])
def test_labels_are_needed(scheme):
    with pytest.raises(ParganError, match=r"^partition=(by_label|dirichlet) needs labels.*partition=iid"):
        scheme(np.arange(10), None, 2, np.random.default_rng(0))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("num_partitions", [0, -1, 11])
def test_impossible_numbers_of_partitions(scheme, num_partitions):
    with pytest.raises(ParganError, match=f"^num_partitions={num_partitions} "):
        scheme(np.arange(10), np.zeros(10, dtype=int), num_partitions, np.random.default_rng(0))


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan")])
def test_alpha_must_be_positive(alpha):
    with pytest.raises(ParganError, match=r"^partition\.alpha="):
        dirichlet(np.arange(10), np.zeros(10, dtype=int), 2, np.random.default_rng(0), alpha=alpha)
