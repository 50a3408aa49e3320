import numpy as np
import pytest
from sklearn.datasets import load_digits

from pargan.errors import ParganError
from pargan.metrics.features import fit_extractor

IMAGES, LABELS = load_digits(return_X_y=True)
REFERENCE = (IMAGES[:600] / 8 - 1).astype(np.float32).reshape(-1, 1, 8, 8)


@pytest.mark.parametrize(("labels", "name"), [(LABELS[:600], "refmlp"), (None, "refpca"), (np.zeros(600), "refpca")])
def test_fit_extractor_standardises_features_and_uses_labels_of_two_classes(labels, name):
    extractor = fit_extractor(REFERENCE, labels)
    assert extractor.name == name
    features = extractor(REFERENCE)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-9)
    assert features.var(axis=0).mean() == pytest.approx(1)


@pytest.mark.parametrize("reference", [np.zeros((9, 1, 8, 8)), REFERENCE[:1]])
def test_fit_extractor_refuses_records_without_variation(reference):
    with pytest.raises(ParganError, match="without variation") as error:
        fit_extractor(reference, None)
    assert error.value.argument == "reference"
    assert error.value.remedy
