import json

import numpy as np
import pytest
import torch
from scipy.stats import percentileofscore

from pargan.attacks import DiscriminatorMean, MonteCarlo, NearestNeighbour, OwnPartition
from pargan.attacks.neighbours import nearest
from pargan.audits import AttackResult, leakage_per_partition, risk_table, run_attacks
from pargan.judge import judge
from pargan.judge.auc import auc, placements
from tests.helpers.planted import (
    K,
    Memoriser,
    MemorisingDiscriminator,
    StackedDiscriminators,
    groups,
    normal,
    target_of,
)

ATTACKS = {"own": OwnPartition(), "mean": DiscriminatorMean(), "nn": NearestNeighbour(), "mc": MonteCarlo()}


@pytest.fixture(scope="module")
def attacked():
    members, partition, nonmembers, reference = groups()
    discriminators = StackedDiscriminators(MemorisingDiscriminator(members[partition == k]) for k in range(K))
    target = target_of(Memoriser(members), discriminators, reference)
    results = run_attacks(target, ATTACKS, members, partition, nonmembers, seed=0, draws=20)
    return results, members, partition, nonmembers, target.samples


def table_of(attacked, names=ATTACKS, **more):
    results, members, _, nonmembers, samples = attacked
    return risk_table([each for each in results if each.name in names], members, nonmembers, samples, **more)


def test_risk_table_holds_scores_and_percentiles_of_every_record(attacked):
    results, _, partition, _, _ = attacked
    table = table_of(attacked, partition=partition.numpy(), nonmember_index=np.arange(200) + 1000)
    assert len(table) == 440
    assert sorted(table.index[~table.is_member].tolist()) == list(range(1000, 1200))
    for result in results:
        for is_member, scores in ((True, result.member_scores), (False, result.nonmember_scores)):
            rows = table.is_member == is_member
            np.testing.assert_array_equal(table.scores[result.name][rows], scores[table.position[rows]])
        expected = percentileofscore(result.nonmember_scores, table.scores[result.name], kind="mean")
        np.testing.assert_allclose(table.percentiles[result.name], expected)
        assert table.percentiles[result.name][~table.is_member].mean() == pytest.approx(50)
    own = table.partition[table.is_member]
    np.testing.assert_array_equal(own, partition.numpy()[table.position[table.is_member]])
    assert (table.partition[~table.is_member] == -1).all()


def test_risk_table_says_how_many_nonmembers_have_a_nearer_generated_record(attacked):
    table = table_of(attacked)
    nonmember = table.distance[~table.is_member]
    for row in (0, 7, 400):
        assert table.distance_percentile[row] == pytest.approx(
            percentileofscore(nonmember, table.distance[row], "mean")
        )
    assert table.distance_percentile[~table.is_member].mean() == pytest.approx(50)
    assert table.distance_percentile[table.is_member].mean() < 1  # the generator returns members
    exposed = table.exposed_members(5)
    np.testing.assert_array_equal(exposed.distance_percentile, table.distance_percentile[table.is_member][:5])


def test_risk_table_explains_each_of_its_columns(attacked):
    table = table_of(attacked)
    assert list(table.column_meanings()) == list(table.to_dicts()[0])


@pytest.mark.parametrize(
    ("names", "averaged"), [(list(ATTACKS), ("own",)), (["mean", "nn"], ("mean",)), (["nn", "mc"], ("nn", "mc"))]
)
def test_risk_table_averages_percentiles_of_the_widest_access(attacked, names, averaged):
    table = table_of(attacked, names)
    assert table.averaged == averaged
    np.testing.assert_allclose(table.risk, np.mean([table.percentiles[name] for name in averaged], axis=0))
    assert (np.diff(table.risk) <= 0).all()
    # Of a generator that returns its members, the most exposed are members and stand beside themselves.
    assert table.is_member[:50].mean() > 0.8
    assert np.median(table.exposed_members(50).distance) < table.distance[~table.is_member].min()


def test_risk_table_finds_the_nearest_generated_record(attacked):
    _, members, _, nonmembers, samples = attacked
    table = table_of(attacked, ["nn"])
    records = torch.cat([members[table.position[table.is_member]], nonmembers[table.position[~table.is_member]]])
    expected = torch.cdist(records.flatten(1).double(), samples.flatten(1).double())
    found = np.concatenate([table.distance[table.is_member], table.distance[~table.is_member]])
    np.testing.assert_allclose(found, expected.amin(1), atol=1e-5)
    chosen = np.concatenate([table.nearest[table.is_member], table.nearest[~table.is_member]])
    np.testing.assert_allclose(expected[np.arange(len(records)), chosen], expected.amin(1), atol=1e-5)


def test_risk_table_gives_a_copy_distance_zero():
    samples = normal(300, 1, 4, 4, seed=0) + 5
    distance, index = nearest(samples[[7, 290]].flatten(1), samples.flatten(1))
    assert distance.tolist() == [0, 0]
    assert index.tolist() == [7, 290]


def test_exposed_members_are_in_the_order_of_risk(attacked):
    table = table_of(attacked)
    few = table.exposed_members(5)
    assert len(few) == 5
    assert few.is_member.all()
    np.testing.assert_array_equal(few.position, table.position[table.is_member][:5])
    assert few.averaged == table.averaged
    assert len(table.exposed_members(10_000)) == 240


def test_risk_table_to_dicts_is_json_ready(attacked):
    rows = table_of(attacked, ["nn"]).to_dicts()
    first = json.loads(json.dumps(rows[0], allow_nan=False))
    assert list(first) == [
        *("index", "group", "partition", "risk", "nn_score", "nn_percentile"),
        *("nearest_generated", "nearest_distance", "distance_percentile"),
    ]
    assert first["group"] == "member"
    assert first["partition"] is None


def test_placements_count_ties_half():
    np.testing.assert_array_equal(placements(np.array([0.0, 1, 2, 3]), np.array([1.0, 1, 2, 2])), [0, 0.25, 0.75, 1])


def test_leakage_per_partition_uses_the_members_of_the_partition(attacked):
    results, _, partition, _, _ = attacked
    found = leakage_per_partition(results, partition.numpy())
    assert [(each.attack, each.partition) for each in found] == [(name, k) for name in ATTACKS for k in range(K)]
    for each in found:
        (result,) = [result for result in results if result.name == each.attack]
        own = result.member_scores[partition.numpy() == each.partition]
        assert each.num_members == len(own) == 80
        assert each.auc == pytest.approx(auc(own, result.nonmember_scores))
        assert each.auc_low <= each.auc <= each.auc_high
    json.dumps([each.to_dict() for each in found], allow_nan=False)


def test_leakage_per_partition_finds_the_one_that_leaks():
    rng = np.random.default_rng(0)
    partition = np.repeat([0, 1, 2], 100)
    result = result_of(rng.normal(2.0 * (partition == 1)), rng.normal(size=200))
    found = leakage_per_partition([result], partition)
    assert [each.leaks for each in found] == [False, True, False]
    assert [each.p_adjusted >= each.p_value for each in found] == [True] * 3


def test_leakage_per_partition_does_not_mark_what_untrained_networks_show_too():
    rng = np.random.default_rng(0)
    partition = np.repeat([0, 1, 2], 100)
    result = result_of(rng.normal(2.0 * (partition == 1)), rng.normal(size=200))
    assert not any(each.leaks for each in leakage_per_partition([result], partition, [result]))
    silent = result_of(rng.normal(size=300), rng.normal(size=200))
    assert [each.leaks for each in leakage_per_partition([result], partition, [silent])] == [False, True, False]


def test_leakage_per_partition_marks_something_in_at_most_one_null_audit_in_twenty():
    rng = np.random.default_rng(0)
    partition, marked, raw = np.repeat(np.arange(5), 30), [], []
    for _ in range(300):
        found = leakage_per_partition([result_of(rng.normal(size=150), rng.normal(size=100))], partition)
        marked.append(any(each.leaks for each in found))
        raw.append(any(each.auc_low > 0.5 for each in found))
    assert np.mean(marked) <= 0.08
    assert np.mean(raw) > np.mean(marked)


def result_of(member_scores, nonmember_scores):
    metrics = judge(member_scores, nonmember_scores, seed=0, draws=10)
    return AttackResult("mine", "samples", member_scores, nonmember_scores, metrics, num_samples=1, seconds=0.0)
