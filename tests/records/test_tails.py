"""The ends of a distribution: close to the true ones, whatever the few most extreme records have."""

import numpy as np
import pytest
from scipy.stats import expon, genpareto, lognorm, norm, uniform

from pargan.records.ranks import SUPPORT, choose_knots
from pargan.records.tails import HALVINGS, continued_tails

SIZE = 5000
LAST = SUPPORT / SIZE / 2**HALVINGS  # share of records beyond the last knot
KINDS = {
    "even": uniform(),
    "normal": norm(),
    "exponential": expon(),
    "log-normal": lognorm(0.5),
    "heavy": genpareto(0.2),
}


def knots_of(places):
    """The knots of (N,) places, tails among them."""
    return continued_tails(places, choose_knots(places))[0]


def drawn(kind, seed):
    """Places far inside a column's range, so that no tail is cut off there."""
    return KINDS[kind].rvs(SIZE, random_state=seed) / 1e4


@pytest.mark.parametrize("kind", KINDS)
def test_the_end_of_a_tail_is_where_the_true_distribution_has_it(kind):
    """In units of the distance from the median; the largest of 5,000 records itself is further off."""
    truth = KINDS[kind].isf(LAST) / 1e4
    spread = truth - KINDS[kind].median() / 1e4
    seeds = range(20)
    ends = np.array([knots_of(drawn(kind, seed))[-1] for seed in seeds])
    assert abs(np.median(ends) - truth) < 0.12 * spread
    assert np.abs(ends - truth).mean() < 0.25 * spread


def test_a_tail_tells_nothing_of_the_most_extreme_records():
    places = drawn("exponential", 0)
    far = places.copy()
    far[np.argsort(places)[-SUPPORT:]] = 0.9
    np.testing.assert_array_equal(knots_of(far), knots_of(places))


def test_a_tail_ends_before_the_column_does():
    places = np.minimum(drawn("exponential", 0) * 1e3, 1.0)  # the largest records are at the end of the range
    assert knots_of(places)[-1] < 1


@pytest.mark.parametrize("places", [np.linspace(-1, 1, 60), np.repeat([-1.0, 0.0, 1.0], 50), np.zeros(300)])
def test_few_or_few_different_records_have_no_tail(places):
    knots = choose_knots(places)
    continued, clipped = continued_tails(places, knots)
    np.testing.assert_array_equal(continued, knots)
    assert set(clipped) <= set(places) | set(knots)


def test_the_unit_of_a_column_does_not_matter():
    places = drawn("log-normal", 3)
    np.testing.assert_allclose(knots_of(places * 1e-6), knots_of(places) * 1e-6, rtol=1e-6)
