import numpy as np
import pytest
import torch

from pargan.audits.stacked import distance_features, stacked_attacks
from tests.audits.test_overlap import result, scores
from tests.helpers.planted import normal


def test_stacked_attack_of_two_weak_attacks_is_stronger_than_either():
    m = n = 400
    weak = [result(f"weak {i}", scores(m, i) + 0.5, scores(n, 10 + i)) for i in range(3)]
    (found,) = stacked_attacks(weak, {}, seed=0)
    assert found.access == "samples"
    assert found.auc.value > max(each.metrics.auc for each in weak) + 0.04
    assert found.p_value < 1e-6
    assert found.permuted_auc.low <= 0.5 <= found.permuted_auc.high
    assert found.to_dict()["is_upper_bound"] is True


def test_stacked_attack_uses_an_attack_that_points_the_other_way():
    (found,) = stacked_attacks([result("reversed", scores(300, 0) - 1, scores(300, 1))], {}, seed=0)
    assert found.auc.value > 0.7


def test_stacked_attack_is_calibrated_where_nothing_leaks():
    p_values, covered = [], []
    for seed in range(150):
        attacks = [result(f"attack {i}", scores(60, [seed, i]), scores(60, [seed, i, 1])) for i in range(4)]
        (found,) = stacked_attacks(attacks, {}, seed=seed)
        p_values.append(found.p_value)
        covered.append(found.permuted_auc.low <= 0.5 <= found.permuted_auc.high)
    print(f"rejected {np.mean(np.array(p_values) <= 0.05):.3f}, control covered {np.mean(covered):.3f}")
    assert np.mean(np.array(p_values) <= 0.05) <= 0.08
    assert np.mean(covered) >= 0.93


def test_stacked_attack_of_a_level_sees_that_level_and_narrower_ones():
    found = stacked_attacks(
        [result("a", scores(50, 0), scores(50, 1)), result("b", scores(50, 2), scores(50, 3), "discriminators")],
        {"nearest distance": (scores(50, 4), scores(50, 5))},
        seed=0,
    )
    assert [(each.access, each.evidence) for each in found] == [
        ("samples", ("a", "nearest distance")),
        ("discriminators", ("a", "b", "nearest distance")),
    ]


def test_stacked_attack_needs_twenty_records_of_each_group():
    assert stacked_attacks([result("a", scores(19, 0), scores(50, 1))], {}, seed=0) == ()
    assert stacked_attacks([], {}, seed=0) == ()


def test_distance_features_equal_brute_force():
    members, nonmembers, samples = normal(30, 3, seed=0), normal(20, 3, seed=1), normal(50, 3, seed=2)
    found = distance_features(members, nonmembers, samples)
    for side, group in enumerate((members, nonmembers)):
        near = torch.cdist(group, samples).sort(1).values
        expected = (near[:, 0], near[:, 0] / near[:, 1], near[:, :5].mean(1))
        for columns, literal in zip(found.values(), expected, strict=True):
            np.testing.assert_allclose(columns[side], literal, rtol=1e-3)


def test_distance_features_of_a_copy_of_two_equal_samples_are_finite():
    found = distance_features(torch.zeros(2, 2), torch.ones(2, 2), torch.zeros(4, 2))
    assert [float(columns[0][0]) for columns in found.values()] == [0, 1, 0]
    assert found["nearest distance"][1][0] == pytest.approx(2**0.5)
