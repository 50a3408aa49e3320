"""`audit_module`: which records are attacked, determinism, controls, quality, and what the callback shares."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from torch import nn

from pargan import ParGANModule, PartitionDataModule
from pargan.attacks import DiscriminatorMean, NearestNeighbour, OwnPartition
from pargan.audits import AttackRecords, AuditSettings, attack_target, audit_module, target_of
from pargan.data.sources.blobs import blobs
from pargan.data.splitting import keep_copies_together
from pargan.losses import JensenShannon
from pargan.records.images import ImageSpec
from pargan.records.points import PointsSpec
from pargan.seeding import derive
from tests.helpers.tiny import (
    assert_equal_weights,
    attack_records,
    blobs_in_partitions,
    gan,
    weights,
    with_noise_and_batch_norm,
)

ATTACKS = {"discriminator_mean": DiscriminatorMean(), "nearest_neighbour": NearestNeighbour()}


def settings(seed=0, controls=True):
    return AuditSettings(num_samples=80, num_quality=50, draws=50, seed=seed, controls=controls)


@pytest.fixture
def datamodule():
    made = blobs_in_partitions()
    made.setup()
    return made


def test_attackrecords_hold_every_member_and_nonmember(datamodule):
    records = AttackRecords.of(datamodule, None, seed=0)
    membership, pool = datamodule.membership, datamodule.pool.values
    np.testing.assert_array_equal(records.members, pool[membership.members])
    np.testing.assert_array_equal(records.nonmembers, pool[membership.nonmembers])
    np.testing.assert_array_equal(records.reference, pool[membership.reference])
    assert records.partition.tolist() == [0] * 40 + [1] * 40 + [2] * 40
    np.testing.assert_array_equal(records.reference_labels, datamodule.pool.labels[membership.reference])


def test_attackrecords_subset_keeps_each_member_with_its_partition(datamodule):
    everyone = AttackRecords.of(datamodule, None, seed=0)
    of_whom = {tuple(x): int(k) for x, k in zip(everyone.members.tolist(), everyone.partition, strict=True)}
    for few in (AttackRecords.of(datamodule, 25, seed=3), everyone.subset(25, seed=3)):
        assert (len(few.members), len(few.nonmembers), len(few.reference)) == (25, 25, 60)
        assert [of_whom[tuple(x)] for x in few.members.tolist()] == few.partition.tolist()
        assert len({tuple(x) for x in few.members.tolist()}) == 25
        assert {tuple(x) for x in few.nonmembers.tolist()} <= {tuple(x) for x in everyone.nonmembers.tolist()}


def test_attackrecords_hold_one_of_equal_records():
    def repeated():
        pool = blobs(240)
        return replace(pool, values=np.concatenate([pool.values, pool.values[:100]]), labels=None)

    made = PartitionDataModule(repeated, 3, 10, duplicates=keep_copies_together)
    made.setup()
    records = AttackRecords.of(made, None, seed=0)
    for group, chosen in (("members", records.members), ("nonmembers", records.nonmembers)):
        index = getattr(made.membership, group)
        expected = np.unique(made.pool.values[index], axis=0)
        assert len(chosen) == len(expected) == len(np.unique(chosen.numpy(), axis=0))
        assert records.copies[group] == len(index) - len(expected)
    assert sum(records.copies.values()) > 20
    pool, size = made.pool.values, made.membership.partitions.shape[1]
    partition_of = {tuple(pool[i]): place // size for place, i in reversed(list(enumerate(made.membership.members)))}
    assert [partition_of[tuple(x)] for x in records.members.tolist()] == records.partition.tolist()
    assert AttackRecords.of(made, 25, seed=0).members.unique(dim=0).shape == (25, 2)


def test_attackrecords_subset_is_repeatable_and_never_larger_than_the_whole():
    records = attack_records(size=30)
    assert torch.equal(records.subset(7, seed=1).members, records.subset(7, seed=1).members)
    assert not torch.equal(records.subset(7, seed=1).members, records.subset(7, seed=2).members)
    whole = records.subset(1000, seed=1)
    for name in ("members", "partition", "nonmembers", "reference"):
        assert torch.equal(getattr(whole, name), getattr(records, name))


def test_audit_module_is_deterministic_and_changes_nothing(datamodule):
    module = gan(networks=with_noise_and_batch_norm, spec=PointsSpec(2))
    before, random_state = weights(module), torch.random.get_rng_state()
    one, again, other = (audit_module(module, datamodule, ATTACKS, settings(seed)) for seed in (0, 0, 1))
    assert_equal_weights(weights(module), before)
    assert torch.equal(torch.random.get_rng_state(), random_state)
    assert module.generator.training
    np.testing.assert_array_equal(one.samples, again.samples)
    assert one.quality == again.quality
    for result, expected in zip(one.attacks, again.attacks, strict=True):
        np.testing.assert_array_equal(result.member_scores, expected.member_scores)
        assert result.metrics == expected.metrics
    assert not np.array_equal(one.samples, other.samples)
    assert one.samples.shape == (80, 2)
    assert [result.name for result in one.attacks] == list(ATTACKS)
    assert all(seconds >= 0 for seconds in one.seconds.values())
    assert {result.member_scores.shape for result in one.attacks} == {(120,)}
    assert {result.nonmember_scores.shape for result in one.attacks} == {(60,)}


def test_audit_module_runs_controls_that_change_nothing(datamodule):
    module, untrained = gan(spec=PointsSpec(2)), gan(networks=with_noise_and_batch_norm, spec=PointsSpec(2))
    before = weights(untrained)
    with_them, without = (
        audit_module(module, datamodule, ATTACKS, settings(controls=controls), untrained) for controls in (True, False)
    )
    assert_equal_weights(weights(untrained), before)
    assert without.controls is None
    assert [each.metrics for each in with_them.attacks] == [each.metrics for each in without.attacks]
    expected = audit_module(untrained, datamodule, ATTACKS, settings()).attacks
    for control, of_untrained in zip(with_them.controls.attacks, expected, strict=True):
        assert control.untrained.metrics == of_untrained.metrics
    assert audit_module(module, datamodule, {}, settings()).controls is None


def test_audit_module_finds_no_leak_in_untrained_networks_over_many_splits():
    attacks, aucs = {**ATTACKS, "own": OwnPartition()}, []
    for seed in range(20):
        datamodule = blobs_in_partitions(seed=seed)
        datamodule.setup()
        results = audit_module(gan(spec=PointsSpec(2)), datamodule, attacks, settings(seed)).attacks
        aucs.append([result.metrics.auc for result in results])
    null_sd = sqrt((120 + 60 + 1) / (12 * 120 * 60) / 20)
    np.testing.assert_allclose(np.mean(aucs, axis=0), 0.5, atol=4 * null_sd)


def test_audit_module_measures_quality_on_the_attacked_samples(datamodule):
    found = audit_module(gan(spec=PointsSpec(2)), datamodule, {}, settings())
    held_out = datamodule.quality_records(50, derive(0, "quality records")).nonmembers
    cost = cdist(found.samples[:50], held_out, "sqeuclidean")
    expected = cost[linear_sum_assignment(cost)].mean() ** 0.5
    assert found.quality["wasserstein2"] == pytest.approx(expected, rel=1e-6)


def test_target_of_rounds_samples_to_records_a_user_could_hold():
    spec = ImageSpec(1, 2, 2)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = ParGANModule(
            nn.Sequential(nn.Linear(3, 4), nn.Unflatten(1, (1, 2, 2)), nn.Tanh()),
            lambda: nn.Sequential(nn.Flatten(), nn.Linear(4, 1)),
            JensenShannon(),
            num_partitions=2,
            latent_dim=3,
            spec=spec,
        )
    target = target_of(module, torch.zeros(5, 1, 2, 2), num_samples=30, seed=0)
    levels = (target.samples + 1) * 127.5
    torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)


def test_attack_target_scores_in_the_order_of_the_records():
    module, records = gan(), attack_records()
    target = target_of(module, records.reference, 40, seed=0)
    results = attack_target(target, records, ATTACKS, AuditSettings(draws=20))
    expected = torch.cdist(records.members, target.samples).amin(1)
    np.testing.assert_allclose(results[1].member_scores, -expected.numpy(), atol=1e-5)
