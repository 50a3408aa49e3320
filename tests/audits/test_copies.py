import numpy as np
import pytest

from pargan.audits.copies import count_copies
from pargan.errors import ParganError
from pargan.judge.rates import Rate, fisher_p_value, rate_difference
from pargan.records.points import PointsSpec
from tests.attacks.test_product_kernel import SPEC, rows


def records(*values):
    return np.array(values, dtype=np.float32)[:, None]


def test_count_copies_counts_the_records_that_are_copied_and_not_their_copies():
    found = count_copies(records(1, 1, 1, 2, 7, -0.0), records(1, 2, 3, 3), records(7, 8, 0.0))
    assert found.members == Rate(2, 3)  # 1 and 2 of 1, 2 and 3
    assert found.nonmembers == Rate(2, 3)  # 7 and 0
    assert found.generated_of_members == Rate(4, 6)
    assert found.generated_of_nonmembers == Rate(2, 6)
    assert found.excess == rate_difference(Rate(2, 3), Rate(2, 3))
    assert found.p_value == fisher_p_value(Rate(2, 3), Rate(2, 3))
    assert found.epsilon_low == 0


def test_count_copies_of_a_copier_bounds_epsilon():
    members, nonmembers = np.random.default_rng(0).normal(size=(2, 200, 3)).astype(np.float32)
    found = count_copies(members[:150], members, nonmembers)
    assert found.members == Rate(150, 200)
    assert found.p_value < 1e-20
    assert found.excess.low > 0.6
    # TPR at least 0.675, FPR at most 0.0183 (Clopper and Pearson, 2.5 % each)
    assert found.epsilon_low == pytest.approx(np.log(0.6840 / 0.01828), abs=0.02)


def test_count_copies_is_calibrated_where_copies_are_coincidence():
    rng = np.random.default_rng(0)
    p_values = []
    for _ in range(300):
        drawn = rng.integers(100, size=(500, 1)).astype(np.float32)
        groups = np.unique(drawn[100:]).reshape(-1, 1)
        first, second = np.array_split(rng.permutation(groups), 2)
        p_values.append(count_copies(drawn[:100], first, second).p_value)
    assert 0.002 < np.mean(np.array(p_values) <= 0.05) <= 0.08


def test_count_copies_in_chosen_columns_of_a_table():
    table = rows(200, 3).numpy()
    changed = table.copy()
    changed[:, 4] = 0.123  # size
    for columns, copied in (((), 0), (("age", "colour", "sex"), 1), (("size",), 0)):
        found = count_copies(changed, table, rows(100, 8).numpy(), SPEC, columns)
        assert found.columns == columns
        assert found.members.value == copied


def test_count_copies_refuses_columns_that_there_are_not():
    table = rows(10, 3).numpy()
    with pytest.raises(ParganError) as error:
        count_copies(table, table, table, SPEC, ["weight"])
    assert (error.value.argument, error.value.value) == ("match_columns", "weight")
    assert "age, colour, size, sex" in error.value.remedy
    with pytest.raises(ParganError, match="have none"):
        count_copies(table, table, table, PointsSpec(7), ["age"])
