import math

import pytest
import torch
from scipy.stats import spearmanr

from pargan.attacks import (
    DistancePercentile,
    MedianNearest,
    MonteCarlo,
    NearestNeighbour,
    PrincipalComponents,
    RawSpace,
    SamplesView,
    monte_carlo,
)
from pargan.attacks.monte_carlo import log_closeness
from pargan.errors import ParganError


def column(*values):
    return torch.tensor(values, dtype=torch.float32)[:, None]


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


LINE = SamplesView(samples=column(0, 1, 2, 10), reference=column(0.5, 3, 20), seed=0)


def test_median_of_the_distances_to_the_nearest_sample():
    assert MedianNearest()(LINE.reference, LINE.samples) == 1.0  # of 0.5, 1 and 10


@pytest.mark.parametrize(("percent", "expected"), [(1, 0.5), (25, 1.0), (50, 3.0), (100, 20.0)])
def test_percentile_of_all_distances(percent, expected):
    # 0.5 0.5 1 | 1.5 2 3 | 7 9.5 10 | 18 19 20
    assert DistancePercentile(percent)(LINE.reference, LINE.samples) == expected


def test_percentile_from_evenly_spaced_reference_records():
    reference, samples = normal(5000, 2), normal(300, 2, seed=1)
    every = DistancePercentile(1, max_reference=5000)(reference, samples)
    assert DistancePercentile(1, max_reference=1000)(reference, samples) == pytest.approx(every, rel=0.1)
    few, chosen = DistancePercentile(1, max_reference=10), reference[::500]
    assert few(reference, samples) == few(chosen, samples)


def test_the_share_of_samples_within_the_radius():
    attack = MonteCarlo(space=RawSpace(), epsilon=lambda reference, samples: 1.0)
    assert attack(LINE, column(1, 0.5, 4, 11)).tolist() == [0.75, 0.5, 0.0, 0.25]  # the ball is closed


def test_log_weight_on_a_worked_example():
    attack = MonteCarlo(space=RawSpace(), epsilon=lambda reference, samples: 2.0, weight=log_closeness)
    scores = attack(LINE, column(11.0, 3.0, 10.0))
    torch.testing.assert_close(scores[:2], torch.tensor([math.log(2) / 4, math.log(2) / 4]))
    assert scores[2] > 3  # a copy: finite, and worth more than any near miss
    assert scores[2].isfinite()


def test_a_radius_of_zero_counts_copies():
    view = SamplesView(samples=column(0, 0, 1, 2), reference=column(0, 1, 7), seed=0)
    for weight in (monte_carlo.count, log_closeness):
        scores = MonteCarlo(weight=weight)(view, column(0, 1, 1.5))
        assert scores[0] > scores[1] > scores[2] == 0


def test_the_radius_does_not_depend_on_the_records_under_attack():
    view = SamplesView(samples=normal(300, 8), reference=normal(100, 8, seed=1), seed=0)
    records = normal(40, 8, seed=2)
    together = MonteCarlo()(view, torch.cat([records, 100 + normal(60, 8, seed=3)]))
    torch.testing.assert_close(together[:40], MonteCarlo()(view, records))


def test_many_blocks_equal_one(monkeypatch):
    view = SamplesView(samples=normal(300, 8), reference=normal(100, 8, seed=1), seed=0)
    records = normal(101, 8, seed=2)
    whole = MonteCarlo()(view, records)
    monkeypatch.setattr(monte_carlo, "BLOCK_NUMBERS", 3000)
    torch.testing.assert_close(MonteCarlo()(view, records), whole)


def test_the_log_weighted_score_ranks_like_nearest_neighbour():
    view = SamplesView(samples=normal(400, 3), reference=normal(200, 3, seed=1), seed=0)
    records = normal(200, 3, seed=2)
    weighted = MonteCarlo(space=PrincipalComponents(3), weight=log_closeness)(view, records)
    inside = weighted > 0
    assert 50 < inside.sum() < 150  # about half, by the median heuristic
    assert spearmanr(weighted[inside], NearestNeighbour()(view, records)[inside]).statistic > 0.7


@pytest.mark.parametrize("percent", [0, -1, 101, math.nan])
def test_a_percentile_out_of_range_is_refused(percent):
    with pytest.raises(ParganError, match=r"epsilon\.percent="):
        DistancePercentile(percent)
