import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from pargan.attacks import NearestNeighbour, SamplesView, neighbours
from pargan.attacks.neighbours import k_nearest, nearest, nearest_distances


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("width", [1, 2, 64, 784])
def test_nearest_equals_scikit_learn(width, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK_NUMBERS", 30_000)  # several blocks of records and tiles of samples,
    monkeypatch.setattr(neighbours, "TILE", 124)  # with ragged last ones, shorter than the shortlist
    records, samples = normal(103, width) + 30, normal(500, width, seed=1) + 30
    distances, positions = nearest(records, samples)
    expected, index = NearestNeighbors(n_neighbors=1).fit(samples.double()).kneighbors(records.double())
    np.testing.assert_allclose(distances, expected[:, 0], rtol=1e-3, atol=1e-5)
    assert (positions.numpy() == index[:, 0]).mean() > 0.98  # two samples may be equally close up to rounding
    torch.testing.assert_close((records - samples[positions]).norm(dim=1), distances)


@pytest.mark.parametrize("k", [1, 5, 60])
def test_k_nearest_equals_scikit_learn(k, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK_NUMBERS", 30_000)
    monkeypatch.setattr(neighbours, "TILE", 31)  # shorter than k and its spare places
    records, samples = normal(40, 6) + 30, normal(60, 6, seed=1) + 30
    distances, positions = k_nearest(records, samples, k)
    expected, index = NearestNeighbors(n_neighbors=k).fit(samples.double()).kneighbors(records.double())
    np.testing.assert_allclose(distances, expected, rtol=1e-3, atol=1e-5)
    assert (positions.numpy() == index).mean() > 0.98


def test_nearest_neighbour_of_a_copy_is_exactly_zero():
    samples = normal(400, 3, 16, 16) * 0.1 + 1
    view = SamplesView(samples=samples, reference=normal(10, 3, 16, 16), seed=0)
    scores = NearestNeighbour()(view, samples[:50].clone())
    assert (scores == 0).all()


def test_nearest_distances_with_fewer_samples_than_the_shortlist():
    assert nearest_distances(torch.tensor([[0.0], [5.0]]), torch.tensor([[1.0], [3.0]])).tolist() == [1, 2]
