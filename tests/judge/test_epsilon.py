"""The lower bound on epsilon against mechanisms whose epsilon is known."""

import numpy as np
import pytest

from pargan.judge.epsilon import epsilon_ceiling, epsilon_lower_bound
from pargan.judge.intervals import clopper_pearson

TRIALS = 200


def randomised_response(epsilon, size, is_member, rng):
    """Reports membership truthfully with probability e^eps / (1 + e^eps), so that its epsilon is exact."""
    truthful = rng.random(size) < np.exp(epsilon) / (1 + np.exp(epsilon))
    return np.where(truthful, is_member, 1 - is_member).astype(float)


@pytest.mark.parametrize("noise", [0.0, 0.9])  # added to the reports: many thresholds, no more information
@pytest.mark.parametrize("epsilon", [0.0, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("sizes", [(600, 600), (60, 1000)])
def test_epsilon_lower_bound_exceeds_the_truth_in_at_most_5_percent_of_trials(epsilon, noise, sizes):
    bounds = []
    for trial in range(TRIALS):
        rng = np.random.default_rng([trial, 11])
        groups = [
            randomised_response(epsilon, size, is_member, rng) + noise * rng.random(size)
            for size, is_member in zip(sizes, (1, 0), strict=True)
        ]
        bounds.append(epsilon_lower_bound(*groups, rng))
    assert np.mean(np.array(bounds) > epsilon) <= 0.05
    if sizes == (600, 600) and epsilon >= 1:
        assert np.median(bounds) > 0.6 * epsilon  # and the bound is not trivially low


def test_epsilon_lower_bound_subtracts_delta():
    # Half of the members are identified with certainty, which (0, 1/2)-privacy allows.
    rng = np.random.default_rng(0)
    members, nonmembers = np.repeat([1.0, 0.0], 500), np.zeros(1000)
    assert epsilon_lower_bound(members, nonmembers, rng) > 4
    assert epsilon_lower_bound(members, nonmembers, rng, delta=0.6) == 0.0


def test_epsilon_lower_bound_uses_the_true_negative_rate_too():
    # No member has score 0: TNR / FNR is large although TPR / FPR is only 2.
    rng = np.random.default_rng(0)
    members, nonmembers = np.ones(2000), np.repeat([1.0, 0.0], 1000)
    assert epsilon_lower_bound(members, nonmembers, rng) > 4


@pytest.mark.parametrize(("m", "n"), [(10, 10), (100, 40), (7000, 7000)])
def test_epsilon_ceiling_is_reached_by_a_perfect_attack(m, n):
    rng = np.random.default_rng(0)
    bound = epsilon_lower_bound(np.arange(m) + 1e6, np.arange(float(n)), rng)
    assert bound == pytest.approx(epsilon_ceiling(m, n))
    # Clopper and Pearson's two-sided 95 % leaves 2.5 % on the side that counts.
    tpr_low, fpr_high = clopper_pearson(m // 2, m // 2).low, clopper_pearson(0, n // 2).high
    expected = max(np.log(tpr_low / fpr_high), np.log((1 - fpr_high) / (1 - tpr_low)), 0)
    assert bound == pytest.approx(expected)


@pytest.mark.parametrize("sizes", [(1, 1), (1, 500), (500, 1), (3, 3)])
def test_epsilon_ceiling_of_too_few_records_is_0(sizes):
    assert epsilon_ceiling(*sizes) == 0.0


def test_epsilon_lower_bound_of_constant_and_of_inverted_scores_is_0():
    rng = np.random.default_rng(0)
    assert epsilon_lower_bound(np.ones(500), np.ones(500), rng) == 0.0
    assert epsilon_lower_bound(np.zeros(500), np.ones(500), rng) == 0.0
