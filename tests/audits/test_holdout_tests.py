import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from pargan.audits.holdout_tests import holdout_tests
from tests.helpers.planted import normal


def brute_share(samples, members, nonmembers):
    to_members, to_others = (cdist(samples, group).min(1) for group in (members, nonmembers))
    return np.mean((to_members < to_others) + (to_members == to_others) / 2)


def grid(rows, seed):
    """Points with few different values, so that many distances are tied."""
    return (normal(rows, 2, seed=seed) * 1.5).round()


@pytest.mark.parametrize("draw", [normal, None])
def test_dcr_share_is_the_literal_share_with_ties_counted_half(draw):
    samples, members, nonmembers = (
        grid(rows, seed) if draw is None else draw(rows, 2, seed=seed) for rows, seed in ((300, 0), (40, 1), (40, 2))
    )
    found = holdout_tests(samples, members, nonmembers, seed=0, draws=200)
    assert found.dcr_share.value == pytest.approx(brute_share(samples, members, nonmembers))
    assert found.dcr_overfitting_protection == pytest.approx(min(1, 2 * (1 - found.dcr_share.value)))
    assert found.num_records == 40


def test_dcr_share_p_value_equals_permutations_computed_anew():
    samples, members, nonmembers = grid(100, 0), grid(20, 1) * 0.8, grid(20, 2)
    found = holdout_tests(samples, members, nonmembers, seed=0, draws=2000)
    pool, rng = torch.cat([members, nonmembers]), np.random.default_rng(1)
    shares = []
    for _ in range(2000):
        order = rng.permutation(40)
        shares.append(brute_share(samples, pool[order[:20]], pool[order[20:]]))
    expected = np.mean(np.array(shares) >= found.dcr_share.value - 1e-12)
    assert found.dcr_share_p_value == pytest.approx(expected, abs=0.04)


def test_holdout_tests_of_copies_of_members():
    members, nonmembers = normal(100, 4, seed=0), normal(120, 4, seed=1)
    found = holdout_tests(members.repeat(5, 1), members, nonmembers, seed=0)
    assert found.dcr_share == (1, 1, 1)
    assert found.dcr_share_p_value < 0.01
    assert found.dcr_overfitting_protection == 0
    assert found.nndr_ratio_10th == found.nndr_ratio_5pct == 0
    assert found.num_records == 100


def test_holdout_tests_are_calibrated_where_nothing_leaks():
    p_values, covered = [], []
    for seed in range(200):
        # Many generated records share a nearest record: a binomial test would reject far too often.
        samples, members, nonmembers = normal(500 + 60 + 60, 2, seed=seed).split([500, 60, 60])
        found = holdout_tests(samples, members, nonmembers, seed=seed, draws=200)
        p_values.append(found.dcr_share_p_value)
        covered.append(found.dcr_share.low <= 0.5 <= found.dcr_share.high)
    print(f"rejected {np.mean(np.array(p_values) <= 0.05):.3f}, covered {np.mean(covered):.3f}")
    assert 0.02 <= np.mean(np.array(p_values) <= 0.05) <= 0.09
    assert 0.90 <= np.mean(covered) <= 0.985


def test_nndr_ratio_is_the_literal_ratio():
    samples, members, nonmembers = normal(300, 2, seed=0), normal(40, 2, seed=1), normal(40, 2, seed=2)
    found = holdout_tests(samples, members, nonmembers, seed=0, draws=20)
    ratios = []
    for group in (members, nonmembers):
        distances = np.sort(cdist(samples, group), axis=1)
        ratios.append(np.sort(distances[:, 0] / distances[:, 1]))
    assert found.nndr_ratio_10th == pytest.approx(ratios[0][9] / ratios[1][9], rel=1e-4)
    quantiles = [np.quantile(group, 0.05) for group in ratios]
    assert found.nndr_ratio_5pct == pytest.approx(quantiles[0] / quantiles[1], rel=1e-4)


def test_nndr_ratio_is_none_where_it_divides_by_0():
    nonmembers = normal(20, 2, seed=1)
    found = holdout_tests(nonmembers, normal(20, 2, seed=0), nonmembers, seed=0, draws=20)
    assert found.nndr_ratio_10th is None
    assert found.dcr_share.value == 0
