"""An audit of whatever there is of a generator."""

import json
from dataclasses import fields

import numpy as np
import pytest
import torch
from torch import nn

import pargan
from pargan import AuditSettings
from pargan.attacks import DiscriminatorMean, NearestNeighbour, SamplesView
from pargan.audits.controls import blind_classifier
from pargan.audits.groups import attack_records, set_aside
from pargan.errors import ParganError
from pargan.metrics import PointsQuality
from pargan.records.images import ImageSpec
from pargan.records.pool import record_hashes
from tests.helpers.tiny import assert_equal_weights, gan, weights, with_noise_and_batch_norm

SAMPLES_ATTACKS = ["nearest_neighbour", "monte_carlo"]
SETTINGS = {field.name for field in fields(AuditSettings)}


def audit(*groups, **arguments):
    """`pargan.audit`, the fields of its settings given beside its other arguments."""
    settings = {name: arguments.pop(name) for name in SETTINGS & set(arguments)}
    return pargan.audit(*groups, settings=AuditSettings(**settings), **arguments)


def groups(m=120, n=100, r=80, seed=0):
    return np.split(np.random.default_rng(seed).normal(size=(m + n + r, 2)).astype(np.float32), [m, m + n])


class Copies(nn.Module):
    """Returns its records, whatever mode it is in, with dropout to tell the modes apart."""

    def __init__(self, records):
        super().__init__()
        self.register_buffer("records", torch.as_tensor(records))
        self.scale = nn.Parameter(torch.ones(()))
        self.dropout = nn.Dropout(0.5)

    def forward(self, latents):
        chosen = (latents[:, 0].abs() * 1e6).long() % len(self.records)
        return self.dropout(self.records[chosen]) * self.scale


def test_audit_finds_copied_records_and_no_independent_ones():
    members, nonmembers, reference = groups()
    leaky = audit(members + 1e-3, members, nonmembers, reference, draws=200)
    honest = audit(groups(seed=1)[0], members, nonmembers, reference, draws=200)
    assert [result.name for result in leaky.attacks] == SAMPLES_ATTACKS
    assert leaky.attacks[0].metrics.auc > 0.99
    assert leaky.risk.exposed_members(100).distance.max() < 0.01
    for result in honest.attacks:
        assert result.metrics.auc_low <= 0.5 <= result.metrics.auc_high
    assert leaky.partitions == []
    assert leaky.quality == {}
    rows = json.loads(json.dumps(leaky.to_dicts(), allow_nan=False))
    assert [row["attack"] for row in rows] == SAMPLES_ATTACKS
    assert rows[0]["auc"] == leaky.attacks[0].metrics.auc
    assert len(leaky.risk.to_dicts()) == 220


def test_audit_evaluates_a_network_in_eval_mode_and_does_not_change_it():
    members, nonmembers, reference = groups()
    network = Copies(members).train()
    state = torch.random.get_rng_state()
    found = audit(network, members, nonmembers, reference, latent_dim=3, num_samples=2000, draws=50)
    assert found.attacks[0].metrics.auc > 0.99  # in eval mode: dropout would have blurred the copies
    assert found.attacks[0].num_samples == 2000
    assert network.training
    assert network.dropout.training
    assert network.scale.grad is None
    assert network.scale.requires_grad
    assert torch.equal(torch.random.get_rng_state(), state)


def test_audit_of_a_module_attacks_discriminators_and_partitions():
    members, nonmembers, reference = groups()
    module = gan(networks=with_noise_and_batch_norm)
    before = weights(module)
    without = audit(module, members, nonmembers, reference, num_samples=200, draws=20)
    partition = np.arange(120) % 3
    found = audit(module, members, nonmembers, reference, partition=partition, num_samples=200, draws=20)
    assert_equal_weights(weights(module), before)
    assert "own_partition" not in {result.name for result in without.attacks}
    assert {"own_partition", "discriminator_mean"} <= {result.name for result in found.attacks}
    assert {each.partition for each in found.partitions} == {0, 1, 2}
    assert found.risk.averaged == ("own_partition",)
    by_name = {result.name: result.metrics for result in found.attacks}
    assert all(result.metrics == by_name[result.name] for result in without.attacks)


def test_audit_of_a_view_uses_the_given_reference():
    members, nonmembers, reference = groups()
    samples = torch.as_tensor(groups(seed=1)[0])
    view = SamplesView(samples=samples, reference=torch.zeros(3, 2), seed=9)
    found = audit(view, members, nonmembers, reference, draws=20)
    expected = audit(samples, members, nonmembers, reference, draws=20)
    assert found.attacks[0].metrics == expected.attacks[0].metrics


def test_audit_without_reference_sets_half_of_the_nonmembers_aside():
    members, nonmembers, _ = groups()
    found = audit(groups(seed=1)[0], members, nonmembers, draws=20, seed=3)
    hashes = record_hashes(nonmembers)
    aside, kept = set_aside(hashes, seed=3)
    assert sorted([*aside, *kept]) == list(range(100))
    assert len(aside) == 50
    assert found.attacks[0].metrics.num_nonmembers == 50
    rows = found.risk
    assert sorted(rows.index[~rows.is_member].tolist()) == kept.tolist()  # as they stand in the array that was given
    assert not np.array_equal(set_aside(hashes, seed=4)[0], aside)


def test_set_aside_keeps_copies_on_one_side():
    hashes = record_hashes(np.repeat(np.arange(20.0), 5)[:, None])
    aside, kept = set_aside(hashes, seed=0)
    assert len(aside) == len(kept) == 50
    assert not set(hashes[aside].tolist()) & set(hashes[kept].tolist())


def test_audit_attacks_one_of_equal_records_and_counts_the_others():
    members, nonmembers, reference = groups()
    partition = np.arange(len(members)) % 3
    samples = groups(seed=1)[0]
    repeated = np.concatenate([members, members[:8]])
    found = audit(samples, repeated, np.concatenate([nonmembers, nonmembers[:30]]), reference, draws=20)
    expected = audit(samples, members, nonmembers, reference, draws=20)
    assert found.copies == {"members": 8, "nonmembers": 30}
    assert found.attacks[0].metrics == expected.attacks[0].metrics
    assert found.to_dict()["copies"] == found.copies
    assert "8 members and 30 nonmembers equal another record" in found.notes()[0]
    assert expected.notes() == []
    records = attack_records(repeated, nonmembers, reference, np.append(partition, np.full(8, 9)), seed=0)
    assert records.partition.tolist() == partition.tolist()
    assert records.member_index.tolist() == list(range(len(members)))


def test_blind_classifier_does_not_recognise_copies():
    # A group with every record five times: trained on some of its copies, it knew the others (AUC 0.8 and more).
    rng = np.random.default_rng(0)
    members, nonmembers, reference = rng.normal(size=(3, 150, 4)).astype(np.float32)
    repeated = [np.repeat(group, 5, axis=0) for group in (members, nonmembers)]
    records = attack_records(*repeated, reference, seed=0)
    chance = blind_classifier(records.members, records.nonmembers, seed=0)
    assert chance.auc.low < 0.5
    assert blind_classifier(*map(torch.as_tensor, repeated), seed=0).auc.low > 0.6


def test_audit_is_deterministic_for_a_seed():
    members, nonmembers, reference = groups()
    first, again, other = (
        audit(Copies(members), members, nonmembers, reference, latent_dim=2, num_samples=50, draws=20, seed=seed)
        for seed in (5, 5, 6)
    )
    for one, two in zip(first.attacks, again.attacks, strict=True):
        np.testing.assert_array_equal(one.member_scores, two.member_scores)
        assert one.metrics == two.metrics
    assert not np.array_equal(first.attacks[0].member_scores, other.attacks[0].member_scores)


def test_audit_measures_quality_and_rounds_the_output_of_a_network():
    members, nonmembers, reference = groups()
    samples = groups(seed=1)[0]
    found = audit(samples, members, nonmembers, reference, quality=PointsQuality(), draws=20, attacks={})
    assert 0 < found.quality["wasserstein2"] < 1
    assert found.attacks == []
    assert found.risk is None
    images = [np.tanh(group).reshape(-1, 1, 1, 2) for group in groups()]
    network = nn.Sequential(Copies(members), nn.Tanh(), nn.Unflatten(1, (1, 1, 2)))
    snapped = audit(
        network, *images, latent_dim=2, spec=ImageSpec(1, 1, 2), attacks={"spy": Levels()}, num_samples=30, draws=20
    )
    assert snapped.attacks[0].num_samples == 30


class Levels:
    """Scores nothing; asserts that what it sees has 256 levels."""

    access = SamplesView

    def __call__(self, view, records):
        levels = (view.samples + 1) * 127.5
        torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)
        return records.flatten(1).sum(1)


def test_audit_refuses_attacks_that_need_more_access():
    members, nonmembers, reference = groups()
    attacks = {"mean": DiscriminatorMean(), "nn": NearestNeighbour()}
    with pytest.raises(ParganError) as error:
        audit(members + 1, members, nonmembers, reference, attacks=attacks)
    assert (error.value.argument, error.value.value) == ("attack", "mean")
    assert "attack=[nn]" in error.value.remedy


BROKEN = np.zeros((9, 2), np.float32)
BROKEN[4, 1] = np.nan
HUGE = np.zeros((80, 2))
HUGE[5, 1] = -1e308
BAD = {
    "members and nonmembers share 1": ("members", lambda m, n, r: (m, m, np.vstack([n, m[[7]]]), r)),
    "members and reference share 1": ("members", lambda m, n, r: (m, m, n, np.vstack([r, m[[3]]]))),
    "nonmembers and reference share 1": ("nonmembers", lambda m, n, r: (m, m, n, np.vstack([n[[5]], r]))),
    "of shape (3,), and members of (2,)": ("nonmembers", lambda m, n, r: (m, m, np.zeros((9, 3)), r)),
    "of shape (2,), and generated ones have (3,)": ("members", lambda m, n, r: (np.zeros((9, 3)), m, n, r)),
    "NaN or infinity in 1 of 9": ("members", lambda m, n, r: (m, BROKEN, n, r)),
    "numbers beyond 1.0e+150 in 1 of 80": ("reference", lambda m, n, r: (*(g.astype(float) for g in (m, m, n)), HUGE)),
    "numbers beyond 3.4e+38 in 1 of 80": ("reference", lambda m, n, r: (m, m, n, HUGE)),
    "infinity in 1 of 9": ("target", lambda m, n, r: (BROKEN, m, n, r)),
    "holds 1 record; give 2 or more": ("members", lambda m, n, r: (m, m[:1], n, r)),
    "holds 3 records; give 4 or more": ("nonmembers", lambda m, n, r: (m, m, n[:3], None)),
    "holds 1 record; give 2": ("target", lambda m, n, r: (m[:1], m, n, r)),
    "has shape (80,)": ("reference", lambda m, n, r: (m, m, n, r[:, 0])),
}


@pytest.mark.parametrize("problem", BAD)
def test_audit_refuses_bad_groups(problem):
    argument, spoil = BAD[problem]
    with pytest.raises(ParganError) as error:
        audit(*spoil(*groups()))
    assert error.value.argument == argument
    assert problem in str(error.value)
    assert error.value.remedy


def test_audit_says_which_records_two_groups_share():
    members, nonmembers, reference = groups()
    with pytest.raises(ParganError) as error:
        audit(members, members, np.vstack([nonmembers, members[[60, 7]]]), reference)
    assert "share 2 records (the first is number 7 of members and 101 of nonmembers" in error.value.problem


def test_audit_of_a_network_needs_latent_dim():
    with pytest.raises(ParganError, match=r"^latent_dim is missing"):
        audit(Copies(groups()[0]), *groups())


def test_audit_limits_given_records_to_the_sizes_of_its_settings():
    members, nonmembers, reference = groups()
    sizes = []

    def quality(generated, real, seed):
        sizes.append((len(generated), len(real.members), len(real.nonmembers), len(real.reference)))
        return {"distance": 0.0}

    found = audit(groups(seed=1)[0], members, nonmembers, reference, quality=quality, num_samples=50, num_quality=40)
    assert sizes == [(40, 40, 40, 80)] * 2  # generated records, and a second real sample
    assert found.attacks[0].num_samples == len(found.samples) == 50
