"""RadiusSearch against all distances, and how few distances it computes. Legend: F features."""

import pytest
import torch

from pargan.attacks import radius_search
from pargan.attacks.radius_search import RadiusSearch


def points(number, size, seed):
    return torch.randn(number, size, generator=torch.Generator().manual_seed(seed))


def literal(records, samples, radius):
    distances = torch.cdist(records, samples, compute_mode="donot_use_mm_for_euclid_dist")
    return distances[distances <= radius], (distances <= radius).sum(1)


@pytest.fixture
def computed(monkeypatch):
    """How many distances were computed exactly."""
    numbers = []

    def counting(records, samples, exact_distances=radius_search.exact_distances):
        distances = exact_distances(records, samples)
        numbers.append(distances.numel())
        return distances

    monkeypatch.setattr(radius_search, "exact_distances", counting)
    return numbers


# Half of the records have a sample within the radius, or all of them have many.
@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize(("F", "offset"), [(1, 0), (3, 0), (3, 50), (40, 0), (784, 0), (784, 5)])
def test_radius_search_equals_all_distances_within_the_radius(F, offset, share, computed):
    records, samples = points(101, F, 0) + offset, points(300, F, 1) + offset
    radius = float(RadiusSearch(samples).nearest(records).quantile(share, interpolation="nearest"))
    distances, counts = RadiusSearch(samples).within(records, radius)
    expected_distances, expected_counts = literal(records, samples, radius)
    assert torch.equal(distances, expected_distances)
    assert torch.equal(counts, expected_counts)
    assert (counts > 0).sum() == (51 if share == 0.5 else 101)  # the record at the radius itself is inside
    if share == 0.5 and not offset:
        assert sum(computed) < 0.1 * 101 * 300


@pytest.mark.parametrize("radius", [0.0, 0.1, 5.0, torch.inf])
def test_radius_search_sets_distances_of_copies_to_zero(radius):
    samples = points(200, 8, 0)
    records = torch.cat([samples[:20] + 1e-7, points(20, 8, 1)])  # as after a projection
    distances, counts = RadiusSearch(samples).within(records, radius)
    assert (distances == 0).sum() == 20
    assert (counts[:20] > 0).all()
    assert radius or not counts[20:].any()


def test_radius_search_without_any_sample_within_the_radius():
    distances, counts = RadiusSearch(points(50, 4, 0)).within(points(7, 4, 1) + 100, 0.5)
    assert distances.shape == (0,)
    assert counts.tolist() == [0] * 7


def test_radius_search_in_many_blocks_equals_one(monkeypatch):
    records, samples = points(90, 6, 0), points(200, 6, 1)
    expected = literal(records, samples, 1.0)
    monkeypatch.setattr(radius_search, "BLOCK_NUMBERS", 600)
    search = RadiusSearch(samples)
    assert [len(block) for block in search.blocks(records)] == [3] * 30
    distances, counts = zip(*(search.within(block, 1.0) for block in search.blocks(records)), strict=True)
    assert torch.equal(torch.cat(distances), expected[0])
    assert torch.equal(torch.cat(counts), expected[1])


def test_radius_search_does_not_use_matrix_products_of_lower_precision(computed):
    records, samples = points(20, 6, 0), points(40, 6, 1)
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        distances, _ = RadiusSearch(samples).within(records, 1.0)
    finally:
        torch.set_float32_matmul_precision(precision)
    assert computed == [20 * 40]
    assert torch.equal(distances, literal(records, samples, 1.0)[0])
