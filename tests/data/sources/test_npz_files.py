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


def test_npz_reads_points_and_labels(save):
    points = RNG.normal(size=(7, 3))
    pool = npz(save(x=points, y=np.array([5, 5, 9, 5, 9, 9, 5])))
    assert pool.spec.kind == "points"
    assert pool.spec.shape == (3,)
    np.testing.assert_array_equal(pool.take(np.arange(7)), points.astype(np.float32))
    assert pool.labels.tolist() == [0, 0, 1, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("images", "shape"),
    [(IMAGES, (3, 5, 4)), (IMAGES[..., 0], (1, 5, 4)), (IMAGES[..., :1], (1, 5, 4))],
)
def test_npz_reads_images(save, images, shape):
    pool = npz(save(x=images))
    assert pool.spec.shape == shape
    assert pool.labels is None
    assert pool.values.dtype == np.uint8
    model = pool.take(np.arange(6))
    np.testing.assert_allclose(model[2, 0], images.reshape(6, 5, 4, -1)[2, ..., 0] / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(pool.spec.decode(model).ravel(), images.ravel())


def test_npz_rounds_float_images_to_grey_levels(save):
    pool = npz(save(x=IMAGES / 255))
    np.testing.assert_array_equal(pool.values, IMAGES)


def test_npz_reads_the_given_keys(save):
    path = save(a=IMAGES, b=np.arange(6), y=np.zeros(3))
    assert npz(path, key="a", labels_key="b").labels.tolist() == list(range(6))
    assert npz(path, key="a", labels_key=None).labels is None


def points_with(value):
    values = RNG.normal(size=(7, 3))
    values[2, 1] = value
    return values


@pytest.mark.parametrize(
    ("arrays", "problem", "remedy"),
    [
        ({"a": IMAGES, "b": IMAGES}, "has no array x (it holds a, b)", "key=a"),
        ({"x": points_with(np.nan)}, "1 of 7 records in array x with NaN", "drop them"),
        ({"x": points_with(-np.inf)}, "1 of 7 records in array x with NaN", "drop them"),
        ({"x": points_with(1e300)}, "1 of 7 records in array x with NaN", "drop them"),
        ({"x": np.zeros(5)}, "array x of shape (5,)", "points (N, D) or images"),
        ({"x": np.zeros(())}, "array x of shape ()", "points (N, D) or images"),
        ({"x": np.zeros((2, 2, 2, 2, 2))}, "array x of shape (2, 2, 2, 2, 2)", "points (N, D) or images"),
        ({"x": IMAGES.transpose(0, 3, 1, 2)}, "array x of shape (6, 3, 5, 4)", "(N, H, W, C)"),
        ({"x": np.zeros((0, 5))}, "empty array x of shape (0, 5)", "at least one record"),
        ({"x": np.zeros((4, 0))}, "empty array x of shape (4, 0)", "at least one record"),
        ({"x": IMAGES.astype(np.int64)}, "images x of type int64 from ", "uint8 in 0..255 or float in [0, 1]"),
        ({"x": IMAGES / 127.5 - 1}, "images x of type float64 from -", "uint8 in 0..255"),
        ({"x": IMAGES.astype(np.float32)}, "images x of type float32", "uint8 in 0..255"),
        ({"x": np.full((3, 2), "a")}, "array x of type <U1", "numbers"),
        ({"x": np.array([[{}]])}, "cannot be read as an .npz of plain arrays", "numpy.savez(path, x=records)"),
        ({"x": IMAGES, "y": np.arange(5)}, "labels y of type int64 and shape (5,) for 6 records", "labels_key="),
        ({"x": IMAGES, "y": np.linspace(0, 1, 6)}, "labels y of type float64 and shape (6,)", "6 integers"),
    ],
)
def test_npz_refuses_unfit_arrays(save, arrays, problem, remedy):
    path = save(**arrays)
    with pytest.raises(ParganError) as error:
        npz(path)
    assert (error.value.argument, error.value.value) == ("path", path)
    assert problem in error.value.problem
    assert remedy in error.value.remedy
    assert "\n" not in str(error.value)


def test_npz_refuses_other_files(tmp_path):
    with pytest.raises(ParganError, match="is missing") as error:
        npz()
    assert error.value.argument == "path"
    assert "path=my.npz" in error.value.remedy
    with pytest.raises(ParganError, match="is not a file"):
        npz(str(tmp_path / "nothing.npz"))
    for name, content in (("text.npz", b"hello"), ("empty.npz", b""), ("cut.npz", b"PK\x03\x04")):
        (tmp_path / name).write_bytes(content)
    np.save(tmp_path / "single.npy", IMAGES)
    for name in ("text.npz", "empty.npz", "cut.npz", "single.npy"):
        with pytest.raises(ParganError, match="cannot be read as an") as error:
            npz(str(tmp_path / name))
        assert (error.value.argument, error.value.value) == ("path", str(tmp_path / name))
        assert "numpy.savez" in error.value.remedy
