import numpy as np
import pytest

from pargan.errors import ParganError
from pargan.records import pool as pool_file
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool, record_hashes


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


@pytest.mark.parametrize(
    ("values", "labels", "argument"), [(np.zeros((0, 2)), None, "values"), (np.zeros((3, 2)), np.zeros(2), "labels")]
)
def test_pool_refuses_no_records_and_other_numbers_of_labels(values, labels, argument):
    with pytest.raises(ParganError) as error:
        make(values, labels=labels)
    assert error.value.argument == argument
    assert error.value.remedy
