"""Images: the spec, digits, and the torchvision sets where their files are."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from pargan.data.sources.images import cifar10, digits, fashion_mnist, images_to_model, mnist
from pargan.errors import ParganError
from pargan.records.images import ImageSpec

DATA = Path(os.environ.get("PARGAN_DATA_DIR", "data"))


@pytest.mark.parametrize("shape", [(4, 6, 5), (4, 6, 5, 3)])
def test_all_256_levels_survive_model_space(shape):
    images = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    images.reshape(-1)[:256] = np.arange(120) if images.size < 256 else np.arange(256)
    model = images_to_model(images)
    spec = ImageSpec(*model.shape[1:])
    assert model.dtype == np.float32
    assert model.shape == (4, 3 if len(shape) == 4 else 1, 6, 5)
    np.testing.assert_array_equal(spec.decode(model), images)
    np.testing.assert_array_equal(spec.snap(model), model)


def test_the_range_is_minus_one_to_one_and_outside_is_cut():
    model = images_to_model(np.array([[[0, 255]]], dtype=np.uint8))
    assert model.ravel().tolist() == [-1.0, 1.0]
    assert ImageSpec(1, 1, 2).decode(np.array([[[[-1.7, 3.0]]]])).ravel().tolist() == [0, 255]
    assert ImageSpec(1, 1, 1).head()(torch.tensor([50.0])) == 1


def test_channels_move_to_the_front():
    image = np.zeros((1, 2, 2, 3), dtype=np.uint8)
    image[0, 0, 1, 2] = 255
    model = images_to_model(image)
    assert model[0, 2, 0, 1] == 1
    assert (model == 1).sum() == 1


def test_written_images_are_in_the_users_units(tmp_path):
    records = digits()
    path = records.spec.write(records.take(np.arange(3)), tmp_path / "generated")
    np.testing.assert_array_equal(np.load(path)["x"], records.values[:3])


def test_digits_are_the_bundled_images():
    records = digits()
    assert records.values.dtype == np.uint8
    assert records.spec.shape == (1, 8, 8)
    bundled = load_digits()
    np.testing.assert_array_equal(np.rint(records.values / 255 * 16), bundled.images)
    np.testing.assert_array_equal(records.labels, bundled.target)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (mnist, "MNIST/raw/train-images-idx3-ubyte"),
        (fashion_mnist, "FashionMNIST/raw/train-images-idx3-ubyte"),
        (cifar10, "cifar-10-batches-py"),
    ],
)
def test_without_files_and_network_the_sentence_names_what_is_expected_where(source, expected, tmp_path, monkeypatch):
    def no_network(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", no_network)
    with pytest.raises(ParganError) as caught:
        source(str(tmp_path))
    sentence = str(caught.value)
    assert sentence.startswith(f"data_dir={tmp_path}: ")
    assert f"{tmp_path}/{expected}" in sentence
    assert "\n" not in sentence


def test_damaged_files_are_refused_in_one_sentence(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{name}-ubyte").write_bytes(gzip.compress(b"broken"))
    with pytest.raises(ParganError, match="cannot be had"):
        mnist(str(tmp_path))


@pytest.mark.skipif(not (DATA / "MNIST/raw").is_dir(), reason="PARGAN_DATA_DIR holds no MNIST/raw")
def test_real_mnist():
    records = mnist(str(DATA))
    assert records.values.shape == (70_000, 28, 28)
    assert records.values.dtype == np.uint8
    # Known facts of the official files: images of each digit in training and test set together.
    counts = [6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958]
    assert np.bincount(records.labels).tolist() == counts
    assert records.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert abs(records.values[:60_000].mean() / 255 - 0.1307) < 1e-4
