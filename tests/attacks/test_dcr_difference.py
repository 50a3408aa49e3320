import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from pargan.attacks import DCRDifference, RawSpace, RecordSpace, SamplesView
from tests.attacks.test_kernels import rows, table_view
from tests.helpers.planted import normal


def test_dcr_difference_equals_scikit_learn():
    samples, reference, records = normal(300, 3, seed=0), normal(150, 3, seed=1), normal(80, 3, seed=2)
    scores = DCRDifference()(SamplesView(samples=samples, reference=reference, seed=0), records)
    to_samples, to_reference = (
        NearestNeighbors(n_neighbors=1).fit(group).kneighbors(records)[0][:, 0] for group in (samples, reference)
    )
    np.testing.assert_allclose(scores, to_reference - to_samples, rtol=1e-4, atol=1e-5)


def test_dcr_difference_of_rows_counts_every_column_alike():
    view, records = table_view(), rows(40, 9)
    scores = DCRDifference()(view, records)
    torch.testing.assert_close(scores, DCRDifference(RecordSpace())(view, records))
    assert not torch.allclose(scores, DCRDifference(RawSpace())(view, records))
    assert scores.max() <= 2  # four columns, each at most 1 apart
