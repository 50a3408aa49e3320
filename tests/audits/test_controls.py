"""Controls: silent where all is well, and one sentence for each thing that can be wrong."""

import json
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from scipy.stats import kstest
from torch import nn

from pargan.attacks import DiscriminatorMean, NearestNeighbour, OwnPartition, SamplesView
from pargan.audits import judge_controls, reach_verdict, run_attacks, score_permuted
from pargan.audits.controls import blind_classifier, chance_of_permuted
from pargan.errors import ParganError
from tests.helpers.planted import (
    SHAPE,
    K,
    Memoriser,
    MemorisingDiscriminator,
    StackedDiscriminators,
    groups,
    normal,
    target_of,
    untrained,
)

ATTACKS = {"nearest_neighbour": NearestNeighbour(), "discriminator_mean": DiscriminatorMean()}


def audit(generator, discriminators, members, partition, nonmembers, reference, seed=0):
    """The attacks on a GAN, and on an untrained one, with their controls."""
    target = target_of(generator, discriminators, reference)
    initial = target_of(*untrained(width=16), reference)
    results, controls = (
        run_attacks(each, ATTACKS, members, partition, nonmembers, seed=seed, draws=200) for each in (target, initial)
    )
    permuted = score_permuted(target, ATTACKS, members, partition, nonmembers, seed=seed)
    return judge_controls(results, permuted, controls, target, members, nonmembers, seed=seed)


@pytest.fixture(scope="module")
def leaky():
    members, partition, nonmembers, reference = groups()
    discriminators = StackedDiscriminators(MemorisingDiscriminator(members[partition == k]) for k in range(K))
    return audit(Memoriser(members), discriminators, members, partition, nonmembers, reference)


def test_controls_of_a_leaky_gan_warn_of_nothing(leaky):
    assert leaky.warnings() == []
    assert leaky.dead == ()
    for each in leaky.attacks:
        assert each.permuted.auc.low <= 0.5 <= each.permuted.auc.high
        assert each.untrained.metrics.auc_low <= 0.5 <= each.untrained.metrics.auc_high
        assert each.gain.value == pytest.approx(each.result.metrics.auc - each.untrained.metrics.auc)
        assert each.gain.low > 0.2


def test_controls_to_dict_is_json_ready(leaky):
    written = json.loads(json.dumps(leaky.to_dict(), allow_nan=False))
    assert set(written) == {"blind_classifier", "dead_discriminators", "attacks", "notes"}
    assert set(written["blind_classifier"]) == {"auc", "auc_low", "auc_high", "p_value"}
    assert [each["attack"] for each in written["attacks"]] == list(ATTACKS)
    for each in written["attacks"]:
        assert {"permuted_auc", "untrained_auc", "gain", "gain_low", "gain_high"} < set(each)


def test_controls_name_attacks_no_better_than_on_untrained_networks():
    found = audit(*untrained(width=16), *groups())
    assert found.warnings() == []
    assert found.notes() == ["no better than on untrained networks: nearest_neighbour, discriminator_mean"]
    assert all(each.gain == (0.0, 0.0, 0.0) for each in found.attacks)


def test_controls_warn_of_groups_that_are_not_exchangeable():
    members, partition, nonmembers, reference = groups()
    found = audit(*untrained(width=16), 0.3 * members, partition, nonmembers, reference)
    (warning,), (second, *_) = found.warnings(), found.notes()
    assert not found.is_exchangeable
    assert warning.startswith("members and nonmembers are not exchangeable: a classifier that never sees the model")
    assert found.attacks[0].result.metrics.auc_low > 0.5
    assert second.startswith("nearest_neighbour: its AUC 0.9")
    assert "no better than on untrained networks (difference 0.000 [0.000, 0.000])" in second


def test_controls_name_dead_discriminators():
    members, partition, nonmembers, reference = groups()
    networks = [nn.Sequential(nn.Flatten(), nn.Linear(16, 1)) for _ in range(K)]
    for k in (0, 2):
        nn.init.zeros_(networks[k][1].weight)
    found = audit(Memoriser(members), StackedDiscriminators(networks), members, partition, nonmembers, reference)
    assert found.dead == (0, 2)
    assert any(each.startswith("dead discriminators (0, 2) give every record") for each in found.warnings())


def test_controls_warn_of_permuted_scores_with_an_auc_off_one_half(leaky):
    control = leaky.attacks[0]
    broken = replace(control.permuted, p_value=1e-6)
    found = replace(leaky, attacks=(replace(control, permuted=broken),)).warnings()
    assert len(found) == 1
    assert found[0].startswith("nearest_neighbour: with membership permuted its AUC is 0.")


def test_judge_controls_without_untrained_networks():
    members, partition, nonmembers, reference = groups()
    target = target_of(*untrained(), reference)
    results = run_attacks(target, ATTACKS, members, partition, nonmembers, seed=0, draws=20)
    permuted = score_permuted(target, ATTACKS, members, partition, nonmembers, seed=0)
    found = judge_controls(results, permuted, None, target, members, nonmembers, seed=0)
    assert found.warnings() == []
    assert found.to_dict()["notes"] == []
    assert replace(found, blind=None).to_dict()["notes"][0].startswith("blind_classifier: needs 100 members")
    assert [each["untrained_auc"] for each in found.to_dict()["attacks"]] == [None, None]
    with pytest.raises(ParganError) as error:
        judge_controls(results, permuted, results[1:], target, members, nonmembers, seed=0)
    assert error.value.argument == "untrained"
    assert "holds the attacks discriminator_mean, but" in error.value.problem


def test_permuted_membership_hides_any_leakage():
    members, partition, nonmembers, reference = groups(m=60, n=50)
    discriminators = StackedDiscriminators(MemorisingDiscriminator(members[partition == k]) for k in range(K))
    target = target_of(Memoriser(members), discriminators, reference)
    attacks = {"nn": NearestNeighbour(), "own": OwnPartition()}
    results = run_attacks(target, attacks, members, partition, nonmembers, seed=0, draws=20)
    assert all(result.metrics.auc > 0.99 for result in results)
    chances = [
        [
            chance_of_permuted(*scores)
            for scores in score_permuted(target, attacks, members, partition, nonmembers, seed=seed)
        ]
        for seed in range(60)
    ]
    for found in zip(*chances, strict=True):
        assert np.mean([each.auc.low <= 0.5 <= each.auc.high for each in found]) >= 0.85
        assert np.mean([each.p_value < 0.1 for each in found]) == pytest.approx(0.1, abs=0.1)
    # Each attack has its own permutation.
    first, second = chances[0]
    assert first.auc.value != second.auc.value


@dataclass(frozen=True)
class LooksMembersUp:
    """An attack that reads who is called a member out of the audit that runs it."""

    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view, records):
        frame = sys._getframe()
        while "members" not in frame.f_locals:
            frame = frame.f_back
        return -torch.cdist(records.flatten(1), frame.f_locals["members"].flatten(1)).amin(1)


def test_controls_warn_of_an_attack_that_looks_members_up():
    members, partition, nonmembers, reference = groups()
    target, attacks = target_of(*untrained(), reference), {"cheat": LooksMembersUp(), "nn": NearestNeighbour()}
    results = run_attacks(target, attacks, members, partition, nonmembers, seed=0, draws=20)
    assert results[0].metrics.auc > 0.95
    permuted = score_permuted(target, attacks, members, partition, nonmembers, seed=0)
    found = judge_controls(results, permuted, None, target, members, nonmembers, seed=0)
    (warning,) = found.warnings()
    assert warning.startswith("cheat: with membership permuted its AUC is ")
    assert [control.is_trusted for control in found.attacks] == [False, True]
    assert not reach_verdict(results, found, 0.6).attack("cheat").leaks


def test_blind_classifier_finds_nothing_in_exchangeable_groups():
    p_values = []
    for seed in range(100):
        members, nonmembers = normal(200, *SHAPE, seed=seed).chunk(2)
        p_values.append(blind_classifier(members, nonmembers, seed=seed).p_value)
    assert kstest(p_values, "uniform").pvalue > 0.01


@pytest.mark.parametrize(
    "change",
    [lambda x: x + 0.5, lambda x: 1.5 * x, lambda x: torch.where(x.abs() < 1, x, -x.abs())],
    ids=["shift", "scale", "sign of the tails"],
)
@pytest.mark.parametrize("shape", [(2,), (1, 10, 10)], ids=["raw", "principal components"])
def test_blind_classifier_finds_a_difference(change, shape):
    members, nonmembers = normal(1600, *shape, seed=0).chunk(2)
    found = blind_classifier(change(members), nonmembers, seed=0)
    assert found.auc.low > 0.5
    assert found.p_value < 0.001


def test_blind_classifier_needs_enough_records_and_changes_nothing():
    members, nonmembers = normal(200, *SHAPE, seed=0).chunk(2)
    assert blind_classifier(members[:99], nonmembers, seed=0) is None
    state, numpy_state = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = (blind_classifier(members, nonmembers, seed=seed) for seed in (0, 0, 1))
    assert first == again != other
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
