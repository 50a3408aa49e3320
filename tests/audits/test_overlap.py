import numpy as np
import pytest
import torch

from pargan.audits.overlap import overlaps, vulnerable_records
from pargan.audits.scoring import AttackResult
from pargan.judge.metrics import judge
from tests.helpers.planted import normal


def result(name, members, nonmembers, access="samples"):
    metrics = judge(members, nonmembers, seed=0, draws=10)
    return AttackResult(name, access, members, nonmembers, metrics, num_samples=1, seconds=0.0)


def scores(number, seed):
    return np.random.default_rng(seed).normal(size=number)


def test_overlaps_of_equal_opposite_and_independent_attacks():
    members, nonmembers = scores(3000, 0), scores(3000, 1)
    same, opposite = result("same", members, nonmembers), result("opposite", -members, -nonmembers)
    shifted, other = result("shifted", members + 5, nonmembers + 5), result("other", scores(3000, 2), scores(3000, 3))
    found = {(each.first, each.second): each.jaccard for each in overlaps([same, opposite, shifted, other], seed=0)}
    assert len(found) == 6
    assert found["same", "opposite"] == 0
    assert found["same", "shifted"] == 1
    assert found["same", "other"] < 0.05


def test_overlaps_take_tied_records_at_random_and_state_what_chance_gives():
    constant = [result(name, np.zeros(5000), np.zeros(5000)) for name in ("a", "b")]
    (found,) = overlaps(constant, seed=0)
    assert found.chance == pytest.approx(0.01 / 1.99, rel=0.01)
    assert found.jaccard < 0.04  # members listed first would make it 1


def test_vulnerable_records_are_those_far_from_their_five_nearest_reference_records():
    members, nonmembers, reference = normal(1500, 2, seed=0), normal(1200, 2, seed=1), normal(800, 2, seed=2)
    members[7], nonmembers[9] = torch.tensor([50.0, 0.0]), torch.tensor([0.0, 50.0])

    def known(group):
        return torch.cdist(group, reference).sort(1).values[:, :5].mean(1).argsort(descending=True)

    exposed = np.zeros(1500)
    exposed[known(members)[:15]] = 1  # the 15 members that stand apart are known for sure, and no others
    (found,) = vulnerable_records([result("attack", exposed, np.zeros(1200))], members, nonmembers, reference)
    assert (found.num_members, found.num_nonmembers) == (15, 12)
    assert found.auc.value == 1
    assert found.p_value < 1e-6


def test_vulnerable_records_of_an_attack_that_sees_the_distance_alone_are_not_found():
    p_values = []
    for seed in range(60):
        members, nonmembers, reference = normal(1100, 2, seed=seed).split([500, 500, 100])
        distance = [torch.cdist(group, reference).amin(1).double().numpy() for group in (members, nonmembers)]
        (found,) = vulnerable_records([result("distance", *distance)], members, nonmembers, reference)
        assert (found.num_members, found.num_nonmembers) == (10, 10)
        p_values.append(found.p_value)
    assert np.mean(np.array(p_values) <= 0.05) <= 0.15
