from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from pargan.attacks import FeatureSpace, SamplesView
from pargan.errors import ParganError
from pargan.metrics import features
from pargan.metrics.content_cache import ContentCache
from pargan.metrics.distances import frechet_distance
from pargan.metrics.images import ImageQuality
from pargan.records.pool import QualityRecords


@pytest.fixture(scope="module")
def digits() -> QualityRecords:
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    images = (images[order] / 8 - 1).astype(np.float32).reshape(-1, 1, 8, 8)
    groups = np.split(images, [700, 1200])
    return QualityRecords(*groups, *np.split(labels[order], [700, 1200]))


def unlabelled(split: QualityRecords) -> QualityRecords:
    return QualityRecords(split.members, split.nonmembers, split.reference)


@pytest.mark.parametrize("labelled", [True, False])
def test_image_quality_is_worse_for_worse_images(digits, labelled):
    split = digits if labelled else unlabelled(digits)
    suffix = "_refmlp" if labelled else "_refpca"
    noise = np.random.default_rng(1).normal(size=(500, 1, 8, 8)).astype(np.float32)
    quality = ImageQuality()
    members = digits.members[:500]
    good, noisy, bad = (quality(images, split, 0) for images in (members, members + 0.5 * noise, noise))
    names = ("fid", "kid", "precision", "recall", "density", "coverage")
    assert list(good) == [name + suffix for name in names]
    for name in ("fid", "kid"):
        assert good[name + suffix] < noisy[name + suffix] < bad[name + suffix]
    for name in ("density", "coverage"):
        assert good[name + suffix] > noisy[name + suffix] > bad[name + suffix]
    assert good["coverage" + suffix] > 0.9


def test_image_quality_fits_one_extractor_per_process_on_the_reference_only(digits, monkeypatch):
    fitted_on = []

    def spy(reference, labels):
        fitted_on.append(reference)
        return features._fit(reference, labels)

    monkeypatch.setattr(features, "_cached_fit", ContentCache(spy, size=4))
    first = ImageQuality()(digits.members[:100], digits, 3)
    copied = replace(digits, reference=digits.reference.copy(), member_labels=None)
    assert ImageQuality()(digits.members[:100], copied, 3) == first
    reference, labels = torch.as_tensor(digits.reference), torch.as_tensor(digits.reference_labels)
    view = SamplesView(samples=reference, reference=reference, seed=0, reference_labels=labels)
    FeatureSpace()(view)  # attacks want the same features
    assert len(fitted_on) == 1
    np.testing.assert_array_equal(fitted_on[0], digits.reference)
    ImageQuality()(digits.members[:100], unlabelled(digits), 3)
    assert len(fitted_on) == 2


def test_image_quality_with_an_extractor_needs_no_reference_and_its_frechet_distance_uses_all_records(digits):
    class Flat:
        name = "flat"

        def __call__(self, records):
            return records.reshape(len(records), -1).astype(np.float64)

    split = replace(digits, reference=digits.reference[:0])
    metrics = ImageQuality(num_records=50, extractor=Flat())(digits.members, split, 0)
    expected = frechet_distance(Flat()(digits.members), Flat()(digits.nonmembers))
    assert metrics["fid_flat"] == pytest.approx(expected)
    more = ImageQuality(num_records=60, extractor=Flat())(digits.members, split, 0)
    assert more["fid_flat"] == metrics["fid_flat"]
    assert more["kid_flat"] != metrics["kid_flat"]


def test_image_quality_depends_on_the_seed_only(digits):
    quality = ImageQuality(num_records=100)
    first = quality(digits.members, digits, 1)
    assert ImageQuality(num_records=100)(digits.members, digits, 1) == first
    assert quality(digits.members, digits, 2) != first


def test_image_quality_refuses_a_single_record(digits):
    with pytest.raises(ParganError, match="two or more generated and held-out records, not 1 and 500") as error:
        ImageQuality()(digits.members[:1], digits, 0)
    assert error.value.remedy
