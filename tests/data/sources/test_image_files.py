import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pargan.data.sources.image_files import ImageFiles, image_folder
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
        (tmp_path / "empty", "holds no images (.bmp, "),
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
