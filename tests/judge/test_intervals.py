import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from pargan.judge.intervals import clopper_pearson, mean_interval


def test_clopper_pearson_literal_numbers():
    # 0 of n: the upper end is 1 - 0.025^(1/n). The others are standard textbook values.
    assert clopper_pearson(0, 10) == pytest.approx((0, 0, 1 - 0.025**0.1))
    assert clopper_pearson(10, 10) == pytest.approx((1, 0.025**0.1, 1))
    assert clopper_pearson(5, 10) == pytest.approx((0.5, 0.18708603, 0.81291397))
    assert clopper_pearson(1, 10) == pytest.approx((0.1, 0.00252858, 0.44501612), abs=1e-8)


@given(st.integers(1, 2000), st.data())
def test_clopper_pearson_equals_scipy(trials, data):
    hits = data.draw(st.integers(0, trials))
    expected = binomtest(hits, trials).proportion_ci(0.95, method="exact")
    assert clopper_pearson(hits, trials)[1:] == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_mean_interval_literal_numbers():
    # The t quantiles at 2 and 1 degrees of freedom are 4.302653 and 12.706205.
    assert mean_interval([1.0, 2.0, 3.0]) == pytest.approx(
        (2.0, 2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5), rel=1e-6
    )
    assert mean_interval([0.0, 2.0]) == pytest.approx((1.0, 1 - 12.706205, 1 + 12.706205), rel=1e-6)
    assert mean_interval([0.5, 0.5]) == (0.5, 0.5, 0.5)
