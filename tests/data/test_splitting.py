from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pargan.data.partition import by_label, iid
from pargan.data.splitting import (
    default_duplicates,
    drop_copies,
    keep_copies_together,
    split_as_they_are,
    split_pool,
    split_reference,
)
from pargan.errors import ParganError
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool


def make_pool(values, labels=None):
    values = np.asarray(values, dtype=np.float32).reshape(len(values), -1)
    return Pool(values, PointsSpec(values.shape[1]), quality=None, labels=labels)


def split(pool, **settings):
    defaults = {
        "members": 0.5,
        "nonmembers": None,
        "reference": None,
        "scheme": iid,
        "num_partitions": 1,
        "duplicates": drop_copies,
        "seed": 0,
    }
    return split_pool(pool, **(defaults | settings))


def groups(membership):
    return [membership.members, membership.nonmembers, membership.reference]


@given(
    values=st.lists(st.integers(0, 15), min_size=20, max_size=60),
    seed=st.integers(0, 1000),
    duplicates=st.sampled_from([drop_copies, keep_copies_together]),
)
def test_split_pool_puts_no_record_or_copy_into_two_groups(values, seed, duplicates):
    values = [*values, 20, 21, 22, 23, 24, 25]  # enough different records for three groups
    try:
        membership = split(make_pool(values), seed=seed, duplicates=duplicates)
    except ParganError as error:  # many copies of few records can leave a group empty
        assert "is empty" in error.problem  # noqa: PT017
        assert duplicates is keep_copies_together
        return
    members, nonmembers, reference = ({values[index] for index in group} for group in groups(membership))
    assert members | nonmembers | reference <= set(values)
    assert members.isdisjoint(nonmembers)
    assert members.isdisjoint(reference)
    assert nonmembers.isdisjoint(reference)
    assert membership.duplicates_found == len(values) - len(set(values))


def test_drop_copies_keeps_the_first_of_equal_records():
    membership = split(make_pool([3, 1, 3, 2, 3, 5, 4]), members=2)
    indices = np.concatenate(groups(membership))
    assert sorted(indices.tolist()) == [0, 1, 3, 5, 6]
    assert (membership.duplicates_found, membership.duplicates_dropped) == (2, 2)


def test_keep_copies_together_drops_no_copies():
    values = np.repeat(np.arange(200), 2)
    membership = split(make_pool(values), duplicates=keep_copies_together)
    assert sum(map(len, groups(membership))) >= len(values) - 3  # at most one of a pair short in each group
    assert (membership.duplicates_found, membership.duplicates_dropped) == (200, 0)


def test_split_as_they_are_splits_copies_like_other_records():
    membership = split(make_pool([1, 2] * 50), duplicates=split_as_they_are)
    assert [len(group) for group in groups(membership)] == [50, 25, 25]
    assert (membership.duplicates_found, membership.duplicates_dropped) == (98, 0)


@pytest.mark.parametrize(
    ("source", "values", "chosen"),
    [
        ("drop", [1, 2] * 50, drop_copies),
        ("together", [*range(1000), *range(500)], keep_copies_together),
        ("together", [1, 1, 1, 2, 3, 4], keep_copies_together),
        ("together", [*range(1000), *[1] * 100], split_as_they_are),  # one record is a tenth of all
        ("together", [*range(64)] * 30, split_as_they_are),  # a survey of yes and no
    ],
)
def test_default_duplicates_splits_what_cannot_be_kept_together(source, values, chosen):
    pool = replace(make_pool(values), duplicates=source)
    assert default_duplicates(pool, pool.hashes()) is chosen


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
def test_split_pool_takes_counts_and_shares(sizes, expected):
    assert tuple(map(len, groups(split(make_pool(range(100)), **sizes)))) == expected


@pytest.mark.parametrize(
    ("sizes", "argument", "problem"),
    [
        ({"members": 100}, "members", "does not fit: the pool holds 100 records"),
        ({"members": 50, "nonmembers": 50}, "members", "does not fit with nonmembers=50: "),
        (
            {"members": 50, "nonmembers": 30, "reference": 30},
            "members",
            "fit with nonmembers=30 and reference=30: ",
        ),
        ({"members": 0}, "members", "does not work"),
        ({"members": 1.0}, "members", "does not work"),
        ({"members": 0.5, "reference": -3}, "reference", "does not work"),
        ({"members": 0.001}, "members", "does not work"),
    ],
)
def test_split_pool_refuses_impossible_sizes(sizes, argument, problem):
    with pytest.raises(ParganError) as error:
        split(make_pool(range(100)), **sizes)
    assert (error.value.argument, error.value.value) == (argument, sizes[argument])
    assert problem in error.value.problem
    assert ("ask for less" if "fit" in problem else "a share such as 0.5") in error.value.remedy


def test_split_pool_refuses_a_pool_of_copies():
    with pytest.raises(ParganError, match="is empty") as error:
        split(make_pool([1] * 50), duplicates=keep_copies_together)
    assert error.value.argument == "members"
    assert "duplicates=split" in error.value.remedy


def test_split_pool_leaves_remaining_members_out_of_all_groups():
    membership = split(make_pool(range(100)), members=53, num_partitions=5)
    assert membership.partitions.shape == (5, 10)
    assert sum(map(len, groups(membership))) == 100 - 3


def test_split_pool_groups_do_not_depend_on_the_number_of_partitions():
    one, five = (split(make_pool(range(100)), num_partitions=k) for k in (1, 5))
    np.testing.assert_array_equal(one.nonmembers, five.nonmembers)
    np.testing.assert_array_equal(one.reference, five.reference)
    assert set(one.members.tolist()) == set(five.members.tolist())


def test_split_pool_groups_depend_on_the_seed():
    one, other = (split(make_pool(range(100)), seed=seed) for seed in (0, 1))
    assert set(one.members.tolist()) != set(other.members.tolist())
    assert one == split(make_pool(range(100)), seed=0)


def test_split_pool_passes_the_labels_of_the_members_to_the_scheme():
    labels = np.arange(100) % 2
    membership = split(make_pool(range(100), labels), members=80, num_partitions=2, scheme=by_label)
    shares = labels[membership.partitions].mean(axis=1)
    assert abs(shares[1] - shares[0]) > 0.8  # 80 members hold nearly 40 of each label


@pytest.mark.parametrize("scheme", [iid, by_label])
def test_split_reference_draws_members_from_the_reference_records(scheme):
    pool = make_pool(np.arange(300), labels=np.arange(300) % 4)
    attacked = split(pool, members=100, nonmembers=90, reference=101)
    one, again, other = (split_reference(pool, attacked, 0.5, scheme, 3, seed) for seed in (0, 0, 1))
    assert one.partitions.shape == (3, 16)  # 50 of 101 records, cut into three
    assert set(one.members) | set(one.reference) == set(attacked.reference)
    assert len(one.members) + len(one.reference) == 101
    assert list(one.reference) == [index for index in attacked.reference if index in one.reference]
    assert len(one.nonmembers) == 0
    assert one.pool_fingerprint == attacked.pool_fingerprint
    assert one == again
    assert set(one.members) != set(other.members)


def coins(pool, **settings):
    return split(pool, nonmembers=30, num_partitions=4, coins=True, **settings)


def test_split_pool_by_coins_swaps_pairs_of_a_random_split_and_nothing_else():
    pool = make_pool(range(200))
    random, flipped = split(pool, nonmembers=30, num_partitions=4), coins(pool)
    assert flipped.partitions.shape == random.partitions.shape == (4, 25)
    np.testing.assert_array_equal(flipped.reference, random.reference)
    assert flipped.pairs.shape == (30, 2)  # as many as the smaller group has records
    partner = dict(flipped.pairs.tolist()) | dict(flipped.pairs[:, ::-1].tolist())
    for before, after in ((random.members, flipped.members), (random.nonmembers, flipped.nonmembers)):
        changed = before != after
        assert 5 <= changed.sum() <= 25
        assert [partner[record] for record in before[changed].tolist()] == after[changed].tolist()


def test_split_pool_by_coins_flips_a_fair_coin_for_each_pair_and_gives_equal_splits_to_equal_seeds():
    pool = make_pool(range(200))
    flips = np.array([np.isin(coins(pool, seed=seed).members, split_members(pool, seed)) for seed in range(60)])
    stayed = [flips[seed].sum() - 70 for seed in range(60)]  # 70 of the 100 members have no pair
    assert abs(np.mean(stayed) - 15) < 4 * np.sqrt(30 / 4 / 60)
    assert 0.5 < np.var(stayed) / (30 / 4) < 1.6  # of independent coins
    assert coins(pool, seed=5) == coins(pool, seed=5)


def split_members(pool, seed):
    return split(pool, nonmembers=30, num_partitions=4, seed=seed).members


@pytest.mark.parametrize("duplicates", [drop_copies, keep_copies_together, split_as_they_are])
def test_split_pool_by_coins_pairs_no_record_that_has_copies(duplicates):
    values = [*range(200), *range(60)]
    pairs = coins(make_pool(values), duplicates=duplicates, members=0.4).pairs
    assert len(pairs) > 5
    assert all(values[record] >= 60 for record in pairs.ravel().tolist())


def test_split_pool_by_coins_refuses_other_partitions_and_a_pool_of_copies():
    labels = np.arange(200) % 2
    with pytest.raises(ParganError, match="needs partitions at random"):
        coins(make_pool(range(200), labels), scheme=by_label)
    with pytest.raises(ParganError, match="finds no member and nonmember"):
        coins(make_pool([*range(100), *range(100)]), duplicates=split_as_they_are)
