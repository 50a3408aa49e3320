import json
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from pargan.attacks import (
    DensityRatio,
    DiscriminatorGap,
    DiscriminatorMax,
    DiscriminatorMean,
    DiscriminatorsView,
    DistancePercentile,
    FeatureSpace,
    GaussianDensity,
    GeneratorView,
    LatentSearch,
    MonteCarlo,
    NearestNeighbour,
    NearestSample,
    OwnPartition,
    PartitionsView,
    PrincipalComponents,
    SamplesView,
    Scored,
    SurrogateDiscriminator,
)
from pargan.attacks.monte_carlo import log_closeness
from pargan.audits import run_attacks
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

SMALL_SEARCH = LatentSearch(starts=[NearestSample()], max_steps=10, patience=5)
SMALL_NETWORK = SurrogateDiscriminator(width=16, max_steps=50)
ATTACKS = {
    "discriminator_mean": DiscriminatorMean(),
    "discriminator_max": DiscriminatorMax(),
    "discriminator_gap": DiscriminatorGap(),
    "own_partition": OwnPartition(),
    "discriminator_mean_raw": DiscriminatorMean(standardise=False),
    "discriminator_max_raw": DiscriminatorMax(standardise=False),
    "nearest_neighbour": NearestNeighbour(),
    "monte_carlo": MonteCarlo(),
    "monte_carlo_percentile": MonteCarlo(epsilon=DistancePercentile(1.0)),
    "monte_carlo_weighted": MonteCarlo(weight=log_closeness),
    "nearest_neighbour_features": NearestNeighbour(FeatureSpace()),
    "latent_search": SMALL_SEARCH,
    "density_ratio": DensityRatio(),
    "density_ratio_gaussian": DensityRatio(PrincipalComponents(8), GaussianDensity()),
    "surrogate_discriminator": SMALL_NETWORK,
}
every_attack = pytest.mark.parametrize("name", ATTACKS)


@pytest.fixture(scope="module")
def leaky():
    members, partition, nonmembers, reference = groups()
    discriminators = StackedDiscriminators(MemorisingDiscriminator(members[partition == k]) for k in range(K))
    return target_of(Memoriser(members), discriminators, reference), members, partition, nonmembers


@pytest.fixture(scope="module")
def all_results(leaky):
    return {result.name: result for result in run_attacks(leaky[0], ATTACKS, *leaky[1:], seed=4, draws=50)}


# Too many members for a small network and for one Gaussian; test_attacks_inputs.py has few.
@pytest.mark.parametrize("name", sorted(set(ATTACKS) - {"surrogate_discriminator", "density_ratio_gaussian"}))
def test_run_attacks_finds_a_leaky_gan_in_the_right_direction(name, leaky):
    (result,) = run_attacks(leaky[0], {name: ATTACKS[name]}, *leaky[1:], seed=0, draws=100)
    assert result.metrics.auc > 0.6  # a ball with 1 % of all distances holds more than copies
    assert result.metrics.p_value < 1e-5
    assert result.member_scores.mean() > result.nonmember_scores.mean()


def test_run_attacks_nearest_neighbour_finds_returned_members(leaky):
    (result,) = run_attacks(leaky[0], {"nn": NearestNeighbour()}, *leaky[1:], seed=0, draws=100)
    assert result.metrics.auc > 0.99


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != "own_partition"])  # knows more of members
def test_run_attacks_gives_one_half_for_equal_groups(name, leaky):
    target, members, partition, _ = leaky
    (result,) = run_attacks(target, {name: ATTACKS[name]}, members, partition, members, seed=0, draws=50)
    assert result.metrics.auc == pytest.approx(0.5, abs=0.5 / len(members) + 1e-9)


@every_attack
def test_run_attacks_returns_scores_in_the_order_of_the_records(name, leaky):
    target, members, partition, nonmembers = leaky
    kept = torch.randperm(len(members), generator=torch.Generator().manual_seed(0))
    (first,) = run_attacks(target, {name: ATTACKS[name]}, members, partition, nonmembers, seed=0, draws=50)
    (moved,) = run_attacks(target, {name: ATTACKS[name]}, members[kept], partition[kept], nonmembers, seed=0, draws=50)
    np.testing.assert_allclose(moved.member_scores, first.member_scores[kept], atol=2e-3)
    assert moved.metrics.auc == pytest.approx(first.metrics.auc, abs=1e-3)


@every_attack
def test_run_attacks_depends_on_the_seed_and_not_on_other_attacks(name, leaky, all_results):
    alone, again = (run_attacks(leaky[0], {name: ATTACKS[name]}, *leaky[1:], seed=4, draws=50)[0] for _ in range(2))
    for other in (again, all_results[name]):
        np.testing.assert_array_equal(alone.member_scores, other.member_scores)
        np.testing.assert_array_equal(alone.nonmember_scores, other.nonmember_scores)
        assert alone.metrics == other.metrics


def test_run_attacks_changes_neither_networks_nor_random_state():
    members, partition, nonmembers, reference = groups()
    generator, discriminators = untrained()
    generator.train()
    generator[1].eval()  # one frozen layer: every module's own mode has to come back
    discriminators.train()
    modules = [*generator.modules(), *discriminators.modules()]
    modes = [module.training for module in modules]
    networks = nn.ModuleList([generator, discriminators])
    weights = {key: value.clone() for key, value in networks.state_dict().items()}
    torch_state, numpy_state = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    target = target_of(generator, discriminators, reference)
    run_attacks(target, ATTACKS, members, partition, nonmembers, seed=0, draws=20)
    assert [module.training for module in modules] == modes
    assert all(torch.equal(value, weights[key]) for key, value in networks.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in networks.parameters())
    assert torch.equal(torch.random.get_rng_state(), torch_state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002


def test_run_attacks_seeds_the_global_random_state_of_an_attack(leaky):
    attacks = {"random": Returns(lambda records: torch.rand(len(records)))}
    state = torch.random.get_rng_state()
    first = run_attacks(leaky[0], attacks, *leaky[1:], seed=0, draws=10)[0].metrics
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.rand(1)
    assert run_attacks(leaky[0], attacks, *leaky[1:], seed=0, draws=10)[0].metrics == first


def test_run_attacks_evaluates_the_discriminators_once_for_four_attacks():
    members, partition, nonmembers, reference = groups()
    generator, discriminators = untrained()
    target = target_of(generator, discriminators, reference, batch_size=10_000)
    discriminator_attacks = {name: ATTACKS[name] for name in list(ATTACKS)[:4]}
    run_attacks(target, discriminator_attacks, members, partition, nonmembers, seed=0, draws=20)
    assert discriminators.calls == 2  # the records under attack, the reference


PUBLIC = {"samples", "reference", "seed", "spec", "reference_labels"}
OF_GENERATOR = PUBLIC | {"generator", "latent_dim", "sample_latents", "condition_of"}
OF_DISCRIMINATORS = OF_GENERATOR | {"num_partitions", "logits"}
SEEN = {
    SamplesView: PUBLIC,
    GeneratorView: OF_GENERATOR,
    DiscriminatorsView: OF_DISCRIMINATORS,
    PartitionsView: OF_DISCRIMINATORS | {"partition"},
}


@pytest.mark.parametrize("access", SEEN)
def test_run_attacks_hands_over_exactly_the_view_of_the_access(access, leaky):
    seen = []

    @dataclass(frozen=True)
    class Spy:
        access: ClassVar[type[SamplesView]]

        def __call__(self, view, records):
            seen.append(view)
            return records.flatten(1).sum(1)

    Spy.access = access
    (result,) = run_attacks(leaky[0], {"spy": Spy()}, *leaky[1:], seed=0, draws=10)
    (view,) = seen
    everything = SEEN[PartitionsView]
    assert type(view) is access
    assert {field.name for field in fields(view)} == SEEN[access]
    assert {name for name in everything if hasattr(view, name)} == SEEN[access]
    assert result.access == access.level
    with pytest.raises(AttributeError):
        view.seed = 1


def test_run_attacks_draws_partitions_of_nonmembers_uniformly(leaky):
    target, members, _, _ = leaky

    @dataclass(frozen=True)
    class Spy:
        access: ClassVar[type[PartitionsView]] = PartitionsView

        def __call__(self, view, records):
            return view.partition.float()

    partition = torch.full((len(members),), 2)
    (result,) = run_attacks(target, {"spy": Spy()}, members, partition, normal(3000, *SHAPE, seed=9), seed=0, draws=10)
    assert (result.member_scores == 2).all()
    assert np.bincount(result.nonmember_scores.astype(int)) == pytest.approx([1000] * K, abs=100)


def test_run_attacks_shuffles_members_and_nonmembers(leaky):
    target, members, partition, nonmembers = leaky

    @dataclass(frozen=True)
    class Position:
        access: ClassVar[type[SamplesView]] = SamplesView

        def __call__(self, view, records):
            return -torch.arange(len(records), dtype=torch.float32)

    (result,) = run_attacks(target, {"position": Position()}, members, partition, nonmembers, seed=0)
    assert result.metrics.auc_low <= 0.5 <= result.metrics.auc_high


def test_attackresult_to_dict_is_json_ready(leaky):
    (result,) = run_attacks(leaky[0], {"nn": NearestNeighbour()}, *leaky[1:], seed=0, draws=10)
    written = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert written["attack"] == "nn"
    assert written["access"] == "samples"
    assert written["num_samples"] == 1500
    assert written["seconds"] > 0
    assert {"auc", "auc_low", "auc_high", "p_value", "tpr_at_1pct_fpr", "num_members"} <= set(written)


def test_attackresult_keeps_the_details_of_the_attack(leaky):
    attack = Returns(lambda records: Scored(records.flatten(1)[:, 0], {"searches": 3}))
    told, silent = run_attacks(leaky[0], {"mine": attack, "nn": NearestNeighbour()}, *leaky[1:], seed=0, draws=10)
    assert told.to_dict()["details"] == {"searches": 3}
    assert silent.to_dict()["details"] == {}


@dataclass(frozen=True)
class Returns:
    """An attack of a user's own that went wrong."""

    scores: object
    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view, records):
        return self.scores(records)


def test_run_attacks_names_an_attack_with_bad_scores(leaky):
    with pytest.raises(ParganError, match=r"attack=mine returned scores of shape \(440, 1\)"):
        run_attacks(leaky[0], {"mine": Returns(lambda x: x.flatten(1)[:, :1])}, *leaky[1:], seed=0)
    with pytest.raises(ParganError, match=r"member_scores of attack=mine .* 240 of 240"):
        run_attacks(leaky[0], {"mine": Returns(lambda x: x.flatten(1)[:, 0] / 0)}, *leaky[1:], seed=0)


def test_run_attacks_refuses_bad_groups(leaky):
    target, members, partition, nonmembers = leaky
    for argument, given in (
        ("nonmembers", (members, partition, nonmembers[:0])),
        ("members", (members.flatten(1), partition, nonmembers)),
        ("member_partition", (members, partition[:-1], nonmembers)),
        ("member_partition", (members, partition + 1, nonmembers)),
    ):
        with pytest.raises(ParganError) as error:
            run_attacks(target, ATTACKS, *given, seed=0)
        assert error.value.argument == argument
        assert error.value.remedy
