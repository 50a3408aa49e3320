import numpy as np
import pytest
import torch

from pargan import AuditSettings, PartitionDataModule
from pargan.attacks import DCRDifference, NearestNeighbour, OwnPartition
from pargan.audits import AttackRecords, audit_target
from pargan.audits.one_run import one_run_epsilons
from pargan.audits.targets import samples_view
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool
from tests.helpers.planted import normal

ATTACKS = {"nearest_neighbour": NearestNeighbour(), "dcr_difference": DCRDifference()}
SETTINGS = AuditSettings(draws=20, controls=False)


def points():
    return Pool(normal(600, 6, seed=0).numpy(), PointsSpec(6), quality=None)


def records(split="coins", num_records=None):
    datamodule = PartitionDataModule(points, num_partitions=2, batch_size=10, split=split)
    datamodule.setup()
    return AttackRecords.of(datamodule, num_records, seed=0)


def audited(records, samples, attacks=ATTACKS):
    view = samples_view(samples, records.reference, 0)
    return audit_target(view, records, attacks, lambda _: {}, SETTINGS)


@pytest.fixture(scope="module")
def leaky():
    attacked = records()
    copies = attacked.members.repeat(2, 1) + 0.01 * normal(600, 6, seed=1)
    return audited(attacked, copies)


def test_one_run_epsilons_of_a_generator_that_copies_are_far_above_0(leaky):
    assert leaky.one_run.pairs == 150  # the nonmembers; half of the 300 members have no pair
    assert leaky.one_run.low > 3
    assert leaky.one_run.strongest in ATTACKS
    for bound in leaky.one_run.attacks.values():
        assert bound.low > 3
        assert bound.correct >= bound.guesses - 1
    assert leaky.one_run.low < max(bound.low for bound in leaky.one_run.attacks.values())  # for all attacks together


def test_one_run_epsilons_stand_in_the_result_and_in_a_note(leaky):
    written = leaky.to_dict()["one_run_epsilon"]
    assert written["pairs"] == 150
    assert set(written["attacks"]["dcr_difference"]) == {"low", "guesses", "correct"}
    (note,) = (note for note in leaky.notes() if note.startswith("one-run epsilon"))
    assert f"no epsilon below {leaky.one_run.low:.2f} holds" in note


def test_one_run_epsilons_of_fresh_samples_are_0():
    found = audited(records(), normal(600, 6, seed=2))
    assert found.one_run.low == 0
    assert found.one_run.strongest is None
    assert "prove no epsilon above 0" in " ".join(found.notes())


def test_one_run_epsilons_need_coins():
    attacked = records(split="random")
    found = audited(attacked, attacked.members)
    assert found.one_run is None
    assert found.to_dict()["one_run_epsilon"] is None
    assert not any("one-run" in note for note in found.notes())


def test_one_run_epsilons_compare_the_two_records_of_a_pair():
    attacked, few = records(), records(num_records=90)
    membership = {tuple(row): place for place, row in enumerate(points().values.tolist())}
    for each in (attacked, few):
        found = audited(each, attacked.members)
        members, nonmembers = (
            {membership[tuple(row)]: score for row, score in zip(group.tolist(), scores, strict=True)}
            for group, scores in (
                (each.members, found.attacks[1].member_scores),
                (each.nonmembers, found.attacks[1].nonmember_scores),
            )
        )
        both = [pair for pair in attacked.pairs.tolist() if pair[0] in members and pair[1] in nonmembers]
        right = sum(members[one] > nonmembers[other] for one, other in both)
        bound = one_run_epsilons(found.attacks, each)
        assert bound.pairs == len(both)
        assert 0 < bound.attacks["dcr_difference"].correct <= right <= len(both)


def test_one_run_epsilons_leave_out_attacks_that_are_told_the_partition(leaky):
    attacked = records()
    result = leaky.attacks[0]
    told = type(result)(**{**vars(result), "name": "own_partition", "access": OwnPartition.access.level})
    bounds = one_run_epsilons([result, told], attacked)
    assert set(bounds.attacks) == {"nearest_neighbour"}
    assert one_run_epsilons([told], attacked).low == 0


def test_a_coin_that_is_not_told_is_guessed_half_of_the_time():
    """The members of a random split are found no more often than its nonmembers by scores that know nothing."""
    attacked = records()
    scores = np.random.default_rng(0).normal(size=(2, 300))
    fake = audited(attacked, torch.zeros(4, 6), {"nearest_neighbour": NearestNeighbour()}).attacks[0]
    blind = type(fake)(**{**vars(fake), "member_scores": scores[0], "nonmember_scores": scores[1][:150]})
    bound = one_run_epsilons([blind], attacked)
    assert bound.low == 0
