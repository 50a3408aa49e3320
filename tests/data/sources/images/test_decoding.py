import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageCms

from pargan.data.sources.images.decoding import Decoding, colour, open_image, suffixes
from pargan.errors import ParganError

RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (12, 12, 3)).astype(np.uint8)
GREY = RNG.integers(0, 256, (12, 12)).astype(np.uint8)


def saved(tmp_path, image, name="image.png", **options):
    path = tmp_path / name
    image.save(path, **options)
    return path


def read(path, grayscale=False, size=12, **options):
    return Decoding(size, grayscale, **options).read(path)


@pytest.mark.parametrize(
    "suffix", ["bmp", "dds", "gif", "ico", "pcx", "pgm", "png", "sgi", "tga", "tif", "webp", "qoi"]
)
def test_decoding_reads_lossless_formats_exactly(tmp_path, suffix):
    assert f".{suffix}" in suffixes()
    image = Image.fromarray(GREY if suffix in ("pgm", "gif") else COLOURS)
    options = {"ico": {"sizes": [(12, 12)]}, "webp": {"lossless": True}}.get(suffix, {})
    expected = np.repeat(GREY[..., None], 3, 2) if suffix in ("pgm", "gif") else COLOURS
    np.testing.assert_array_equal(read(saved(tmp_path, image, f"image.{suffix}", **options)), expected)


def test_suffixes_are_those_of_torchvision_and_more_but_none_that_pillow_hands_to_other_programs():
    torchvision = {".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"}
    assert torchvision | {".jfif", ".gif", ".jp2", ".tga"} <= suffixes()
    assert not {".eps", ".ps", ".mpg", ".wmf", ".h5", ".grib", ".pdf"} & suffixes()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr", "LAB", "LA", "RGBA", "PA"])
@pytest.mark.parametrize("grayscale", [True, False])
def test_decoding_reads_every_mode_of_pillow(mode, grayscale):
    if mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(Image.fromarray(COLOURS), *profiles, outputMode="LAB")
    elif mode == "PA":
        image = Image.fromarray(COLOURS).convert("P").convert("PA")
    else:
        image = Image.fromarray(COLOURS).convert(mode)
    levels = Decoding(12, grayscale).decode(image)
    assert levels.shape == ((12, 12) if grayscale else (12, 12, 3))
    assert levels.dtype == np.uint8
    if mode in ("RGB", "CMYK", "YCbCr", "LAB", "RGBA"):  # to the rounding of the colour space
        expected = np.asarray(Image.fromarray(COLOURS).convert("L")) if grayscale else COLOURS
        assert np.abs(levels.astype(int) - expected).mean() < 4


DEEP = {
    "16-bit png": ("png", np.uint16, "I;16", (0, 65535)),
    "16-bit tif": ("tif", np.uint16, "I;16", (0, 65535)),
    "32-bit tif": ("tif", np.int32, "I", (-1000, 3000)),
    "float tif": ("tif", np.float32, "F", (-1, 1)),
    "float pfm": ("pfm", np.float32, "F", (0, 1)),
}


@pytest.mark.parametrize("case", DEEP.values(), ids=list(DEEP))
def test_decoding_scales_deep_grey_by_the_given_range(tmp_path, case):
    suffix, dtype, mode, (low, high) = case
    values = (low + RNG.uniform(size=(12, 12)) * (high - low)).astype(dtype)
    image = open_image(saved(tmp_path, Image.fromarray(values), f"deep.{suffix}"))
    assert image.mode == mode
    decoding = Decoding(12, True, ranges={np.dtype(dtype): (low, high)})
    expected = np.rint((values.astype(float) - low) / (high - low) * 255)
    np.testing.assert_array_equal(decoding.decode(image), expected)


@pytest.mark.parametrize("maximum", [1, 15, 255, 1023, 4095, 65535])
def test_decoding_takes_the_white_of_a_pgm_from_its_header(tmp_path, maximum):
    values = RNG.integers(0, maximum + 1, (12, 12))
    path = tmp_path / "deep.pgm"
    path.write_bytes(b"P5 12 12 %d\n" % maximum + values.astype("u1" if maximum < 256 else ">u2").tobytes())
    assert np.abs(read(path, grayscale=True).astype(float) - values * 255 / maximum).max() <= 0.51


@pytest.mark.parametrize("orientation", range(1, 9))
def test_decoding_turns_images_upright(tmp_path, orientation):
    upright = np.zeros((12, 12), np.uint8)
    upright[:6, :4] = 255  # not symmetric in any way
    turned = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.T, 6: np.rot90(upright), 7: upright[::-1, ::-1].T, 8: np.rot90(upright, 3),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, Image.fromarray(np.ascontiguousarray(turned[orientation])), exif=exif)
    np.testing.assert_array_equal(read(path, grayscale=True), upright)


HIDDEN = {  # under each fully transparent pixel lies noise
    "RGBA": lambda alpha: Image.fromarray(np.dstack([COLOURS, alpha])),
    "LA": lambda alpha: Image.fromarray(np.dstack([GREY, alpha]), "LA"),
}


@pytest.mark.parametrize("mode", HIDDEN)
@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "tga"])
@pytest.mark.parametrize("background", ["white", "black", "#ff0080"])
def test_decoding_shows_no_colour_stored_under_transparent_pixels(tmp_path, mode, suffix, background):
    alpha = np.full((12, 12), 255, np.uint8)
    alpha[:6] = 0
    path = saved(tmp_path, HIDDEN[mode](alpha), f"image.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    levels = read(path, background=colour(background))
    assert (levels[:6] == colour(background)).all()
    assert (levels[6:] == (COLOURS if mode == "RGBA" else GREY[..., None])[6:]).all()


def test_decoding_lays_a_transparent_palette_entry_and_key_colour_on_the_ground(tmp_path):
    palette = Image.fromarray(GREY % 4, "P")
    palette.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    path = saved(tmp_path, palette, "image.gif", transparency=2)
    np.testing.assert_array_equal((read(path) == 255).all(axis=2), GREY % 4 == 2)
    path = saved(tmp_path, Image.fromarray(GREY), transparency=int(GREY[0, 0]))
    np.testing.assert_array_equal(read(path, grayscale=True), np.where(GREY[0, 0] == GREY, 255, GREY))
    deep = GREY.astype(np.uint16) * 100
    path = saved(tmp_path, Image.fromarray(deep), "deep.png", transparency=int(deep[0, 0]))
    levels = read(path, grayscale=True, ranges={np.dtype(np.uint16): (0, 25500)})
    np.testing.assert_array_equal(levels, np.where(deep == deep[0, 0], 255, GREY))


def test_decoding_blends_half_transparent_pixels(tmp_path):
    path = saved(tmp_path, Image.new("RGBA", (12, 12), (0, 0, 0, 128)))
    assert (read(path) == 127).all()


def test_colour_refuses_unknown_names():
    with pytest.raises(ParganError) as error:
        colour("sky")
    assert (error.value.argument, error.value.value) == ("background", "sky")
    assert "background=white" in error.value.remedy


def test_open_image_refuses_decompression_bombs(tmp_path):
    path = saved(tmp_path, Image.new("1", (9600, 9600)))  # 92 million pixels in a file of some kB
    assert path.stat().st_size < 50_000
    with pytest.raises(ParganError, match="declares more than") as error:
        open_image(path)
    assert str(path) in error.value.problem
    assert error.value.remedy


def test_open_image_refuses_a_bomb_without_reserving_its_memory(tmp_path):
    buffer = io.BytesIO()
    Image.new("L", (4, 4)).save(buffer, "BMP")
    content = bytearray(buffer.getvalue())
    content[18:26] = (60000).to_bytes(4, "little") * 2  # width and height
    (tmp_path / "bomb.bmp").write_bytes(content)
    code = f"""
import resource
from pathlib import Path
from pargan.data.sources.images.decoding import open_image
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    open_image(Path({str(tmp_path / "bomb.bmp")!r}))
except ValueError:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used) // 1024)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(ended.stdout) < 100  # MiB; the image would take 3,433


DAMAGED = ["bmp", "gif", "jpg", "jp2", "pcx", "png", "ppm", "sgi", "tga", "tif", "webp", "ico", "dds"]


@pytest.mark.parametrize("suffix", DAMAGED)
def test_open_image_answers_damage_with_one_error(tmp_path, suffix):
    whole = saved(tmp_path, Image.fromarray(COLOURS), f"image.{suffix}").read_bytes()
    random = np.random.default_rng(1)
    path = tmp_path / f"damaged.{suffix}"
    for _ in range(150):
        content = np.frombuffer(whole, np.uint8).copy()
        places = random.integers(0, len(content), random.integers(1, 20))
        content[places] ^= random.integers(1, 256, len(places)).astype(np.uint8)
        path.write_bytes(content[: random.integers(1, len(content) + 1)].tobytes())
        problem, levels = outcome(path)
        assert levels is None or levels.shape == (12, 12, 3)
        assert problem is None or str(path) in problem


def outcome(path):
    try:
        return None, read(path)
    except ParganError as error:
        return error.problem, None
