"""Images: the spec, digits, and the torchvision sets where their files are."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from pargan.data.sources.images import cifar10, digits, fashion_mnist, mnist
from pargan.errors import ParganError

DATA = Path(os.environ.get("PARGAN_DATA_DIR", "data"))


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
