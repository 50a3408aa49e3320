"""A user's own arrays."""

import numpy as np
import pytest

from pargan.data.sources.npz_files import npz
from pargan.errors import ParganError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 5, 4, 3)).astype(np.uint8)


@pytest.fixture
def save(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "my.npz", **arrays)
        return str(tmp_path / "my.npz")

    return save


def test_points(save):
    points = RNG.normal(size=(7, 3))
    records = npz(save(x=points, y=np.array([5, 5, 9, 5, 9, 9, 5])))
    assert records.spec.kind == "points"
    assert records.spec.shape == (3,)
    np.testing.assert_array_equal(records.take(np.arange(7)), points.astype(np.float32))
    assert records.labels.tolist() == [0, 0, 1, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("images", "shape"),
    [(IMAGES, (3, 5, 4)), (IMAGES[..., 0], (1, 5, 4)), (IMAGES[..., :1], (1, 5, 4))],
)
def test_images(save, images, shape):
    records = npz(save(x=images))
    assert records.spec.shape == shape
    assert records.labels is None
    assert records.values.dtype == np.uint8
    model = records.take(np.arange(6))
    np.testing.assert_allclose(model[2, 0], images.reshape(6, 5, 4, -1)[2, ..., 0] / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(records.spec.decode(model).ravel(), images.ravel())


def test_float_images_are_rounded_to_levels(save):
    records = npz(save(x=IMAGES / 255))
    np.testing.assert_array_equal(records.values, IMAGES)


def test_keys_can_be_chosen(save):
    path = save(a=IMAGES, b=np.arange(6), y=np.zeros(3))
    assert npz(path, key="a", labels_key="b").labels.tolist() == list(range(6))
    assert npz(path, key="a", labels_key=None).labels is None


def changed(value):
    values = RNG.normal(size=(7, 3))
    values[2, 1] = value
    return values


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"a": IMAGES, "b": IMAGES}, r"has no array x \(it holds a, b\); set dataset\.key"),
        ({"x": changed(np.nan)}, "1 of 7 records of array x hold NaN or infinity"),
        ({"x": changed(-np.inf)}, "1 of 7 records of array x hold NaN or infinity"),
        ({"x": changed(1e300)}, "1 of 7 records of array x hold NaN or infinity"),
        ({"x": np.zeros(5)}, r"array x has shape \(5,\); give points \(N, D\) or images"),
        ({"x": np.zeros((2, 2, 2, 2, 2))}, "array x has shape"),
        ({"x": IMAGES.transpose(0, 3, 1, 2)}, r"array x has shape \(6, 3, 5, 4\)"),
        ({"x": np.zeros((0, 5))}, r"array x \(0, 5\) holds no records"),
        ({"x": np.zeros((4, 0))}, r"array x \(4, 0\) holds no records"),
        ({"x": IMAGES.astype(np.int64)}, "images x are int64 from .*; give uint8 in 0..255 or float in"),
        ({"x": IMAGES / 127.5 - 1}, "images x are float64 from -.*; give uint8"),
        ({"x": IMAGES.astype(np.float32)}, "images x are float32 .*give uint8"),
        ({"x": np.full((3, 2), "a")}, r"array x is <U1; give numbers"),
        ({"x": np.array([[{}]])}, "cannot be read as an .npz of plain arrays"),
        ({"x": IMAGES, "y": np.arange(5)}, r"labels y are int64 \(5,\) for 6 records"),
        ({"x": IMAGES, "y": np.linspace(0, 1, 6)}, r"labels y are float64 \(6,\) for 6 records"),
    ],
)
def test_bad_arrays_get_one_sentence(save, arrays, sentence):
    with pytest.raises(ParganError, match=sentence) as caught:
        npz(save(**arrays))
    assert str(caught.value).startswith("dataset.path=")
    assert "\n" not in str(caught.value)


def test_bad_files_get_one_sentence(tmp_path):
    with pytest.raises(ParganError, match=r"^dataset\.path is missing"):
        npz()
    with pytest.raises(ParganError, match="is no file"):
        npz(str(tmp_path / "nothing.npz"))
    for name, content in (("text.npz", b"hello"), ("empty.npz", b""), ("cut.npz", b"PK\x03\x04")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ParganError, match="cannot be read as an"):
            npz(str(tmp_path / name))
    np.save(tmp_path / "single.npy", IMAGES)
    with pytest.raises(ParganError, match="cannot be read as an"):
        npz(str(tmp_path / "single.npy"))
