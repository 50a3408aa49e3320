"""Inception's features, with random weights: what goes in, what comes out, and what is refused."""

import hashlib
import sys

import numpy as np
import pytest
import torch

from pargan.data.sources.images import digits
from pargan.errors import ParganError
from pargan.metrics import ImageQuality, Inception, inception
from pargan.records.pool import QualityRecords

fidelity = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
metric_fid = pytest.importorskip("torch_fidelity.metric_fid")

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network(inception_weights):
    """The library's own, to compare with."""
    return fidelity.FeatureExtractorInceptionV3("check", ["2048"], str(inception_weights))


@pytest.fixture(scope="module")
def extractor(inception_weights):
    return Inception(inception_weights, CPU)


def of_library(network, levels):
    return network(torch.as_tensor(levels))[0].numpy()


def test_images_reach_the_network_as_levels_from_0_to_255(extractor, network):
    levels = np.random.default_rng(0).integers(256, size=(3, 3, 8, 8), dtype=np.uint8)
    levels[0, :, 0, :2] = [0, 255]
    found = extractor((levels / 127.5 - 1).astype(np.float32))
    assert found.shape == (3, 2048)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, of_library(network, levels), rtol=1e-4, atol=1e-5)
    other = of_library(network, (levels / 127.5 - 1).astype(np.uint8))  # the published defect
    assert np.abs(found - other).max() > 0.1


def test_grey_images_have_three_equal_channels(extractor, network):
    records = digits()
    found = extractor(records.take(np.arange(2)))
    levels = np.repeat(records.values[:2, None], 3, axis=1)
    np.testing.assert_allclose(found, of_library(network, levels), rtol=1e-4, atol=1e-5)


def test_metrics_are_the_librarys_fid(extractor):
    pool = digits().take(np.arange(10))
    split = QualityRecords(pool[:0], pool[4:], pool[:0])  # the reference is not looked at
    metrics = ImageQuality(extractor=extractor)(pool[:4], split, 0)
    names = ("fid", "kid", "precision", "recall", "density", "coverage")
    assert list(metrics) == [f"{name}_{extractor.name}" for name in names]
    one, two = (metric_fid.fid_features_to_statistics(torch.as_tensor(extractor(x))) for x in (pool[:4], pool[4:]))
    expected = metric_fid.fid_statistics_to_metric(one, two, verbose=False)["frechet_inception_distance"]
    assert metrics[f"fid_{extractor.name}"] == pytest.approx(expected, rel=1e-3)


def test_held_out_images_pass_through_the_network_once(extractor, monkeypatch):
    seen = []

    def spy(levels):
        seen.append(len(levels))
        return (torch.arange(len(levels) * 4.0).reshape(-1, 4),)

    spy.to = lambda device: spy
    monkeypatch.setattr(extractor, "_network", spy)
    monkeypatch.setattr(inception, "BATCH", 4)
    pool = digits().take(np.arange(100, 200))
    for epoch in range(3):
        split = QualityRecords(pool[:0], pool[:10].copy(), pool[:0])
        ImageQuality(extractor=extractor)(pool[20 + 10 * epoch :][:6], split, 0)
    assert seen == [4, 2, 4, 4, 2, 4, 2, 4, 2]  # 6 generated, 10 held out, then 6 generated at a time


def test_the_name_tells_other_weights_from_the_published_ones(inception_weights, monkeypatch):
    digest = hashlib.sha256(inception_weights.read_bytes()).hexdigest()
    assert Inception(inception_weights).name == f"inception_{digest[:8]}"
    monkeypatch.setattr(inception, "PUBLISHED", digest)
    assert Inception(inception_weights).name == "inception"


def test_loading_leaves_the_random_state_alone(inception_weights):
    before = torch.random.get_rng_state()
    Inception(inception_weights)
    assert torch.equal(torch.random.get_rng_state(), before)


class Code:
    def __reduce__(self):
        return exec, ("raise SystemExit('code in a pickle was run')",)


@pytest.mark.parametrize("content", [{"fc.weight": torch.zeros(3)}, [1, 2], torch.zeros(2), Code(), None])
def test_files_without_these_weights_are_one_sentence(content, tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"something else") if content is None else torch.save(content, path)
    with pytest.raises(
        ParganError, match=r"^inception=.*weights.pth does not hold the weights .* give the path of pt_in"
    ):
        Inception(path)


def test_no_file_and_no_library_are_one_sentence(inception_weights, tmp_path, monkeypatch):
    for path in (tmp_path / "nowhere.pth", tmp_path):
        with pytest.raises(ParganError, match=rf"^inception={path} cannot be read .* give the path of pt_inception"):
            Inception(path)
    monkeypatch.setitem(sys.modules, fidelity.__name__, None)
    with pytest.raises(ParganError, match=r"needs torch-fidelity, .* type pip install torch-fidelity"):
        Inception(inception_weights)


def test_records_that_are_no_images_in_range_are_refused(extractor):
    with pytest.raises(ParganError, match=r"in \[-1, 1\], these range from 0 to 255; scale 0\.\.255 by x / 127\.5 - 1"):
        extractor(np.array([[[[0.0, 255.0]]]]))
    for shape in ((5, 3), (5, 2, 8, 8)):
        with pytest.raises(ParganError, match=r"C = 1 or 3, these records have shape \(5, "):
            extractor(np.zeros(shape))
