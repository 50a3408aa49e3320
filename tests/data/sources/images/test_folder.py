import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pargan.data.sources.images.folder import ImageFiles, image_folder, image_folders
from pargan.errors import ParganError

COLOURS = {"b/1.png": (255, 0, 0), "b/deep/2.PNG": (0, 255, 0), "a/3.bmp": (0, 0, 255)}


@pytest.fixture
def classes(tmp_path):
    for name, colour in COLOURS.items():
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 12), colour).save(path)
    (tmp_path / "images" / "a" / "notes.txt").write_text("not an image")
    (tmp_path / "images" / "a" / ".hidden.png").write_text("not an image either")
    return tmp_path / "images"


def test_image_folder_takes_subfolders_as_classes(classes):
    pool = image_folder(str(classes), size=8)
    assert pool.spec.shape == (3, 8, 8)
    assert pool.labels.tolist() == [0, 1, 1]
    assert pool.values.dtype == np.uint8
    np.testing.assert_array_equal(pool.values[:, 4, 4], [(0, 0, 255), (255, 0, 0), (0, 255, 0)])


def test_image_folder_without_subfolders_has_no_labels(classes):
    pool = image_folder(str(classes / "b" / "deep"), size=4, grayscale=True)
    assert pool.labels is None
    assert pool.spec.shape == (1, 4, 4)
    assert pool.values.shape == (1, 4, 4)
    assert pool.values[0, 0, 0] == 150  # 0.587 of green: ITU-R 601 luma


def test_image_folder_crops_to_the_centre_square(tmp_path):
    wide = np.zeros((10, 30, 3), dtype=np.uint8)
    wide[:, 10:20] = 255  # the centre square is white
    Image.fromarray(wide).save(tmp_path / "wide.png")
    assert (image_folder(str(tmp_path), size=10).values == 255).all()


def test_image_folder_reads_a_large_pool_lazily_with_equal_records(classes):
    resident = image_folder(str(classes), size=8)
    lazy = image_folder(str(classes), size=8, resident_gib=1e-9)
    assert isinstance(lazy.values, ImageFiles)
    index = np.array([[2, 0], [1, 1]])
    np.testing.assert_array_equal(lazy.take(index), resident.take(index))
    np.testing.assert_array_equal(lazy.hashes(), resident.hashes())


@pytest.mark.parametrize("resident_gib", [2.0, 1e-9])
@pytest.mark.parametrize("damage", ["text", "cut"])
def test_image_folder_refuses_a_damaged_image(classes, resident_gib, damage):
    path = classes / "a" / "broken.png"
    path.write_bytes(b"text")
    if damage == "cut":
        noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ParganError, match="is not a readable image") as error:
        image_folder(str(classes), resident_gib=resident_gib)
    assert str(path) in error.value.problem
    assert "remove it" in error.value.remedy


def test_image_folder_refuses_unfit_folders(classes, tmp_path):
    with pytest.raises(ParganError, match="is missing") as error:
        image_folder()
    assert error.value.argument == "path"
    assert "path=my_images" in error.value.remedy
    (tmp_path / "empty").mkdir()
    Image.new("RGB", (4, 4)).save(classes / "stray.png")
    cases = [
        (tmp_path / "nothing", "is not a folder"),
        (tmp_path / "empty", "holds no images that can be read"),
        (classes, "both beside and inside its subfolders"),
    ]
    for path, problem in cases:
        with pytest.raises(ParganError) as error:
            image_folder(str(path))
        assert (error.value.argument, error.value.value) == ("path", str(path))
        assert problem in error.value.problem
        assert error.value.remedy


def test_image_folder_refuses_images_without_pixels(classes):
    with pytest.raises(ParganError) as error:
        image_folder(str(classes), size=0)
    assert (error.value.argument, error.value.value) == ("size", 0)
    assert "32" in error.value.remedy


@pytest.mark.parametrize("closed", [".", "b", "b/deep"])
def test_image_folder_refuses_an_unreadable_folder(classes, closed, monkeypatch):
    scan = os.scandir

    def forbidding(path):
        if Path(path) == classes / closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", forbidding)
    with pytest.raises(ParganError, match=r"cannot be read .*\(Permission denied\)") as error:
        image_folder(str(classes), size=8)
    assert (error.value.argument, error.value.value) == ("path", str(classes))
    assert str(classes / closed) in error.value.problem
    assert error.value.remedy == "check its permissions"


def deep(path, values):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(values).save(path)


RNG = np.random.default_rng(0)


@pytest.mark.parametrize("resident_gib", [2.0, 1e-9])
@pytest.mark.parametrize(
    ("dtype", "high", "white"),
    [(np.uint16, 65000, 65535), (np.uint16, 4000, 4095), (np.uint16, 900, 1023), (np.float32, 1.0, 1.0)],
)
def test_image_folder_scales_deep_grey_by_one_range_for_all_files(tmp_path, dtype, high, white, resident_gib):
    values = [(RNG.uniform(size=(8, 8)) * high / (i + 1)).astype(dtype) for i in range(4)]
    values[0][0, 0] = high
    for i, each in enumerate(values):
        deep(tmp_path / f"{i}.tif", each)
    pool = image_folder(str(tmp_path), size=8, grayscale=True, resident_gib=resident_gib)
    expected = np.rint(np.stack(values).astype(float) * 255 / white)
    np.testing.assert_array_equal(pool.values[np.arange(4)], expected)  # the darker file stays darker
    assert len(pool.notes) == (0 if white == 1 else 1)
    assert all(f"4 images hold {np.dtype(dtype)}" in note and f"{white} as white" in note for note in pool.notes)
    coloured = image_folder(str(tmp_path), size=8, resident_gib=resident_gib).values[np.arange(4)]
    np.testing.assert_array_equal(coloured, np.repeat(expected[..., None], 3, 3))
    given = image_folder(str(tmp_path), size=8, grayscale=True, pixel_range=[0, 2 * white])
    np.testing.assert_allclose(given.values, expected / 2, atol=0.51)


@pytest.mark.parametrize(
    ("values", "choices"),
    [
        (RNG.integers(0, 17, (8, 8)).astype(np.uint8), ["pixel_range=[0,16]", "pixel_range=[0,255]"]),
        (RNG.integers(0, 4, (8, 8)).astype(np.uint8), ["pixel_range=[0,", "pixel_range=[0,255]"]),
        (RNG.integers(0, 90, (8, 8)).astype(np.uint16), ["pixel_range=[0,", "pixel_range=[0,255]"]),
        (RNG.integers(-1000, 3000, (8, 8)).astype(np.int32), ["pixel_range=[-"]),
        (RNG.normal(size=(8, 8)).astype(np.float32) * 9, ["pixel_range=[-"]),
    ],
)
def test_image_folder_asks_what_is_black_and_white(tmp_path, values, choices):
    deep(tmp_path / "0.tif", values)
    with pytest.raises(ParganError, match="may be read in several ways") as error:
        image_folder(str(tmp_path), size=8, grayscale=True)
    assert (error.value.argument, error.value.value) == ("path", str(tmp_path))
    assert all(choice in error.value.remedy for choice in choices)
    answer = json.loads(error.value.remedy.split("pixel_range=")[1].split(" or ")[0])
    pool = image_folder(str(tmp_path), size=8, grayscale=True, pixel_range=answer)
    low, high = answer
    np.testing.assert_allclose(pool.values[0], (values - low) / (high - low) * 255, atol=0.51)


def test_image_folder_reads_masks_of_zero_and_one(tmp_path):
    mask = RNG.integers(0, 2, (8, 8)).astype(np.uint8)
    deep(tmp_path / "0.png", mask)
    pool = image_folder(str(tmp_path), size=8, grayscale=True)
    np.testing.assert_array_equal(pool.values[0], mask * 255)
    assert "1 as white" in pool.notes[0]


def test_image_folder_leaves_shallow_images_alone_beside_deep_ones(tmp_path):
    dark = RNG.integers(0, 9, (8, 8)).astype(np.uint8)
    deep(tmp_path / "0.png", dark)
    deep(tmp_path / "1.png", RNG.integers(0, 4096, (8, 8)).astype(np.uint16))
    pool = image_folder(str(tmp_path), size=8, grayscale=True, pixel_range=[0, 4095])
    np.testing.assert_array_equal(pool.values[0], dark)


@pytest.mark.parametrize("given", [[1], [1, 1], [2, 1], ["a", "b"], 5, "ab", [0, float("nan")]])
def test_image_folder_refuses_a_range_that_is_none(tmp_path, given):
    with pytest.raises(ParganError) as error:
        image_folder(str(tmp_path), pixel_range=given)
    assert error.value.argument == "pixel_range"


def test_image_folder_skips_hidden_folders_and_says_what_it_skipped(classes):
    for folder in (classes, classes / "a", classes / "b" / "deep"):
        deep(folder / ".ipynb_checkpoints" / "3-checkpoint.png", COLOUR_NOISE)
        (folder / "Thumbs.db").write_text("")
    os.mkfifo(classes / "a" / "pipe.png")  # opening it would wait for a writer
    (classes / "a" / "gone.png").symlink_to("nowhere.png")
    pool = image_folder(str(classes), size=8)
    assert pool.labels.tolist() == [0, 1, 1]
    others, hidden = pool.notes
    assert "skipped 6 files (3 .db: Thumbs.db, a/Thumbs.db, b/deep/Thumbs.db" in others
    assert "2 .png: a/gone.png, a/pipe.png" in others
    assert "1 .txt: a/notes.txt" in others
    assert "skipped 4 files" in hidden
    assert ".ipynb_checkpoints" in hidden


def test_image_folder_with_hidden_subfolders_only_is_flat(tmp_path):
    deep(tmp_path / "0.jpg", COLOUR_NOISE)
    deep(tmp_path / ".ipynb_checkpoints" / "0-checkpoint.jpg", COLOUR_NOISE)
    pool = image_folder(str(tmp_path), size=8)
    assert (len(pool), pool.labels) == (1, None)


COLOUR_NOISE = RNG.integers(0, 256, (8, 8, 3)).astype(np.uint8)


def test_image_folder_names_files_that_it_cannot_read_by_their_ending(tmp_path):
    for suffix in ("heic", "HEIC", "cr2"):
        (tmp_path / f"photo.{suffix}").write_bytes(b"")
    with pytest.raises(ParganError, match="holds no images") as error:
        image_folder(str(tmp_path))
    assert "skipped 3 files (2 .heic: photo.HEIC, photo.heic; 1 .cr2: photo.cr2)" in error.value.problem


def test_image_folder_says_that_it_takes_the_first_of_several_frames(tmp_path):
    frames = [Image.fromarray(RNG.integers(0, 256, (8, 8)).astype(np.uint8)) for _ in range(3)]
    frames[0].save(tmp_path / "film.tif", save_all=True, append_images=frames[1:])
    pool = image_folder(str(tmp_path), size=8, grayscale=True)
    np.testing.assert_array_equal(pool.values[0], frames[0])
    assert pool.notes == ("1 image has several frames, of which the first is read",)


def test_image_folder_says_on_what_it_laid_transparent_pixels(tmp_path):
    Image.new("RGBA", (8, 8), (9, 9, 9, 0)).save(tmp_path / "clear.png")
    Image.new("RGBA", (8, 8), (9, 200, 9, 255)).save(tmp_path / "opaque.png")
    pool = image_folder(str(tmp_path), size=8, background="black")
    assert pool.values[0].max() == 0
    assert pool.notes == ("1 image has transparent pixels, laid on black (background changes it)",)


def test_image_folders_read_generated_images_by_the_range_of_the_real_ones(tmp_path):
    real = RNG.integers(0, 4096, (2, 8, 8)).astype(np.uint16)
    real[0, 0, 0] = 4095
    deep(tmp_path / "members" / "0.png", real[0])
    deep(tmp_path / "nonmembers" / "0.png", real[1] // 9)
    deep(tmp_path / "synthetic" / "0.png", real[1] * 3)
    paths = {name: str(tmp_path / name) for name in ("members", "nonmembers", "synthetic")}
    pools = image_folders(paths, generated="synthetic", size=8, grayscale=True)
    for name, values in (("members", real[0]), ("nonmembers", real[1] // 9), ("synthetic", real[1] * 3)):
        expected = np.rint(np.minimum(values, 4095) / 4095 * 255)
        np.testing.assert_array_equal(pools[name].values[0], expected)


def test_image_folders_number_classes_alike(tmp_path):
    for name in ("members/cat", "members/dog", "nonmembers/dog"):
        (tmp_path / name).mkdir(parents=True)
        deep(tmp_path / name / "0.png", COLOUR_NOISE)
    pools = image_folders({name: str(tmp_path / name) for name in ("members", "nonmembers")}, generated=None, size=8)
    assert pools["members"].labels.tolist() == [0, 1]
    assert pools["nonmembers"].labels.tolist() == [1]
