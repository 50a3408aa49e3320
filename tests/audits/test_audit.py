"""An audit of whatever there is of a generator."""

import json

import numpy as np
import pytest
import torch
from torch import nn

import pargan
from pargan.attacks import DiscriminatorMean, NearestNeighbour, SamplesView
from pargan.audits.audit import set_aside
from pargan.errors import ParganError
from pargan.metrics import PointsQuality
from pargan.records.images import ImageSpec
from tests.helpers.tiny import assert_equal_weights, gan, weights, with_noise_and_batch_norm

SAMPLES_ATTACKS = ["nearest_neighbour", "monte_carlo"]


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


def test_copied_records_are_found_and_independent_ones_are_not():
    members, nonmembers, reference = groups()
    leaky = pargan.audit(members + 1e-3, members, nonmembers, reference, draws=200)
    honest = pargan.audit(groups(seed=1)[0], members, nonmembers, reference, draws=200)
    assert [result.name for result in leaky.results] == SAMPLES_ATTACKS
    assert leaky.results[0].metrics.auc > 0.99
    assert leaky.records.exposed_members(100).distance.max() < 0.01
    for result in honest.results:
        assert result.metrics.auc_low <= 0.5 <= result.metrics.auc_high
    assert leaky.partitions == []
    assert leaky.quality == {}
    rows = json.loads(json.dumps(leaky.to_dicts(), allow_nan=False))
    assert [row["attack"] for row in rows] == SAMPLES_ATTACKS
    assert rows[0]["auc"] == leaky.results[0].metrics.auc
    assert len(leaky.records.to_dicts()) == 220


def test_a_network_is_evaluated_and_left_as_it_was():
    members, nonmembers, reference = groups()
    network = Copies(members).train()
    state = torch.random.get_rng_state()
    found = pargan.audit(network, members, nonmembers, reference, latent_dim=3, num_samples=2000, draws=50)
    assert found.results[0].metrics.auc > 0.99  # in eval mode: dropout would have blurred the copies
    assert found.results[0].num_samples == 2000
    assert network.training
    assert network.dropout.training
    assert network.scale.grad is None
    assert network.scale.requires_grad
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_gan_brings_its_discriminators_and_partitions():
    members, nonmembers, reference = groups()
    module = gan(networks=with_noise_and_batch_norm)
    before = weights(module)
    without = pargan.audit(module, members, nonmembers, reference, num_samples=200, draws=20)
    partition = np.arange(120) % 3
    found = pargan.audit(module, members, nonmembers, reference, partition=partition, num_samples=200, draws=20)
    assert_equal_weights(weights(module), before)
    assert "own_partition" not in {result.name for result in without.results}
    assert {"own_partition", "discriminator_mean"} <= {result.name for result in found.results}
    assert {each.partition for each in found.partitions} == {0, 1, 2}
    assert found.records.averaged == ("own_partition",)
    by_name = {result.name: result.metrics for result in found.results}
    assert all(result.metrics == by_name[result.name] for result in without.results)


def test_a_view_is_a_target_with_the_reference_that_is_given():
    members, nonmembers, reference = groups()
    samples = torch.as_tensor(groups(seed=1)[0])
    view = SamplesView(samples=samples, reference=torch.zeros(3, 2), seed=9)
    found = pargan.audit(view, members, nonmembers, reference, draws=20)
    expected = pargan.audit(samples, members, nonmembers, reference, draws=20)
    assert found.results[0].metrics == expected.results[0].metrics


def test_half_of_the_nonmembers_is_set_aside_where_there_is_no_reference():
    members, nonmembers, _ = groups()
    found = pargan.audit(groups(seed=1)[0], members, nonmembers, draws=20, seed=3)
    aside, kept = set_aside(100, seed=3)
    assert sorted([*aside, *kept]) == list(range(100))
    assert len(aside) == 50
    assert found.results[0].metrics.num_nonmembers == 50
    rows = found.records
    assert sorted(rows.index[~rows.is_member].tolist()) == kept.tolist()  # as they stand in the array that was given
    assert not np.array_equal(set_aside(100, seed=4)[0], aside)


def test_a_seed_decides_everything():
    members, nonmembers, reference = groups()
    first, again, other = (
        pargan.audit(Copies(members), members, nonmembers, reference, latent_dim=2, num_samples=50, draws=20, seed=seed)
        for seed in (5, 5, 6)
    )
    for one, two in zip(first.results, again.results, strict=True):
        np.testing.assert_array_equal(one.member_scores, two.member_scores)
        assert one.metrics == two.metrics
    assert not np.array_equal(first.results[0].member_scores, other.results[0].member_scores)


def test_quality_beside_leakage_and_a_network_that_is_snapped():
    members, nonmembers, reference = groups()
    samples = groups(seed=1)[0]
    found = pargan.audit(samples, members, nonmembers, reference, quality=PointsQuality(), draws=20, attacks={})
    assert 0 < found.quality["wasserstein2"] < 1
    assert found.results == []
    assert found.records is None
    images = [np.tanh(group).reshape(-1, 1, 1, 2) for group in groups()]
    network = nn.Sequential(Copies(members), nn.Tanh(), nn.Unflatten(1, (1, 1, 2)))
    snapped = pargan.audit(
        network, *images, latent_dim=2, spec=ImageSpec(1, 1, 2), attacks={"spy": Levels()}, num_samples=30, draws=20
    )
    assert snapped.results[0].num_samples == 30


class Levels:
    """Scores nothing; asserts that what it sees has 256 levels."""

    access = SamplesView

    def __call__(self, view, records):
        levels = (view.samples + 1) * 127.5
        torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)
        return records.flatten(1).sum(1)


def test_attacks_that_need_more_are_refused():
    members, nonmembers, reference = groups()
    attacks = {"mean": DiscriminatorMean(), "nn": NearestNeighbour()}
    with pytest.raises(
        ParganError, match=r"^attack=mean needs access discriminators, but the target gives samples only"
    ):
        pargan.audit(members + 1, members, nonmembers, reference, attacks=attacks)


BROKEN = np.zeros((9, 2), np.float32)
BROKEN[4, 1] = np.nan
BAD = {
    "members and nonmembers": lambda m, n, r: (m, m, np.vstack([n, m[[7]]]), r),
    "members and reference": lambda m, n, r: (m, m, n, np.vstack([r, m[[3]]])),
    "nonmembers and reference": lambda m, n, r: (m, m, n, np.vstack([n[[5]], r])),
    "nonmembers are records of shape (3,)": lambda m, n, r: (m, m, np.zeros((9, 3)), r),
    "members are records of shape (2,), generated ones of (3,)": lambda m, n, r: (np.zeros((9, 3)), m, n, r),
    "members: 1 of 9": lambda m, n, r: (m, BROKEN, n, r),
    "target: 1 of 9": lambda m, n, r: (BROKEN, m, n, r),
    "members holds 1 records; give 2 or more": lambda m, n, r: (m, m[:1], n, r),
    "nonmembers holds 3 records; give 4 or more": lambda m, n, r: (m, m, n[:3], None),
    "target holds 1 records": lambda m, n, r: (m[:1], m, n, r),
    "reference is an array of shape (80,)": lambda m, n, r: (m, m, n, r[:, 0]),
}


@pytest.mark.parametrize("sentence", BAD)
def test_bad_input_gets_one_sentence(sentence):
    with pytest.raises(ParganError) as refused:
        pargan.audit(*BAD[sentence](*groups()))
    assert str(refused.value).startswith(sentence)


def test_an_overlap_says_where():
    members, nonmembers, reference = groups()
    with pytest.raises(ParganError, match=r"share 2 records \(the first is number 7 of the one and 101 of the other"):
        pargan.audit(members, members, np.vstack([nonmembers, members[[60, 7]]]), reference)


def test_a_network_without_the_length_of_its_latents():
    with pytest.raises(ParganError, match=r"^latent_dim is missing"):
        pargan.audit(Copies(groups()[0]), *groups())
