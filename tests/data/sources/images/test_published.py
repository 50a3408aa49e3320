import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from pargan.data.sources.images.published import cifar10, fashion_mnist, mnist
from pargan.errors import ParganError

DATA = Path(os.environ.get("PARGAN_DATA_DIR", "data"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (mnist, "MNIST/raw/train-images-idx3-ubyte"),
        (fashion_mnist, "FashionMNIST/raw/train-images-idx3-ubyte"),
        (cifar10, "cifar-10-batches-py"),
    ],
)
def test_torchvision_images_without_files_and_network_name_the_files(source, expected, tmp_path, monkeypatch):
    def no_network(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", no_network)
    with pytest.raises(ParganError, match="no network") as error:
        source(str(tmp_path))
    assert (error.value.argument, error.value.value) == ("data_dir", str(tmp_path))
    assert f"{tmp_path}/{expected}" in error.value.problem
    assert "data_dir" in error.value.remedy
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_mnist_refuses_damaged_files(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{name}-ubyte").write_bytes(gzip.compress(b"broken"))
    with pytest.raises(ParganError) as error:
        mnist(str(tmp_path))
    assert error.value.argument == "data_dir"
    assert str(raw) in error.value.problem


@pytest.mark.skipif(not (DATA / "MNIST/raw").is_dir(), reason="PARGAN_DATA_DIR holds no MNIST/raw")
def test_mnist_has_the_known_counts():
    pool = mnist(str(DATA))
    assert pool.values.shape == (70_000, 28, 28)
    assert pool.values.dtype == np.uint8
    # Number of images of each digit in the official training and test set together.
    counts = [6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958]
    assert np.bincount(pool.labels).tolist() == counts
    assert pool.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert abs(pool.values[:60_000].mean() / 255 - 0.1307) < 1e-4
