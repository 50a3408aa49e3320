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
def test_schemes_give_disjoint_partitions_of_equal_size(scheme, labels, num_partitions, seed):
    num_partitions = min(num_partitions, len(labels))
    members = np.arange(len(labels)) * 7 + 3  # indices into a pool, not positions
    partitions = scheme(members, np.array(labels), num_partitions, np.random.default_rng(seed))
    assert partitions.shape == (num_partitions, len(labels) // num_partitions)
    assert partitions.dtype == np.int64
    assert len(set(partitions.ravel().tolist())) == partitions.size
    assert set(partitions.ravel().tolist()) <= set(members.tolist())
    again = scheme(members, np.array(labels), num_partitions, np.random.default_rng(seed))
    np.testing.assert_array_equal(partitions, again)


def test_contiguous_keeps_the_order_of_the_pool():
    partitions = contiguous(np.array([9, 1, 5, 3, 7]), None, 2, np.random.default_rng(0))
    assert partitions.tolist() == [[1, 3], [5, 7]]


def test_iid_depends_on_the_random_generator():
    members = np.arange(100)
    one, other = (iid(members, None, 5, np.random.default_rng(seed)) for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_by_label_gives_one_label_per_partition_if_possible():
    labels = np.random.default_rng(0).permutation(np.repeat([4, 8, 15], 20))
    partitions = by_label(np.arange(60), labels, 3, np.random.default_rng(1))
    assert [set(labels[row].tolist()) for row in partitions] == [{4}, {8}, {15}]


def test_dirichlet_alpha_determines_the_label_mixture():
    labels = np.arange(4000) % 10

    def largest_share(alpha):
        partitions = dirichlet(np.arange(4000), labels, 8, np.random.default_rng(0), alpha=alpha)
        # The last partitions take the remaining members, so only the first ones depend on alpha.
        return np.mean([np.bincount(labels[row]).max() / len(row) for row in partitions[:4]])

    assert largest_share(1000.0) < 0.2  # 0.1 plus noise
    assert largest_share(0.05) > 0.5


@pytest.mark.parametrize("scheme", [by_label, partial(dirichlet, alpha=1.0)])
def test_by_label_and_dirichlet_need_labels(scheme):
    with pytest.raises(ParganError, match="needs labels") as error:
        scheme(np.arange(10), None, 2, np.random.default_rng(0))
    assert error.value.argument == "scheme"
    assert error.value.value == ("by_label" if scheme is by_label else "dirichlet")
    assert "scheme=iid" in error.value.remedy


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("num_partitions", [0, -1, 11])
def test_schemes_refuse_impossible_numbers_of_partitions(scheme, num_partitions):
    with pytest.raises(ParganError) as error:
        scheme(np.arange(10), np.zeros(10, dtype=int), num_partitions, np.random.default_rng(0))
    assert (error.value.argument, error.value.value) == ("num_partitions", num_partitions)
    assert ("num_partitions=10" if num_partitions > 0 else "1 or more") in error.value.remedy


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan")])
def test_dirichlet_refuses_alpha_that_is_not_positive(alpha):
    with pytest.raises(ParganError) as error:
        dirichlet(np.arange(10), np.zeros(10, dtype=int), 2, np.random.default_rng(0), alpha=alpha)
    assert (error.value.argument, error.value.value) == ("alpha", alpha)
    assert "above 0" in error.value.remedy
