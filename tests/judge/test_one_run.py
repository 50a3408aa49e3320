import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from pargan.judge.one_run import FEWEST_GUESSES, one_run_epsilon


def randomised_response(epsilon, pairs, rng):
    """Scores that tell each coin truthfully with the chance that epsilon allows: no mechanism leaks more."""
    told = np.where(rng.random(pairs) < expit(epsilon), 1.0, -1.0)
    return told, np.zeros(pairs)


def laplace(epsilon, pairs, rng):
    """A coin, 1 or -1, with Laplace noise: some outputs tell as much as epsilon allows, others nearly nothing."""
    return 1 + rng.laplace(scale=2 / epsilon, size=pairs), np.zeros(pairs)


def test_one_run_epsilon_is_clopper_and_pearsons_bound_on_the_chance_of_a_right_guess():
    trained = np.array([1.0] * 14 + [-1.0])  # 15 pairs: all of them are guessed, or the 7 surest, which are too few
    bound = one_run_epsilon(trained, np.zeros(15))
    assert (bound.guesses, bound.correct) == (15, 14)
    assert stats.binom.sf(13, 15, expit(bound.low)) == pytest.approx(0.05)


@pytest.mark.parametrize("mechanism", [randomised_response, laplace])
@pytest.mark.parametrize(("epsilon", "pairs"), [(0.1, 400), (1.0, 60), (1.0, 1000), (4.0, 300)])
def test_one_run_epsilon_is_below_the_true_epsilon_in_95_of_100_runs(mechanism, epsilon, pairs):
    rng = np.random.default_rng([pairs, int(10 * epsilon)])
    runs = 150
    above = sum(one_run_epsilon(*mechanism(epsilon, pairs, rng)).low > epsilon for _ in range(runs))
    assert stats.binom.sf(above - 1, runs, 0.05) > 0.01  # 5 % are due at most


@pytest.mark.parametrize(("mechanism", "least"), [(randomised_response, 0.8), (laplace, 0.6)])
def test_one_run_epsilon_comes_close_to_the_true_one_with_many_pairs(mechanism, least):
    rng = np.random.default_rng(0)
    assert least < one_run_epsilon(*mechanism(1.0, 20_000, rng)).low < 1


def test_one_run_epsilon_finds_a_few_pairs_that_leak():
    rng = np.random.default_rng(0)
    trained, left_out = rng.normal(size=(2, 1000))
    trained[:50] += 10
    bound = one_run_epsilon(trained, left_out)
    assert bound.low > 1.5
    assert bound.guesses < 200


def test_one_run_epsilon_of_scores_that_know_nothing_is_nearly_always_0():
    rng = np.random.default_rng(0)
    bounds = [one_run_epsilon(*rng.normal(size=(2, 200))).low for _ in range(200)]
    assert np.mean(np.array(bounds) > 0) < 0.1
    assert max(bounds) < 0.5


def test_one_run_epsilon_does_not_guess_equal_scores_or_too_few_pairs():
    assert one_run_epsilon(np.ones(100), np.ones(100)).guesses == 0
    assert one_run_epsilon(np.ones(FEWEST_GUESSES - 1), np.zeros(FEWEST_GUESSES - 1)).low == 0
    assert one_run_epsilon(np.empty(0), np.empty(0)).low == 0


def test_one_run_epsilon_does_not_depend_on_which_record_the_coin_chose():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(2, 300))
    there, back = one_run_epsilon(*scores), one_run_epsilon(*scores[::-1])
    assert min(there.low, back.low) == 0  # what proves one order cannot prove the other


def test_one_run_epsilon_holds_for_all_attacks_at_a_smaller_error():
    bounds = [one_run_epsilon(np.ones(100), np.zeros(100), error=error).low for error in (0.05, 0.01, 0.001)]
    assert bounds == sorted(bounds, reverse=True)
