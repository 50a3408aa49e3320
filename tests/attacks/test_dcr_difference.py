import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from pargan.attacks import DCRDifference, SamplesView
from tests.attacks.test_product_kernel import rows, table_view
from tests.helpers.planted import normal


def test_dcr_difference_equals_scikit_learn():
    samples, reference, records = normal(300, 3, seed=0), normal(150, 3, seed=1), normal(80, 3, seed=2)
    scores = DCRDifference()(SamplesView(samples=samples, reference=reference, seed=0), records)
    to_samples, to_reference = (
        NearestNeighbors(n_neighbors=1).fit(group).kneighbors(records)[0][:, 0] for group in (samples, reference)
    )
    np.testing.assert_allclose(scores, to_reference - to_samples, rtol=1e-4, atol=1e-5)


def test_dcr_difference_of_rows_measures_in_standard_deviations_and_counts_categories():
    view, records = table_view(), rows(40, 9)
    scores = DCRDifference()(view, records)
    deviations = view.reference.std(0, correction=0)

    def distances(group):
        numbers = (records[:, None, [0, 4]] - group[:, [0, 4]]) / deviations[[0, 4]]
        different = sum(
            (records[:, None, block] != group[:, block]).any(2).float() for block in (slice(1, 4), slice(5, 7))
        )
        return (numbers.square().sum(2) + 2 * different).sqrt().amin(1)

    torch.testing.assert_close(scores, distances(view.reference) - distances(view.samples), rtol=1e-4, atol=1e-4)
