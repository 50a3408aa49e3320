import io
import zipfile

import numpy as np
import pytest

from pargan.data.sources.arrays.npz import npz, npz_pools
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
    model = pool.take(np.arange(7))
    np.testing.assert_allclose(model, (points - points.mean(0)) / points.std(0), atol=1e-6)
    np.testing.assert_allclose(pool.spec.decode(model), points, atol=1e-6)
    plain = npz(save(x=points), standardize=False)
    np.testing.assert_array_equal(plain.take(np.arange(7)), points.astype(np.float32))
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
        ({"x": points_with(1e300)}, "1 of 7 records in array x with numbers beyond float32", "in another unit"),
        ({"x": np.zeros(5)}, "array x of shape (5,)", "points (N, D) or images"),
        ({"x": np.zeros(())}, "array x of shape ()", "points (N, D) or images"),
        ({"x": np.zeros((2, 2, 2, 2, 2))}, "array x of shape (2, 2, 2, 2, 2)", "points (N, D) or images"),
        ({"x": np.zeros((0, 5))}, "array x without content, of shape (0, 5)", "at least one record"),
        ({"x": np.zeros((4, 0))}, "array x without content, of shape (4, 0)", "at least one record"),
        ({"x": IMAGES[..., [0, 0, 0, 0]]}, "array x of shape (6, 5, 4, 4)", "transparency laid on a ground"),
        ({"x": IMAGES[:, :3]}, "of shape (6, 3, 4, 3), whose channels may stand second or last", "layout=NCHW"),
        ({"x": IMAGES % 17}, "images of uint8 from 0 to 16", "pixel_range=[0,16] or pixel_range=[0,255]"),
        ({"x": IMAGES % 17 / 1.0}, "images of float64 from 0 to 16", "pixel_range=[0,16] or pixel_range=[0,255]"),
        ({"x": IMAGES.astype(int) - 99}, "images of int64 from -99 to ", "pixel_range=[-99,"),
        ({"x": IMAGES / 60}, "images of float64 from 0 to ", "pixel_range=[0,"),
        ({"x": np.array([[{}]])}, "array x of Python objects", "astype(float)"),
        ({"x": IMAGES, "y": np.array([None] * 6)}, "array y of Python objects", "astype(float)"),
        ({"x": np.full((3, 2), "a")}, "array x of type <U1", "numbers"),
        ({"x": IMAGES, "y": np.arange(5)}, "labels y of type int64 and shape (5,) for 6 records", "labels_key="),
        ({"x": IMAGES, "y": np.linspace(0, 1, 6)}, "labels y that are not whole numbers", "6 integers"),
        ({"x": IMAGES, "y": np.full(6, np.nan)}, "labels y that are not whole numbers", "labels_key="),
        ({"x": IMAGES, "y": np.ones((6, 2))}, "labels y of shape (6, 2) that are not one-hot", "one label for each"),
        ({"x": IMAGES, "y": np.zeros((6, 2, 1))}, "labels y of type float64 and shape (6, 2, 1)", "6 integers"),
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


BYTES = IMAGES.astype(float)
READ_AS = {  # what people save -> its grey levels
    "bool": (IMAGES > 128, (IMAGES > 128) * 255),
    "mask of uint8": ((IMAGES > 128).astype(np.uint8), (IMAGES > 128) * 255),
    "mask of int64": ((IMAGES > 128).astype(np.int64), (IMAGES > 128) * 255),
    "mask of float": ((IMAGES > 128).astype(np.float32), (IMAGES > 128) * 255),
    "levels as int64": (IMAGES.astype(np.int64), IMAGES),
    "levels as float": (IMAGES.astype(np.float32), IMAGES),
    "[0, 1]": (BYTES / 255, IMAGES),
    "[0, 1] as float16": ((BYTES / 255).astype(np.float16), IMAGES),
    "[-1, 1]": (BYTES / 127.5 - 1, IMAGES),
    "10 bits": ((BYTES * 1023 / 255).astype(np.uint16), IMAGES),
    "12 bits": ((BYTES * 4095 / 255).astype(np.uint16), IMAGES),
    "16 bits": ((BYTES * 257).astype(np.uint16), IMAGES),
    "16 bits, big-endian": ((BYTES * 257).astype(">u2"), IMAGES),
}


@pytest.mark.parametrize("layout", ["NHWC", "NCHW", "NHW"])
@pytest.mark.parametrize(("values", "levels"), READ_AS.values(), ids=list(READ_AS))
def test_npz_recognises_how_images_are_written(save, values, levels, layout):
    written = {"NHWC": values, "NCHW": values.transpose(0, 3, 1, 2), "NHW": values[..., 0]}[layout]
    pool = npz(save(x=written))
    expected = levels if layout != "NHW" else levels[..., 0]
    assert pool.values.dtype == np.uint8
    assert np.abs(pool.values.astype(int) - expected).max() <= (1 if "1" in str(values.dtype) else 0)
    is_usual = values.dtype.kind == "b" or (values.dtype.kind == "f" and values.min() >= 0 and values.max() <= 1)
    assert len(pool.notes) == (0 if is_usual else 1)


def test_npz_takes_the_range_it_is_given(save):
    path = save(x=IMAGES % 17)
    np.testing.assert_array_equal(npz(path, pixel_range=(0, 255)).values, IMAGES % 17)
    np.testing.assert_array_equal(npz(path, pixel_range=(0, 16)).values, np.rint(IMAGES % 17 * (255 / 16)))
    window = npz(save(x=IMAGES.astype(int) * 9 - 1000), pixel_range=(-500, 500))
    expected = np.clip(np.rint((IMAGES.astype(int) * 9 - 500) * 0.255), 0, 255)
    np.testing.assert_array_equal(window.values, expected)
    assert "cut off" in window.notes[0]


def test_npz_takes_the_layout_it_is_given(save):
    square = RNG.integers(0, 256, (6, 3, 4, 3)).astype(np.uint8)
    path = save(x=square)
    np.testing.assert_array_equal(npz(path, layout="NHWC").values, square)
    np.testing.assert_array_equal(npz(path, layout="NCHW").values, square.transpose(0, 2, 3, 1))
    with pytest.raises(ParganError) as error:
        npz(path, layout="HWCN")
    assert (error.value.argument, error.value.value) == ("layout", "HWCN")


CLASSES = np.array([2, 0, 1, 1, 2, 0])


@pytest.mark.parametrize(
    "labels",
    [
        CLASSES,
        CLASSES[:, None],
        CLASSES.astype(float),
        CLASSES[:, None].astype(np.float32),
        CLASSES * 7 - 3,
        np.eye(3)[CLASSES],
        np.eye(3, dtype=int)[CLASSES],
        np.eye(3, dtype=bool)[CLASSES],
        np.array(["a", "b", "c"])[CLASSES],
    ],
)
def test_npz_takes_labels_in_every_usual_form(save, labels):
    assert npz(save(x=IMAGES, y=labels)).labels.tolist() == CLASSES.tolist()


def test_npz_takes_truth_values_as_labels(save):
    assert npz(save(x=IMAGES, y=CLASSES > 0)).labels.tolist() == (CLASSES > 0).astype(int).tolist()


UNITS = np.array([1.0, 1e-30, 4254.0, 1e7])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint8])
def test_npz_brings_coordinates_to_one_scale_and_back(save, dtype):
    points = RNG.normal(size=(200, 4)) * 40 + 100
    points = (points * UNITS if dtype == np.float64 else points).astype(dtype)
    pool = npz(save(x=points))
    model = pool.take(np.arange(200))
    np.testing.assert_allclose(model.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(model.std(0), 1, atol=1e-5)
    decoded = pool.spec.decode(model)
    assert decoded.dtype == (np.float32 if dtype == np.float32 else np.float64)
    np.testing.assert_allclose(decoded, points, rtol=1e-5)


def test_npz_keeps_apart_points_that_differ_in_the_eighth_digit(save):
    points = 1e7 + RNG.normal(size=(200, 1))
    assert len(np.unique(points.astype(np.float32))) < 30
    assert len(np.unique(npz(save(x=points)).hashes())) == 200


def test_npz_leaves_a_constant_coordinate_constant(save):
    pool = npz(save(x=np.array([[5.0, 1.0], [5.0, 2.0]])))
    np.testing.assert_array_equal(pool.take(np.arange(2)), [[0, -1], [0, 1]])


def test_npz_pools_take_scale_and_range_from_real_records(tmp_path):
    def pools(**groups):
        for name, values in groups.items():
            np.savez(tmp_path / f"{name}.npz", x=values)
        return npz_pools({name: str(tmp_path / f"{name}.npz") for name in groups}, generated="synthetic")

    real = RNG.normal(size=(3, 50, 2)) * [1, 1000]
    wild = real[0].copy()
    wild[0] = 1e9
    read = pools(members=real[0], nonmembers=real[1], synthetic=wild)
    expected = (real[0] - real[1].mean(0)) / real[1].std(0)
    np.testing.assert_allclose(read["synthetic"].take(np.arange(1, 50)), expected[1:], rtol=1e-4, atol=1e-5)
    read = pools(members=real[0], nonmembers=real[1], synthetic=wild, reference=real[2])
    assert read["members"].spec.scale == tuple(real[2].std(0))
    between = pools(members=BYTES / 127.5 - 1, nonmembers=BYTES / 127.5 - 1, synthetic=BYTES / 255)
    np.testing.assert_allclose(between["synthetic"].values, (BYTES / 255 + 1) * 127.5, atol=0.51)
    other_type = pools(members=IMAGES, nonmembers=IMAGES, synthetic=BYTES / 255)
    np.testing.assert_array_equal(other_type["synthetic"].values, IMAGES)


def test_npz_pools_number_classes_alike(tmp_path):
    np.savez(tmp_path / "m.npz", x=IMAGES, y=CLASSES * 5)
    np.savez(tmp_path / "n.npz", x=IMAGES, y=np.full(6, 10.0))
    pools = npz_pools({"members": str(tmp_path / "m.npz"), "nonmembers": str(tmp_path / "n.npz")}, generated=None)
    assert pools["members"].labels.tolist() == CLASSES.tolist()
    assert pools["nonmembers"].labels.tolist() == [2] * 6


def with_header(path, header, body=b""):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, header)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", buffer.getvalue() + body)
    return str(path)


def test_npz_refuses_arrays_that_do_not_fit_into_memory_before_reading_them(tmp_path):
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12, 4)}
    for body in (b"", bytes(10**6)):
        with pytest.raises(ParganError, match="fit into memory") as error:
            npz(with_header(tmp_path / "bomb.npz", header, body))
        assert "(1000000000000, 4), 29,802 GiB" in error.value.problem


def test_npz_refuses_an_array_shorter_than_its_header_says(tmp_path):
    header = {"descr": "<f8", "fortran_order": False, "shape": (100, 4)}
    with pytest.raises(ParganError, match="is damaged"):
        npz(with_header(tmp_path / "short.npz", header, bytes(80)))
