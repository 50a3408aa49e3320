"""Pool -> members, nonmembers, reference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pargan.data.partition import by_label, iid
from pargan.data.splitting import drop_copies, keep_copies_together, split_pool, split_reference
from pargan.errors import ParganError
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool


def pool(values, labels=None):
    values = np.asarray(values, dtype=np.float32).reshape(len(values), -1)
    return Pool(values, PointsSpec(values.shape[1]), quality=None, labels=labels)


def split(records, **settings):
    defaults = {
        "members": 0.5,
        "nonmembers": None,
        "reference": None,
        "scheme": iid,
        "num_partitions": 1,
        "duplicates": drop_copies,
        "seed": 0,
    }
    return split_pool(records, **(defaults | settings))


def groups(membership):
    return [membership.members, membership.nonmembers, membership.reference]


@given(
    values=st.lists(st.integers(0, 15), min_size=20, max_size=60),
    seed=st.integers(0, 1000),
    duplicates=st.sampled_from([drop_copies, keep_copies_together]),
)
def test_no_record_and_no_copy_of_one_is_in_two_groups(values, seed, duplicates):
    values = [*values, 20, 21, 22, 23, 24, 25]  # enough different records for three groups
    try:
        membership = split(pool(values), seed=seed, duplicates=duplicates)
    except ParganError as error:  # many copies of few records can leave a group empty, and then it says so
        assert "is empty" in str(error)  # noqa: PT017
        assert duplicates is keep_copies_together
        return
    held = [{values[place] for place in group} for group in groups(membership)]
    assert held[0] | held[1] | held[2] <= set(values)
    assert held[0].isdisjoint(held[1])
    assert held[0].isdisjoint(held[2])
    assert held[1].isdisjoint(held[2])
    assert membership.duplicates_found == len(values) - len(set(values))


def test_copies_dropped_leave_every_record_once():
    membership = split(pool([3, 1, 3, 2, 3, 5, 4]), members=2)
    everyone = np.concatenate(groups(membership))
    assert sorted(everyone.tolist()) == [0, 1, 3, 5, 6]  # the first of each
    assert (membership.duplicates_found, membership.duplicates_dropped) == (2, 2)


def test_copies_kept_together_lose_nothing():
    values = np.repeat(np.arange(200), 2)
    membership = split(pool(values), duplicates=keep_copies_together)
    assert sum(map(len, groups(membership))) >= len(values) - 3  # at most one of a pair short in each group
    assert (membership.duplicates_found, membership.duplicates_dropped) == (200, 0)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"members": 0.5}, (50, 25, 25)),
        ({"members": 60, "nonmembers": 10}, (60, 10, 30)),
        ({"members": 0.2, "reference": 0.3}, (20, 50, 30)),
        ({"members": 10, "nonmembers": 20, "reference": 30}, (10, 20, 30)),
        ({"members": 51}, (51, 24, 25)),
        ({"members": 1}, (1, 49, 50)),
    ],
)
def test_sizes_as_counts_and_shares(sizes, expected):
    assert tuple(map(len, groups(split(pool(range(100)), **sizes)))) == expected


@pytest.mark.parametrize(
    ("sizes", "key"),
    [
        ({"members": 100}, "data.members=100 does not fit"),
        ({"members": 50, "nonmembers": 50}, "data.members=50, data.nonmembers=50 does not fit"),
        ({"members": 50, "nonmembers": 30, "reference": 30}, "data.reference=30 does not fit"),
        ({"members": 0}, "data.members=0 is no size"),
        ({"members": 1.0}, "data.members=1.0 is no size"),
        ({"members": 0.5, "reference": -3}, "data.reference=-3 is no size"),
        ({"members": 0.001}, "data.members=0.001 is no size"),
    ],
)
def test_impossible_sizes(sizes, key):
    with pytest.raises(ParganError) as caught:
        split(pool(range(100)), **sizes)
    assert key in str(caught.value)


def test_a_pool_of_copies_has_an_empty_group():
    with pytest.raises(ParganError, match=r"^data\.members is empty"):
        split(pool([1] * 50), duplicates=keep_copies_together)


def test_left_over_members_are_in_no_group():
    membership = split(pool(range(100)), members=53, num_partitions=5)
    assert membership.partitions.shape == (5, 10)
    assert sum(map(len, groups(membership))) == 100 - 3


def test_the_number_of_partitions_does_not_move_the_groups():
    one, five = (split(pool(range(100)), num_partitions=k) for k in (1, 5))
    np.testing.assert_array_equal(one.nonmembers, five.nonmembers)
    np.testing.assert_array_equal(one.reference, five.reference)
    assert set(one.members.tolist()) == set(five.members.tolist())


def test_the_seed_moves_them():
    one, other = (split(pool(range(100)), seed=seed) for seed in (0, 1))
    assert set(one.members.tolist()) != set(other.members.tolist())
    assert one == split(pool(range(100)), seed=0)


def test_labels_reach_the_scheme_aligned_with_the_members():
    labels = np.arange(100) % 2
    membership = split(pool(range(100), labels), members=80, num_partitions=2, scheme=by_label)
    shares = labels[membership.partitions].mean(axis=1)
    assert abs(shares[1] - shares[0]) > 0.8  # 80 members hold nearly 40 of each label


@pytest.mark.parametrize("scheme", [iid, by_label])
def test_a_reference_model_has_members_of_the_reference_set_only(scheme):
    records = pool(np.arange(300), labels=np.arange(300) % 4)
    attacked = split(records, members=100, nonmembers=90, reference=101)
    one, again, other = (split_reference(records, attacked, 0.5, scheme, 3, seed) for seed in (0, 0, 1))
    assert one.partitions.shape == (3, 16)  # 50 of 101 records, cut into three
    assert set(one.members) | set(one.reference) == set(attacked.reference)
    assert len(one.members) + len(one.reference) == 101
    assert list(one.reference) == [each for each in attacked.reference if each in one.reference]
    assert len(one.nonmembers) == 0
    assert one.records == attacked.records
    assert one == again
    assert set(one.members) != set(other.members)
