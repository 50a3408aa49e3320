"""The Inception extractor with random weights, compared with torch-fidelity."""

import hashlib
import sys

import numpy as np
import pytest
import torch

from pargan.data.sources.images.digits import digits
from pargan.errors import ParganError
from pargan.metrics import ImageQuality, Inception, inception
from pargan.records.pool import QualityRecords

fidelity = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
metric_fid = pytest.importorskip("torch_fidelity.metric_fid")

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network(inception_weights):
    """The network of torch-fidelity, to compare with."""
    return fidelity.FeatureExtractorInceptionV3("check", ["2048"], str(inception_weights))


@pytest.fixture(scope="module")
def extractor(inception_weights):
    return Inception(inception_weights, CPU)


def expected_features(network, levels):
    return network(torch.as_tensor(levels))[0].numpy()


def test_inception_passes_images_to_the_network_as_levels_from_0_to_255(extractor, network):
    levels = np.random.default_rng(0).integers(256, size=(3, 3, 8, 8), dtype=np.uint8)
    levels[0, :, 0, :2] = [0, 255]
    features = extractor((levels / 127.5 - 1).astype(np.float32))
    assert features.shape == (3, 2048)
    assert features.dtype == np.float64
    np.testing.assert_allclose(features, expected_features(network, levels), rtol=1e-4, atol=1e-5)
    wrong = expected_features(network, (levels / 127.5 - 1).astype(np.uint8))  # a published implementation does this
    assert np.abs(features - wrong).max() > 0.1


def test_inception_repeats_the_channel_of_grey_images(extractor, network):
    pool = digits()
    features = extractor(pool.take(np.arange(2)))
    levels = np.repeat(pool.values[:2, None], 3, axis=1)
    np.testing.assert_allclose(features, expected_features(network, levels), rtol=1e-4, atol=1e-5)


def test_inception_gives_the_fid_of_torch_fidelity(extractor):
    pool = digits().take(np.arange(10))
    split = QualityRecords(pool[:0], pool[4:], pool[:0])  # the reference group is not used
    metrics = ImageQuality(extractor=extractor)(pool[:4], split, 0)
    names = ("fid", "kid", "precision", "recall", "density", "coverage")
    assert list(metrics) == [f"{name}_{extractor.name}" for name in names]
    one, two = (metric_fid.fid_features_to_statistics(torch.as_tensor(extractor(x))) for x in (pool[:4], pool[4:]))
    expected = metric_fid.fid_statistics_to_metric(one, two, verbose=False)["frechet_inception_distance"]
    assert metrics[f"fid_{extractor.name}"] == pytest.approx(expected, rel=1e-3)


def test_inception_computes_features_of_held_out_images_once(extractor, monkeypatch):
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


def test_inception_name_distinguishes_other_weights_from_the_published_ones(inception_weights, monkeypatch):
    digest = hashlib.sha256(inception_weights.read_bytes()).hexdigest()
    assert Inception(inception_weights).name == f"inception_{digest[:8]}"
    monkeypatch.setattr(inception, "PUBLISHED", digest)
    assert Inception(inception_weights).name == "inception"


def test_inception_does_not_change_the_random_state(inception_weights):
    before = torch.random.get_rng_state()
    Inception(inception_weights)
    assert torch.equal(torch.random.get_rng_state(), before)


class Code:
    def __reduce__(self):
        return exec, ("raise SystemExit('code in a pickle was run')",)


@pytest.mark.parametrize("content", [{"fc.weight": torch.zeros(3)}, [1, 2], torch.zeros(2), Code(), None])
def test_inception_refuses_files_without_its_weights(content, tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"something else") if content is None else torch.save(content, path)
    with pytest.raises(ParganError, match="does not hold the weights") as error:
        Inception(path)
    assert (error.value.argument, error.value.value) == ("weights", path)
    assert inception.FILE in error.value.remedy


def test_inception_refuses_a_missing_file(tmp_path):
    for path in (tmp_path / "nowhere.pth", tmp_path):
        with pytest.raises(ParganError, match="cannot be read") as error:
            Inception(path)
        assert (error.value.argument, error.value.value) == ("weights", path)
        assert inception.FILE in error.value.remedy


def test_inception_needs_torch_fidelity(inception_weights, monkeypatch):
    monkeypatch.setitem(sys.modules, fidelity.__name__, None)
    with pytest.raises(ParganError, match="needs torch-fidelity") as error:
        Inception(inception_weights)
    assert "pip install torch-fidelity" in error.value.remedy


def test_inception_refuses_records_of_another_range_or_shape(extractor):
    with pytest.raises(ParganError, match="range from 0 to 255") as error:
        extractor(np.array([[[[0.0, 255.0]]]]))
    assert error.value.argument == "records"
    assert "x / 127.5 - 1" in error.value.remedy
    for shape in ((5, 3), (5, 2, 8, 8)):
        with pytest.raises(ParganError, match=r"have shape \(5, ") as error:
            extractor(np.zeros(shape))
        assert error.value.argument == "records"
        assert error.value.remedy
