import numpy as np

from pargan.metrics.content_cache import ContentCache, fingerprint


def test_content_cache_computes_equal_arrays_once_and_drops_the_least_recently_used():
    called = []

    def total(array, other):
        called.append(array[0])
        return array.sum()

    cache = ContentCache(total, size=2)
    one, two, three = (np.full(3, value) for value in (1.0, 2.0, 3.0))
    for array in (one, two, one.copy(), three, one, two):
        assert cache(array, None) == array.sum()
    assert called == [1, 2, 3, 2]


def test_fingerprint_depends_on_shape_dtype_and_position():
    array = np.arange(6, dtype=np.int32)
    different = [
        (array,),
        (array, None),
        (None, array),
        (array.reshape(2, 3),),
        (array.view(np.float32),),
        (array + 1,),
    ]
    assert len({fingerprint(*arrays) for arrays in different}) == len(different)
    assert fingerprint(array.reshape(2, 3).T) == fingerprint(array.reshape(2, 3).T.copy())
