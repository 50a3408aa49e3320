import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pargan.records.columns import Categorical, Integer, Numeric


@given(
    values=hnp.arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 2**24 - 1)),
    offset=st.integers(-(10**12), 10**12),
)
def test_integer_is_exact_up_to_a_span_of_24_bits(values, offset):
    column = Integer.fit("a", values + offset)
    np.testing.assert_array_equal(column.decode(column.encode(values + offset)), values + offset)


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=5), min_size=1))
def test_categorical_is_exact(texts):
    values = np.array(texts, dtype=np.str_)
    column = Categorical.fit("a", values)
    assert column.decode(column.encode(values)).tolist() == texts


@given(
    hnp.arrays(
        np.float64,
        st.integers(2, 30),
        elements=st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3)),
    )
)
def test_numeric_is_exact_to_single_precision(values):
    column = Numeric.fit("a", values)
    np.testing.assert_allclose(column.decode(column.encode(values)), values, atol=1e-7 * np.ptp(values) + 1e-9)


@pytest.mark.parametrize(
    ("column", "cell"),
    [(Numeric, "x"), (Numeric, "nan"), (Numeric, "inf"), (Integer, "1.5"), (Integer, "x"), (Integer, "1e300")],
)
def test_parse_refuses_cells_of_another_type(column, cell):
    with pytest.raises(ValueError):
        column.parse(["1", cell])


def test_extent_is_the_largest_distance_between_two_values():
    for column, values in ((Numeric, np.array([1.0, 5.0])), (Categorical, np.array(["a", "b", "c"]))):
        encoded = column.fit("a", values).encode(values)
        distances = np.linalg.norm(encoded[:, None] - encoded[None], axis=-1)
        assert distances.max() == pytest.approx(column.extent)
