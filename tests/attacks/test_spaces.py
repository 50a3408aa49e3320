from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from pargan.attacks import (
    FeatureSpace,
    MixedTypeSpace,
    NearestNeighbour,
    PrincipalComponents,
    RawSpace,
    SamplesView,
)
from pargan.errors import ParganError
from pargan.metrics.features import fit_extractor
from pargan.records.columns import Categorical, Integer, Numeric
from pargan.records.images import ImageSpec
from pargan.records.tables import TableSpec
from tests.attacks.test_product_kernel import rows, table_view
from tests.helpers.planted import normal

TABLE = {
    "size": np.array([1.0, 3.0, 5.0, 2.0]),
    "count": np.array([0, 10, 20, 5]),
    "colour": np.array(["red", "blue", "green", "blue"]),
    "sex": np.array(["f", "m", "m", "f"]),
}
SPEC = TableSpec.fit(TABLE, {"size": Numeric, "count": Integer, "colour": Categorical, "sex": Categorical})
ROWS = torch.as_tensor(SPEC.encode(TABLE))


def test_principal_components_equal_scikit_learn_on_samples_and_reference():
    view = SamplesView(samples=normal(300, 1, 4, 4, seed=0), reference=normal(200, 1, 4, 4, seed=1) * 3, seed=0)
    records = normal(20, 1, 4, 4, seed=2)
    known = torch.cat([view.samples, view.reference]).flatten(1).double().numpy()
    expected = PCA(5, svd_solver="full").fit(known).transform(records.flatten(1).double().numpy())
    components = PrincipalComponents(5)(view)(records)
    np.testing.assert_allclose(components.abs(), np.abs(expected), atol=1e-3)


@pytest.mark.parametrize(("samples", "width", "expected"), [(100, 7, 7), (3, 64, 5), (100, 64, 40)])
def test_principal_components_are_limited_by_features_and_by_records(samples, width, expected):
    view = SamplesView(samples=normal(samples, width, seed=0), reference=normal(2, width, seed=1), seed=0)
    assert PrincipalComponents(40)(view)(normal(4, width, seed=0)).shape == (4, expected)


def test_principal_components_preserve_distances_if_all_are_used():
    view = SamplesView(samples=normal(200, 6, seed=0), reference=normal(50, 6, seed=1), seed=0)
    records = normal(30, 6, seed=2)
    raw, rotated = (NearestNeighbour(space)(view, records) for space in (RawSpace(), PrincipalComponents(6)))
    torch.testing.assert_close(raw, rotated, rtol=1e-4, atol=1e-4)


def test_principal_components_refuse_n_components_0():
    with pytest.raises(ParganError) as error:
        PrincipalComponents(0)
    assert (error.value.argument, error.value.value) == ("n_components", 0)


def test_principal_components_are_differentiable():
    view = SamplesView(samples=normal(50, 6, seed=0), reference=normal(50, 6, seed=1), seed=0)
    records = normal(4, 6, seed=2).requires_grad_()
    PrincipalComponents(6)(view)(records).square().sum().backward()
    torch.testing.assert_close(records.grad, 2 * (records - torch.cat([view.samples, view.reference]).mean(0)))


def test_feature_space_is_fitted_on_the_reference_alone():
    view = SamplesView(samples=normal(30, 1, 4, 4, seed=0), reference=normal(200, 1, 4, 4, seed=1), seed=0)
    labelled = replace(view, reference_labels=torch.arange(200) % 3)
    records = normal(20, 1, 4, 4, seed=2)
    for fitted_on, labels in ((view, None), (labelled, labelled.reference_labels.numpy())):
        expected = fit_extractor(view.reference.numpy(), labels)(records.numpy())
        np.testing.assert_allclose(FeatureSpace()(fitted_on)(records), expected, rtol=1e-4, atol=1e-4)
    other = replace(labelled, samples=view.samples + 5)
    assert torch.equal(FeatureSpace()(other)(records), FeatureSpace()(labelled)(records))


def test_feature_space_uses_the_extractor_it_is_given():
    class Halves:
        name = "halves"

        def __call__(self, records):
            return records.reshape(len(records), -1)[:, :2].astype(np.float64) / 2

    view = SamplesView(samples=normal(30, 3, seed=0), reference=torch.ones(9, 3), seed=0)
    records = normal(5, 3, seed=1)
    torch.testing.assert_close(FeatureSpace(Halves())(view)(records), records[:, :2] / 2)


def test_feature_space_refuses_a_reference_without_variation():
    view = SamplesView(samples=normal(30, 3, seed=0), reference=torch.ones(9, 3), seed=0)
    with pytest.raises(ParganError, match="9 records"):
        FeatureSpace()(view)


def test_mixed_type_space_is_the_literal_heterogeneous_metric():
    view = SamplesView(samples=ROWS, reference=ROWS, seed=0, spec=SPEC)
    rows = MixedTypeSpace()(view)(ROWS)
    for i in range(4):
        for j in range(4):
            literal = sum(
                float(TABLE[name][i] != TABLE[name][j]) if name in ("colour", "sex")
                else ((TABLE[name][i] - TABLE[name][j]) / np.ptp(TABLE[name])) ** 2
                for name in TABLE
            )  # fmt: skip
            assert float((rows[i] - rows[j]).norm()) == pytest.approx(literal**0.5, abs=1e-6)


@pytest.mark.parametrize(("spec", "kind"), [(None, "unknown format"), (ImageSpec(1, 2, 2), "kind image")])
def test_mixed_type_space_refuses_records_without_columns(spec, kind):
    view = SamplesView(samples=torch.zeros(3, 4), reference=torch.zeros(3, 4), seed=0, spec=spec)
    with pytest.raises(ParganError) as error:
        NearestNeighbour(MixedTypeSpace())(view, torch.zeros(3, 4))
    assert (error.value.argument, error.value.value) == ("space", "MixedTypeSpace")
    assert kind in error.value.problem


def test_nearest_neighbour_and_components_of_rows_measure_numbers_in_standard_deviations():
    view, records = table_view(), rows(40, 9)
    deviations = view.reference.std(0, correction=0)
    numbers = (records[:, None, [0, 4]] - view.samples[:, [0, 4]]) / deviations[[0, 4]]
    different = sum(
        (records[:, None, block] != view.samples[:, block]).any(2).float() for block in (slice(1, 4), slice(5, 7))
    )
    expected = -(numbers.square().sum(2) + 2 * different).sqrt().amin(1)
    for space in (None, PrincipalComponents(view.samples.shape[1])):
        attack = NearestNeighbour() if space is None else NearestNeighbour(space)
        torch.testing.assert_close(attack(view, records), expected, rtol=1e-3, atol=1e-3)
