import numpy as np
import pytest
from scipy.stats import binom

from pargan.judge.set_level import null_distribution_of_points, set_accuracy


def test_set_accuracy_of_a_won_a_tied_and_a_lost_trial():
    rng = np.random.default_rng(0)
    won, drawn = np.array([4.0, 3.0]), np.array([4.0, 1.0])
    assert set_accuracy(won, np.array([2.0, 1.0]), rng, size=2).value == 1.0
    assert set_accuracy(drawn, np.array([3.0, 2.0]), rng, size=2).value == 0.5
    assert set_accuracy(np.array([2.0, 1.0]), won, rng, size=2).value == 0.0


def test_set_accuracy_counts_records_tied_at_the_cut_by_their_share():
    rng = np.random.default_rng(0)
    assert set_accuracy(np.ones(500), np.ones(500), rng).value == 0.5
    # Two of the three highest are at 5; the third place is shared by two members and one nonmember.
    members, nonmembers = np.array([5.0, 1.0, 1.0]), np.array([5.0, 1.0, 0.0])
    assert set_accuracy(members, nonmembers, rng, size=3).value == 1.0
    assert set_accuracy(nonmembers, members, rng, size=3).value == 0.0


@pytest.mark.parametrize(("m", "n", "trials"), [(100, 100, 1), (7000, 7000, 70), (350, 2000, 3)])
def test_set_accuracy_uses_disjoint_sets(m, n, trials):
    rng = np.random.default_rng(0)
    assert set_accuracy(rng.normal(size=m), rng.normal(size=n), rng).num_sets == trials


def test_null_distribution_of_a_single_trial_is_the_published_one():
    lost, drawn, won = null_distribution_of_points(1, 100)
    assert lost == won
    assert won + drawn == pytest.approx(0.556, abs=0.001)  # the accuracy of guessing with ties counted as successes
    assert null_distribution_of_points(1, 3) == pytest.approx([0.5, 0, 0.5])


@pytest.mark.parametrize("trials", [1, 7, 70])
def test_null_distribution_of_many_trials(trials):
    null = null_distribution_of_points(trials, 100)
    assert null.sum() == pytest.approx(1)
    assert null @ np.arange(2 * trials + 1) == pytest.approx(trials)
    np.testing.assert_allclose(null, null[::-1], atol=1e-15)
    assert null_distribution_of_points(trials, 1)[::2] == pytest.approx(binom.pmf(np.arange(trials + 1), trials, 0.5))


def test_set_accuracy_p_values_follow_the_simulated_null_and_intervals_cover_one_half():
    rng = np.random.default_rng(0)
    results = [set_accuracy(rng.normal(size=400), rng.normal(size=400), rng, size=40) for _ in range(1000)]
    values, p_values = (np.array([getattr(result, name) for result in results]) for name in ("value", "p_value"))
    for value in np.unique(values)[2:-2]:
        assert p_values[values == value][0] == pytest.approx(np.mean(values >= value), abs=0.05)
    assert np.mean([result.low <= 0.5 <= result.high for result in results]) >= 0.95
    assert np.mean(values) == pytest.approx(0.5, abs=0.02)


def test_set_accuracy_interval_covers_the_truth_under_leakage():
    rng = np.random.default_rng(1)
    truth = np.mean(
        [set_accuracy(rng.normal(0.1, 1, 4000), rng.normal(size=4000), rng, size=40).value for _ in range(50)]
    )
    assert 0.55 < truth < 0.95
    results = [set_accuracy(rng.normal(0.1, 1, 800), rng.normal(size=800), rng, size=40) for _ in range(500)]
    assert np.mean([result.low <= truth <= result.high for result in results]) >= 0.94


def test_set_accuracy_is_high_for_a_small_shift_of_every_record():
    rng = np.random.default_rng(2)
    result = set_accuracy(rng.normal(0.3, 1, 7000), rng.normal(size=7000), rng)  # AUC 0.58
    assert result.value > 0.9
    assert result.p_value < 1e-6
    assert result.low < result.value < result.high <= 1
