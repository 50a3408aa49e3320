import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pargan.metrics.gap import generalization_gap


def test_generalization_gap_of_literal_logits():
    members = np.array([[1.0, 3.0, -9.0, -9.0], [7.0, 7.0, 0.5, 1.5]])  # columns: two of partition 0, two of 1
    nonmembers = np.array([[0.0, 1.0], [2.0, 4.0]])
    gaps = generalization_gap(members, np.array([0, 0, 1, 1]), nonmembers)
    assert gaps.tolist() == [2.0 - 0.5, 1.0 - 3.0]


def test_generalization_gap_of_a_partition_without_members_is_nan():
    gaps = generalization_gap(np.ones((2, 3)), np.array([1, 1, 1]), np.zeros((2, 4)))
    assert np.isnan(gaps[0])
    assert gaps[1] == 1.0


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_generalization_gap_ignores_offsets_and_other_partitions(seed, num_partitions):
    random = np.random.default_rng(seed)
    members, nonmembers = random.normal(size=(num_partitions, 30)), random.normal(size=(num_partitions, 20))
    partition = np.arange(30) % num_partitions
    gaps = generalization_gap(members, partition, nonmembers)
    shifted = generalization_gap(members + 5, partition, nonmembers + 5)
    np.testing.assert_allclose(shifted, gaps, atol=1e-9)
    foreign = members + 100 * (partition != np.arange(num_partitions)[:, None])
    np.testing.assert_allclose(generalization_gap(foreign, partition, nonmembers), gaps, atol=1e-9)
