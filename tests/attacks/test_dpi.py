from math import log

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from pargan.attacks import DataPlagiarismIndex, SamplesView
from pargan.errors import ParganError
from tests.helpers.planted import normal


@pytest.mark.parametrize("k", [1, 2, 5, 20])
def test_data_plagiarism_index_equals_the_literal_count_up_to_half_a_step(k):
    samples, reference, records = normal(300, 3, seed=0), normal(150, 3, seed=1), normal(80, 3, seed=2)
    scores = DataPlagiarismIndex(k_nearest=k)(SamplesView(samples=samples, reference=reference, seed=0), records)
    both = torch.cat([samples, reference]).double()
    near = NearestNeighbors(n_neighbors=k).fit(both).kneighbors(records.double(), return_distance=False)
    s = (near < 300).sum(1)
    possible = np.log((np.arange(k + 1) + 1) / (k - np.arange(k + 1) + 1)) - log(2)
    above = scores.numpy() - possible[s]
    assert (above > 0).all()
    assert (above < np.diff(possible).min() / 2 + 1e-12).all()


def test_data_plagiarism_index_breaks_ties_by_the_nearest_sample():
    samples, reference = torch.tensor([[0.0], [10.0]]), torch.tensor([[3.0], [14.0]])
    records = torch.tensor([[0.5], [1.0], [10.0]])  # the nearest of both is a sample
    scores = DataPlagiarismIndex(k_nearest=1)(SamplesView(samples=samples, reference=reference, seed=0), records)
    assert scores.argsort(descending=True).tolist() == [2, 0, 1]


def test_data_plagiarism_index_of_two_equal_sets_is_centred_on_0():
    view = SamplesView(samples=normal(4000, 2, seed=0), reference=normal(1000, 2, seed=1), seed=0)
    scores = DataPlagiarismIndex(k_nearest=50)(view, normal(500, 2, seed=2))
    assert float(scores.median()) == pytest.approx(0, abs=0.1)


def test_data_plagiarism_index_refuses_k_nearest_0():
    with pytest.raises(ParganError) as error:
        DataPlagiarismIndex(k_nearest=0)
    assert error.value.argument == "k_nearest"
