import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from pargan.attacks import NearestNeighbour, PrincipalComponents, RawSpace, SamplesView, neighbours
from pargan.attacks.neighbours import nearest_distances
from pargan.errors import ParganError


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("width", [1, 2, 64, 784])
def test_distances_equal_scikit_learn(width, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK_NUMBERS", 50_000)  # several blocks and a ragged last one
    records, samples = normal(103, width) + 30, normal(500, width, seed=1) + 30
    expected = NearestNeighbors(n_neighbors=1).fit(samples.double()).kneighbors(records.double())[0][:, 0]
    np.testing.assert_allclose(nearest_distances(records, samples), expected, rtol=1e-3, atol=1e-5)


def test_a_copy_is_at_distance_exactly_zero():
    samples = normal(400, 3, 16, 16) * 0.1 + 1
    view = SamplesView(samples=samples, reference=normal(10, 3, 16, 16), seed=0)
    scores = NearestNeighbour()(view, samples[:50].clone())
    assert (scores == 0).all()


def test_fewer_samples_than_the_shortlist():
    assert nearest_distances(torch.tensor([[0.0], [5.0]]), torch.tensor([[1.0], [3.0]])).tolist() == [1, 2]


def test_principal_components_are_those_of_samples_and_reference():
    view = SamplesView(samples=normal(300, 1, 4, 4), reference=normal(200, 1, 4, 4, seed=1) * 3, seed=0)
    records = normal(20, 1, 4, 4, seed=2)
    known = torch.cat([view.samples, view.reference]).flatten(1).double().numpy()
    expected = PCA(5, svd_solver="full").fit(known).transform(records.flatten(1).double().numpy())
    found = PrincipalComponents(5)(view)(records)
    np.testing.assert_allclose(found.abs(), np.abs(expected), atol=1e-3)


@pytest.mark.parametrize(("samples", "width", "expected"), [(100, 7, 7), (3, 64, 5), (100, 64, 40)])
def test_components_are_capped_by_features_and_by_records(samples, width, expected):
    view = SamplesView(samples=normal(samples, width), reference=normal(2, width, seed=1), seed=0)
    assert PrincipalComponents(40)(view)(normal(4, width)).shape == (4, expected)


def test_all_components_keep_all_distances():
    view = SamplesView(samples=normal(200, 6), reference=normal(50, 6, seed=1), seed=0)
    records = normal(30, 6, seed=2)
    raw, rotated = (NearestNeighbour(space)(view, records) for space in (RawSpace(), PrincipalComponents(6)))
    torch.testing.assert_close(raw, rotated, rtol=1e-4, atol=1e-4)


def test_no_component_is_refused():
    with pytest.raises(ParganError, match="n_components=0"):
        PrincipalComponents(0)
