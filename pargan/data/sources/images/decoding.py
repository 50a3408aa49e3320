"""One image file as grey levels or colours of 8 bits, whatever it holds.

Legend: an image of H x W pixels. Deep: grey with more than 8 bits a pixel, whose range only the user or a look at all
files can tell.
"""

import struct
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageColor, ImageOps

from pargan.data.sources.pixel_range import BYTES, PixelValues, Range, scaled
from pargan.errors import ParganError

DEEP_MODES = frozenset({"I;16", "I;16B", "I;16L", "I;16N", "I", "F"})
WITH_LEVELS = frozenset({"L", "LA", "RGB", "RGBA", "RGBX"})
"""Modes of 8 bits whose largest number shows whether 255 is white in them. Palettes and inks need no such look."""

NETPBM_RANGE: Range = (0, 65535)
"""To which Pillow scales .pgm files of more than 8 bits, by the largest value that their header declares."""

NUM_FRAMES = "pargan_num_frames"
"""Key of `Image.info`, which copies of an image keep."""

NOT_READ = frozenset({"BUFR", "EPS", "GRIB", "HDF5", "IPTC", "MPEG", "WMF"})
"""Formats that Pillow recognises but hands to other programs, or does not decode at all."""

PILLOW_ERRORS = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError, OverflowError),
    *(RuntimeError, ArithmeticError, AssertionError, MemoryError, struct.error, zlib.error),
)
"""What opening and decoding damaged files raises, found by flipping bits."""


@dataclass(frozen=True)
class Decoding:
    """How image files are turned into uint8.

    Attributes:
        size: pixels per side; images are cropped to the centre square and resized.
        grayscale: one channel instead of three.
        background: (R, G, B) that transparent pixels are laid on.
        ranges: type of numbers -> the range that is black and white, for files whose range is not that of their type.
    """

    size: int
    grayscale: bool = False
    background: tuple[int, int, int] = (255, 255, 255)
    ranges: dict[np.dtype, Range] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W) or (H, W, 3) of one image."""
        return (self.size, self.size) if self.grayscale else (self.size, self.size, 3)

    def read(self, path: Path) -> np.ndarray:
        """One image, (H, W) or (H, W, 3) uint8.

        Raises:
            ParganError: the file is not an image, is damaged, or is too large.
        """
        return self.decode(open_image(path))

    def decode(self, image: Image.Image) -> np.ndarray:
        """An image -> (H, W) or (H, W, 3) uint8, cropped and resized."""
        levels = self._deep(image) if image.mode in DEEP_MODES else self._shallow(image)
        fitted = np.asarray(ImageOps.fit(levels, (self.size, self.size), Image.Resampling.LANCZOS))
        if fitted.dtype != np.uint8:  # resized before it is rounded
            fitted = np.clip(np.rint(fitted), *BYTES).astype(np.uint8)
        return fitted if self.grayscale or fitted.ndim == 3 else np.repeat(fitted[..., None], 3, axis=2)

    def _shallow(self, image: Image.Image) -> Image.Image:
        wanted = "L" if self.grayscale else "RGB"
        if image.has_transparency_data:  # under transparent pixels any colours may be stored
            ground = Image.new("RGBA", image.size, (*self.background, 255))
            plain = Image.alpha_composite(ground, image.convert("RGBA")).convert(wanted)
        elif image.mode == "LAB":  # which `convert` refuses
            to_rgb = ImageCms.buildTransform(
                ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
            )
            rgb = ImageCms.applyTransform(image, to_rgb)
            assert rgb is not None
            plain = rgb.convert(wanted)
        else:
            plain = image.convert(wanted)
        pixel_range = self.ranges.get(np.dtype(np.uint8), BYTES)
        if pixel_range == BYTES:
            return plain
        table = np.rint(scaled(np.arange(256), pixel_range)).astype(np.uint8).tolist()
        return plain.point(table * len(plain.getbands()))

    def _deep(self, image: Image.Image) -> Image.Image:
        """Levels in [0, 255] as numbers of 32 bits, not yet rounded."""
        values = np.asarray(image)
        fixed = NETPBM_RANGE if is_netpbm(image) else None
        levels = scaled(values, fixed or self.ranges[values.dtype.newbyteorder("=")])
        if "transparency" in image.info:  # of PNG files: the one level that is transparent
            ground = Image.new("RGB", (1, 1), self.background).convert("L")
            levels[values == image.info["transparency"]] = np.asarray(ground).item()
        return Image.fromarray(levels)


def pixel_values(image: Image.Image, path: Path) -> PixelValues | None:
    """What is known of an image's numbers; None where the file says itself what is black and white.

    Raises:
        ParganError: NaN or infinity in the file at `path`.
    """
    if is_netpbm(image) or image.mode not in DEEP_MODES | WITH_LEVELS:
        return None
    if image.mode in WITH_LEVELS:
        extrema = [_extrema(image, band) for band in image.getbands() if band in "LRGB"]
        return PixelValues(np.dtype(np.uint8), min(low for low, _ in extrema), max(high for _, high in extrema), True)
    values = np.asarray(image)
    if not np.isfinite(values).all():
        raise ParganError(f"{path} holds NaN or infinity", remedy="repair or remove it")
    return PixelValues.of(values.astype(values.dtype.newbyteorder("=")))


def is_netpbm(image: Image.Image) -> bool:
    """Whether this is a deep .pgm file, whose header declares what is white."""
    return image.format == "PPM" and image.mode == "I"


def open_image(path: Path) -> Image.Image:
    """The first frame of an image file, decoded, and upright if the camera noted how it was held.

    Raises:
        ParganError: the file is not an image, is damaged, or declares more pixels than Pillow takes for safe.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                format_, num_frames = image.format, getattr(image, "n_frames", 1)
                upright = ImageOps.exif_transpose(image)
                upright.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ParganError(
            f"{path} declares more than {Image.MAX_IMAGE_PIXELS:,} pixels, as files made to fill the memory do",
            remedy="make it smaller or remove it",
        ) from error
    except PILLOW_ERRORS as error:
        raise ParganError(f"{path} is not a readable image ({error})", remedy="repair or remove it") from error
    upright.format = format_  # which a rotated copy has lost
    upright.info[NUM_FRAMES] = num_frames
    return upright


def is_transparent(image: Image.Image) -> bool:
    """Whether some pixel of an image is not opaque."""
    if not image.has_transparency_data:
        return False
    if image.mode in DEEP_MODES:
        return bool((np.asarray(image) == image.info["transparency"]).any())
    return _extrema(image.convert("RGBA"), "A")[0] < 255


def _extrema(image: Image.Image, band: str) -> tuple[int, int]:
    """The smallest and the largest of the numbers of 8 bits in one band."""
    used = np.flatnonzero(image.getchannel(band).histogram())
    return int(used[0]), int(used[-1])


def is_animated(image: Image.Image) -> bool:
    """Whether the file has further frames. A camera's .mpo holds small copies of its one image."""
    return image.info[NUM_FRAMES] > 1 and image.format != "MPO"


def suffixes() -> frozenset[str]:
    """The endings, in lower case, of files that Pillow can decode on this machine."""
    return frozenset(
        suffix.lower() for suffix, name in Image.registered_extensions().items() if name in Image.OPEN.keys() - NOT_READ
    )


def colour(background: str) -> tuple[int, int, int]:
    """(R, G, B) of a colour's name or code.

    Raises:
        ParganError: Pillow does not know it.
    """
    try:
        rgb = ImageColor.getrgb(str(background))
    except ValueError as error:
        raise ParganError(
            "is not a colour",
            argument="background",
            value=background,
            remedy="give a name or a code, for example background=white or 'background=\"#808080\"'",
        ) from error
    return rgb[0], rgb[1], rgb[2]
