import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from pargan.attacks import (
    DistancePercentile,
    MedianNearest,
    MonteCarlo,
    NearestNeighbour,
    PrincipalComponents,
    RawSpace,
    ReferenceMedianNearest,
    ReferenceQuantileNearest,
    SamplesView,
    monte_carlo,
    radius_search,
)
from pargan.attacks.monte_carlo import log_closeness
from pargan.errors import ParganError


def column(*values):
    return torch.tensor(values, dtype=torch.float32)[:, None]


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


LINE = SamplesView(samples=column(0, 1, 2, 10), reference=column(0.5, 3, 20), seed=0)
NO_RECORDS = column()


def fixed(eps):
    return lambda records, reference, samples: eps


def test_median_nearest_is_the_median_distance_to_the_nearest_sample():
    points, unused = column(0.5, 3, 20), column(7, 8)  # 0.5, 1 and 10
    assert MedianNearest()(points, unused, LINE.samples) == 1.0
    assert ReferenceMedianNearest()(unused, points, LINE.samples) == 1.0


def test_reference_quantile_nearest_is_the_quantile_of_distances_of_reference_records():
    points, unused = column(0.5, 3, 20), column(7, 8)  # 0.5, 1 and 10
    for quantile, expected in ((0.25, 0.75), (0.5, 1.0), (0.75, 5.5)):
        assert ReferenceQuantileNearest(quantile)(unused, points, LINE.samples) == expected


@pytest.mark.parametrize("quantile", [0, 1, float("nan")])
def test_reference_quantile_nearest_refuses_values_out_of_range(quantile):
    with pytest.raises(ParganError) as error:
        ReferenceQuantileNearest(quantile)
    assert error.value.argument == "quantile"


@pytest.mark.parametrize(("percent", "expected"), [(1, 0.5), (25, 1.0), (50, 3.0), (100, 20.0)])
def test_distance_percentile_of_all_distances(percent, expected):
    # 0.5 0.5 1 | 1.5 2 3 | 7 9.5 10 | 18 19 20
    assert DistancePercentile(percent)(column(0.5, 3, 20), NO_RECORDS, LINE.samples) == expected


@pytest.mark.parametrize("percent", [0.1, 3.7, 60])
def test_distance_percentile_in_blocks_and_in_any_order(percent, monkeypatch):
    records, samples = normal(103, 3), normal(50, 3, seed=1)
    expected = np.quantile(cdist(records, samples), percent / 100, method="inverted_cdf")
    monkeypatch.setattr(radius_search, "BLOCK_NUMBERS", 500)
    for order in (records, records.flip(0)):
        assert DistancePercentile(percent)(order, NO_RECORDS, samples) == pytest.approx(expected, rel=1e-6)


def test_monte_carlo_is_the_share_of_samples_within_eps():
    attack = MonteCarlo(space=RawSpace(), epsilon=fixed(1.0))
    assert attack(LINE, column(1, 0.5, 4, 11)).tolist() == [0.75, 0.5, 0.0, 0.25]


def test_monte_carlo_with_log_closeness_on_a_worked_example():
    attack = MonteCarlo(space=RawSpace(), epsilon=fixed(2.0), weight=log_closeness)
    scores = attack(LINE, column(11.0, 3.0, 10.0))
    torch.testing.assert_close(scores[:2], torch.tensor([math.log(2) / 4, math.log(2) / 4]))
    assert scores[2] > 3  # a copy: finite, and higher than any other record
    assert scores[2].isfinite()


def test_monte_carlo_with_radius_zero_counts_copies():
    view = SamplesView(samples=column(0, 0, 1, 2), reference=column(0, 1, 7), seed=0)
    for weight in (monte_carlo.count, log_closeness):
        scores = MonteCarlo(weight=weight)(view, column(0, 1, 1.5))
        assert scores[0] > scores[1] > scores[2] == 0


def auc_of(attack, members, nonmembers, samples):
    view = SamplesView(samples=samples, reference=normal(200, samples.shape[1], seed=9), seed=0)
    scores = attack(view, torch.cat([members, nonmembers])).numpy()
    return roc_auc_score(np.repeat([1, 0], [len(members), len(nonmembers)]), scores)


@pytest.mark.parametrize("size", [100, 301])  # of the members, beside 300 nonmembers
@pytest.mark.parametrize("weight", [monte_carlo.count, log_closeness])
def test_monte_carlo_scores_copies_above_0_for_every_radius(size, weight):
    members, nonmembers = normal(size, 20), normal(300, 20, seed=1)
    attack = MonteCarlo(PrincipalComponents(10), weight=weight)  # rounding must not change the result
    view = SamplesView(samples=members.repeat(4, 1), reference=normal(200, 20, seed=9), seed=0)
    transform = attack.space(view)
    records = transform(torch.cat([members, nonmembers]))
    eps = attack.epsilon(records, NO_RECORDS, transform(view.samples))
    assert (eps == 0) == (size > 300)
    scores = attack(view, torch.cat([members, nonmembers]))
    assert scores[:size].min() > 0
    if eps == 0:
        assert scores[size:].max() == 0


def near_copies(m, n):
    members, nonmembers = normal(m, 16), normal(n, 16, seed=1)
    return members, nonmembers, members.repeat(5, 1) + 0.05 * normal(5 * m, 16, seed=2)


def test_median_nearest_suits_groups_of_equal_size():
    attack = MonteCarlo(RawSpace())
    assert auc_of(attack, *near_copies(200, 200)) > 0.99
    # Half of the members have no sample within eps, like the nonmembers.
    assert auc_of(attack, *near_copies(2000, 50)) == pytest.approx(0.75, abs=0.03)
    # Half of the nonmembers have copies of one member or more within eps.
    assert auc_of(attack, *near_copies(50, 2000)) < 0.9


def test_reference_median_nearest_does_not_depend_on_the_records_under_attack():
    view = SamplesView(samples=normal(300, 8), reference=normal(100, 8, seed=1), seed=0)
    records = normal(40, 8, seed=2)
    together = torch.cat([records, 100 + normal(60, 8, seed=3)])
    for epsilon, is_independent in ((ReferenceMedianNearest(), True), (MedianNearest(), False)):
        attack = MonteCarlo(epsilon=epsilon)
        assert torch.allclose(attack(view, together)[:40], attack(view, records)) == is_independent


def test_monte_carlo_in_many_blocks_equals_one(monkeypatch):
    view = SamplesView(samples=normal(300, 8), reference=normal(100, 8, seed=1), seed=0)
    records = normal(101, 8, seed=2)
    whole = MonteCarlo()(view, records)
    monkeypatch.setattr(radius_search, "BLOCK_NUMBERS", 3000)
    torch.testing.assert_close(MonteCarlo()(view, records), whole)


def test_monte_carlo_with_log_closeness_ranks_like_nearest_neighbour():
    view = SamplesView(samples=normal(400, 3), reference=normal(200, 3, seed=1), seed=0)
    records = normal(200, 3, seed=2)
    weighted = MonteCarlo(space=PrincipalComponents(3), weight=log_closeness)(view, records)
    inside = weighted > 0
    assert 50 < inside.sum() < 150  # about half, by the median heuristic
    assert spearmanr(weighted[inside], NearestNeighbour()(view, records)[inside]).statistic > 0.7


@pytest.mark.parametrize("percent", [0, -1, 101, math.nan])
def test_distance_percentile_refuses_values_out_of_range(percent):
    with pytest.raises(ParganError) as error:
        DistancePercentile(percent)
    assert error.value.argument == "percent"
    assert "at most 100" in error.value.remedy
