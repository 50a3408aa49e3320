"""All attacks without discriminators: on every kind of record, on planted leakage, on degenerate samples."""

import numpy as np
import pytest
import torch
from torch import nn

from pargan.attacks import (
    DataPlagiarismIndex,
    DCRDifference,
    DensityRatio,
    DistancePercentile,
    FeatureSpace,
    GaussianDensity,
    GenLRA,
    KernelDensity,
    KernelDensityRatio,
    LatentSearch,
    MixedTypeSpace,
    MonteCarlo,
    NearestNeighbour,
    PrincipalComponents,
    ProductKernel,
    RawSpace,
    RecordSpace,
    ReferenceQuantileNearest,
    SurrogateDiscriminator,
)
from pargan.attacks.monte_carlo import log_closeness
from pargan.audits import make_target, run_attacks
from pargan.records.columns import Categorical, Integer, Numeric
from pargan.records.images import ImageSpec
from pargan.records.points import PointsSpec
from pargan.records.tables import TableSpec
from tests.helpers.planted import LATENT, SHAPE, Memoriser, groups, normal

ATTACKS = {
    "nearest_neighbour": NearestNeighbour(),
    "nearest_neighbour_pca": NearestNeighbour(PrincipalComponents(10)),
    "nearest_neighbour_features": NearestNeighbour(FeatureSpace()),
    "monte_carlo": MonteCarlo(RawSpace(), DistancePercentile(0.1)),
    "monte_carlo_log": MonteCarlo(PrincipalComponents(10), weight=log_closeness),
    "monte_carlo_features": MonteCarlo(FeatureSpace(), DistancePercentile(0.1)),
    "latent_search": LatentSearch(max_steps=40),
    "latent_search_pca": LatentSearch(PrincipalComponents(10), max_steps=40),
    "density_ratio": DensityRatio(PrincipalComponents(10)),
    "density_ratio_raw": DensityRatio(RawSpace(), KernelDensity(0.5)),
    "density_ratio_gaussian": DensityRatio(RawSpace(), GaussianDensity()),
    "density_ratio_mixed": KernelDensityRatio(ProductKernel()),
    "gen_lra": GenLRA(),
    "dpi": DataPlagiarismIndex(k_nearest=5),
    "dcr_difference": DCRDifference(),
    "local_neighbourhood": MonteCarlo(RecordSpace(), ReferenceQuantileNearest(0.1)),
    "surrogate_discriminator": SurrogateDiscriminator(width=64, max_steps=600),
}
TYPES = {"age": Integer, "size": Numeric, "colour": Categorical, "sex": Categorical}
TABLE = {
    "age": np.arange(300) % 70,
    "size": np.random.default_rng(0).normal(size=300),
    "colour": np.array(["red", "green", "blue"] * 100),
    "sex": np.array(["f", "m"] * 150),
}
SPECS = {"points": PointsSpec(2), "image": ImageSpec(*SHAPE), "table": TableSpec.fit(TABLE, TYPES)}


def attack(name, generator, records, labels=None, spec=None, num_samples=1000):
    """Run one attack on a generator; `records` are members, nonmembers, reference."""
    members, nonmembers, reference = records
    target = make_target(
        generator,
        nn.Identity(),
        latent_dim=LATENT,
        num_partitions=1,
        reference=reference,
        num_samples=num_samples,
        seed=0,
        spec=spec,
        reference_labels=labels,
    )
    attacks = {name: ATTACKS[name] if name in ATTACKS else NearestNeighbour(MixedTypeSpace())}
    partition = torch.zeros(len(members), dtype=torch.int64)
    return run_attacks(target, attacks, members, partition, nonmembers, seed=0, draws=50)[0]


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_detects_a_generator_that_returns_its_members(name):
    # Few members: one Gaussian describes only the space they span, and Monte-Carlo needs several samples within eps.
    members, _, nonmembers, reference = groups(m=12, n=200, r=600)
    result = attack(name, Memoriser(members), (members, nonmembers, reference))
    assert result.metrics.auc > 0.95
    assert result.metrics.auc_low > 0.7  # twelve members leave room for chance


def generator_records_spec(kind):
    spec = SPECS[kind]
    with torch.random.fork_rng():
        torch.manual_seed(3)
        size = int(np.prod(spec.shape))
        generator = nn.Sequential(nn.Linear(LATENT, size), nn.Unflatten(1, spec.shape), spec.head())
    if kind == "table":
        records = torch.as_tensor(spec.encode(TABLE))
    else:
        records = torch.as_tensor(spec.snap(normal(300, *spec.shape, seed=1).numpy().clip(-1, 1)))
    return generator, records.split([60, 60, 180]), spec


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("name", ATTACKS)
def test_attack_scores_every_kind_of_record(name, kind):
    generator, records, spec = generator_records_spec(kind)
    result = attack(name, generator, records, labels=torch.arange(180) % 3, spec=spec, num_samples=200)
    assert np.isfinite(result.member_scores).all()
    assert len(np.unique(result.member_scores)) > 1
    # It was given a view of this level only, so that level is enough for it.
    assert result.access == ("generator" if name.startswith("latent_search") else "samples")


def test_nearest_neighbour_in_mixed_type_space_scores_rows():
    generator, records, spec = generator_records_spec("table")
    scores = attack("nearest_neighbour_mixed", generator, records, spec=spec, num_samples=200).member_scores
    assert scores.min() >= -2  # four columns, each at most 1 apart
    assert len(np.unique(scores)) > 10


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_gives_finite_scores_for_a_collapsed_generator(name):
    members, _, nonmembers, reference = groups(m=50, n=50, r=60)
    with torch.random.fork_rng():
        collapsed = nn.Sequential(nn.Linear(LATENT, 16), nn.Unflatten(1, SHAPE))
    nn.init.zeros_(collapsed[0].weight)
    result = attack(name, collapsed, (members, nonmembers, reference), num_samples=100)
    assert np.isfinite(result.member_scores).all()
    assert result.metrics.auc_low <= 0.5 <= result.metrics.auc_high
