"""Distances in balls against all distances, and how few of them are computed. Legend: F features."""

import pytest
import torch

from pargan.attacks import radius_search
from pargan.attacks.radius_search import RadiusSearch


def points(number, size, seed):
    return torch.randn(number, size, generator=torch.Generator().manual_seed(seed))


def literal(records, samples, radius):
    every = torch.cdist(records, samples, compute_mode="donot_use_mm_for_euclid_dist")
    return every[every <= radius], (every <= radius).sum(1)


@pytest.fixture
def computed(monkeypatch):
    """How many distances were computed exactly."""
    numbers = []

    def counting(records, samples, distances=radius_search.exact_distances):
        found = distances(records, samples)
        numbers.append(found.numel())
        return found

    monkeypatch.setattr(radius_search, "exact_distances", counting)
    return numbers


# The ball of one record in two holds a sample; those of all records hold many.
@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize(("F", "offset"), [(1, 0), (3, 0), (3, 50), (40, 0), (784, 0), (784, 5)])
def test_distances_are_exactly_those_of_all_pairs_in_the_ball(F, offset, share, computed):
    records, samples = points(101, F, 0) + offset, points(300, F, 1) + offset
    radius = float(RadiusSearch(samples).nearest(records).quantile(share, interpolation="nearest"))
    found, counts = RadiusSearch(samples).within(records, radius)
    distances, numbers = literal(records, samples, radius)
    assert torch.equal(found, distances)
    assert torch.equal(counts, numbers)
    assert (counts > 0).sum() == (51 if share == 0.5 else 101)  # the record at the radius itself is inside
    if share == 0.5 and not offset:
        assert sum(computed) < 0.1 * 101 * 300


@pytest.mark.parametrize("radius", [0.0, 0.1, 5.0, torch.inf])
def test_a_copy_is_at_distance_zero(radius):
    samples = points(200, 8, 0)
    records = torch.cat([samples[:20] + 1e-7, points(20, 8, 1)])  # as after a projection
    found, counts = RadiusSearch(samples).within(records, radius)
    assert (found == 0).sum() == 20
    assert (counts[:20] > 0).all()
    assert radius or not counts[20:].any()


def test_no_sample_in_any_ball():
    found, counts = RadiusSearch(points(50, 4, 0)).within(points(7, 4, 1) + 100, 0.5)
    assert found.shape == (0,)
    assert counts.tolist() == [0] * 7


def test_pairs_in_many_blocks_equal_one(monkeypatch):
    records, samples = points(90, 6, 0), points(200, 6, 1)
    expected = literal(records, samples, 1.0)
    monkeypatch.setattr(radius_search, "BLOCK_NUMBERS", 600)
    ours = RadiusSearch(samples)
    assert [len(block) for block in ours.blocks(records)] == [3] * 30
    found, counts = zip(*(ours.within(block, 1.0) for block in ours.blocks(records)), strict=True)
    assert torch.equal(torch.cat(found), expected[0])
    assert torch.equal(torch.cat(counts), expected[1])


def test_less_precise_products_are_not_relied_on(computed):
    records, samples = points(20, 6, 0), points(40, 6, 1)
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        found, _ = RadiusSearch(samples).within(records, 1.0)
    finally:
        torch.set_float32_matmul_precision(precision)
    assert computed == [20 * 40]
    assert torch.equal(found, literal(records, samples, 1.0)[0])
