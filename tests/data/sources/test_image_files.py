"""A user's own images in a folder."""

import os
import re
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
    (tmp_path / "images" / "a" / "notes.txt").write_text("no image")
    (tmp_path / "images" / "a" / ".hidden.png").write_text("no image either")
    return tmp_path / "images"


def test_subfolders_are_classes(classes):
    records = image_folder(str(classes), size=8)
    assert records.spec.shape == (3, 8, 8)
    assert records.labels.tolist() == [0, 1, 1]
    assert records.values.dtype == np.uint8
    np.testing.assert_array_equal(records.values[:, 4, 4], [(0, 0, 255), (255, 0, 0), (0, 255, 0)])


def test_a_flat_folder_has_no_labels(classes):
    records = image_folder(str(classes / "b" / "deep"), size=4, grayscale=True)
    assert records.labels is None
    assert records.spec.shape == (1, 4, 4)
    assert records.values.shape == (1, 4, 4)
    assert records.values[0, 0, 0] == 150  # 0.587 of green: ITU-R 601 luma


def test_images_are_cropped_to_the_centre_not_squeezed(tmp_path):
    wide = np.zeros((10, 30, 3), dtype=np.uint8)
    wide[:, 10:20] = 255  # the centre square is white
    Image.fromarray(wide).save(tmp_path / "wide.png")
    assert (image_folder(str(tmp_path), size=10).values == 255).all()


def test_a_large_pool_stays_on_the_disk_and_reads_the_same(classes):
    resident = image_folder(str(classes), size=8)
    lazy = image_folder(str(classes), size=8, resident_gib=1e-9)
    assert isinstance(lazy.values, ImageFiles)
    index = np.array([[2, 0], [1, 1]])
    np.testing.assert_array_equal(lazy.take(index), resident.take(index))
    np.testing.assert_array_equal(lazy.hashes(), resident.hashes())


@pytest.mark.parametrize("resident_gib", [2.0, 1e-9])
@pytest.mark.parametrize("damage", ["text", "cut"])
def test_a_broken_image_is_named_when_the_source_is_built(classes, resident_gib, damage):
    path = classes / "a" / "broken.png"
    path.write_bytes(b"text")
    if damage == "cut":
        noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ParganError, match=r"a/broken\.png is not a readable image .*; mend or remove it"):
        image_folder(str(classes), resident_gib=resident_gib)


def test_bad_folders_get_one_sentence(classes, tmp_path):
    with pytest.raises(ParganError, match=r"^dataset\.path is missing"):
        image_folder()
    with pytest.raises(ParganError, match="is no folder"):
        image_folder(str(tmp_path / "nothing"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParganError, match=r"empty holds no images \(\.bmp, "):
        image_folder(str(tmp_path / "empty"))
    with pytest.raises(ParganError, match=r"^dataset\.size=0 is no image size"):
        image_folder(str(classes), size=0)
    Image.new("RGB", (4, 4)).save(classes / "stray.png")
    with pytest.raises(ParganError, match="both beside and inside its subfolders"):
        image_folder(str(classes))


@pytest.mark.parametrize("closed", [".", "b", "b/deep"])
def test_a_folder_that_may_not_be_read_is_not_taken_for_an_empty_one(classes, closed, monkeypatch):
    scan = os.scandir

    def forbidding(path):
        if Path(path) == classes / closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", forbidding)
    name = re.escape(str(classes / closed))
    with pytest.raises(
        ParganError, match=rf"^dataset\.path=.*: {name} cannot be read \(Permission denied\); check its"
    ):
        image_folder(str(classes), size=8)
