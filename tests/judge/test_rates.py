import numpy as np
import pytest
from scipy import stats

from pargan.judge.rates import Rate, excess_risk, fisher_p_value, rate_difference, wilson


def test_wilson_is_the_published_example():
    # Newcombe 1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, method 3
    assert wilson(Rate(81, 263)) == pytest.approx((81 / 263, 0.2553, 0.3662), abs=1e-4)
    assert wilson(Rate(0, 20)) == pytest.approx((0, 0, 0.1611), abs=1e-4)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        (Rate(56, 70), Rate(48, 80), 0.0524, 0.3339),  # the published examples of method 10
        (Rate(9, 10), Rate(3, 10), 0.1705, 0.8090),
        (Rate(10, 10), Rate(0, 20), 0.6791, 1.0),
    ],
)
def test_rate_difference_is_the_published_example(first, second, low, high):
    found = rate_difference(first, second)
    assert found == pytest.approx((first.value - second.value, low, high), abs=1e-4)


def test_fisher_p_value_is_the_hypergeometric_tail():
    # 8 of 12 hits fall to 20 of 50 trials.
    assert fisher_p_value(Rate(8, 20), Rate(4, 30)) == pytest.approx(stats.hypergeom.sf(7, 50, 12, 20))
    assert fisher_p_value(Rate(0, 20), Rate(0, 30)) == 1


def test_excess_risk_of_equal_rates_is_0_and_of_a_perfect_attack_1():
    assert excess_risk(Rate(30, 100), Rate(30, 100)).value == 0
    assert excess_risk(Rate(100, 100), Rate(30, 100)).value == 1
    assert excess_risk(Rate(65, 100), Rate(30, 100)).value == pytest.approx(0.5)
    assert excess_risk(Rate(100, 100), Rate(50, 50)) == (0, 0, 0)


def test_excess_risk_interval_covers_the_true_risk():
    rng = np.random.default_rng(0)
    a, c, true = 0.5, 0.2, 0.375
    hits = rng.binomial(200, [[a, c]] * 2000)
    found = [excess_risk(Rate(int(x), 200), Rate(int(y), 200)) for x, y in hits]
    assert 0.93 <= np.mean([each.low <= true <= each.high for each in found]) <= 0.98
