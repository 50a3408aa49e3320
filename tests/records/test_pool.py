import numpy as np
import pytest

from pargan.errors import ParganError
from pargan.records import pool as pool_file
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool, distinct, record_hashes


def make(values, **settings):
    values = np.asarray(values, dtype=np.float32)
    return Pool(values, PointsSpec(values.shape[-1]), quality=None, **settings)


def test_take_keeps_the_shape_of_the_index():
    pool = make([[0, 1], [2, 3], [4, 5]], to_model=lambda values: values * 2)
    assert pool.take(np.array([[2, 0]])).tolist() == [[[8, 10], [0, 2]]]


def test_hashes_are_equal_for_equal_records_in_all_blocks(monkeypatch):
    monkeypatch.setattr(pool_file, "BLOCK", 2)
    pool = make([[0, 1], [2, 3], [0, 1], [4, 5], [2, 3]])
    _, first = np.unique(pool.hashes(), return_inverse=True)
    assert first[0] == first[2]
    assert first[1] == first[4]
    assert len(set(first.tolist())) == 3
    np.testing.assert_array_equal(pool.hashes(), record_hashes(pool.values))


def test_record_hashes_do_not_tell_minus_zero_from_zero():
    records = np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, -1.0]], dtype=np.float32)
    first, second, third = record_hashes(records).tolist()
    assert first == second != third
    assert np.signbit(records[1, 0])  # the records themselves are left as they are


def test_distinct_numbers_records_in_the_order_of_their_first_copy():
    first, units = distinct(record_hashes(np.array([5.0, 3.0, 5.0, 4.0, 3.0, 9.0])[:, None]))
    assert first.tolist() == [0, 1, 3, 5]
    assert units.tolist() == [0, 1, 0, 2, 1, 3]


@pytest.mark.parametrize(
    ("values", "labels", "argument"), [(np.zeros((0, 2)), None, "values"), (np.zeros((3, 2)), np.zeros(2), "labels")]
)
def test_pool_refuses_no_records_and_other_numbers_of_labels(values, labels, argument):
    with pytest.raises(ParganError) as error:
        make(values, labels=labels)
    assert error.value.argument == argument
    assert error.value.remedy
