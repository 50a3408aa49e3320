"""A user's own images in folders. Legend: N images of H x W pixels; here H = W = size."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pargan.data.sources.image_pool import image_pool
from pargan.data.sources.images.decoding import Decoding, colour, is_animated, is_transparent, open_image, pixel_values
from pargan.data.sources.images.listing import list_images
from pargan.data.sources.labels import numbered
from pargan.data.sources.pixel_range import BYTES, PixelValues, Range, checked_range, chosen_ranges, described
from pargan.errors import ParganError, counted
from pargan.records.pool import Pool

GIB = 2**30


@dataclass(frozen=True)
class ImageFiles:
    """Images that stay on the disk and are read when they are indexed.

    Attributes:
        paths: N files.
        decoding: how each is turned into uint8.
    """

    paths: tuple[Path, ...]
    decoding: Decoding

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: np.ndarray) -> np.ndarray:
        """(n,) indices -> (n, H, W) or (n, H, W, 3) uint8."""
        return np.stack([self.decoding.read(self.paths[place]) for place in index])


def image_folder(
    path: str | None = None,
    size: int = 32,
    grayscale: bool = False,
    background: str = "white",
    pixel_range: Sequence[float] | None = None,
    resident_gib: float = 2.0,
) -> Pool:
    """A pool from the images in a folder, or in one subfolder per class, whose positions in the alphabet are labels.

    All formats that Pillow decodes are read: the first frame of each file, upright as its EXIF data say, transparent
    pixels laid on `background`. Grey of more than 8 bits is scaled to 0..255, by one range for all files: that of the
    fewest bits (10, 12, 14, 16) that hold the largest value, or [0, 1] or [-1, 1] for floats. What was skipped or
    scaled stands in the pool's `notes`. Files and folders with hidden names are skipped.

    All files are read when the pool is created. Decoded images of up to `resident_gib` GiB stay in memory; larger
    pools are read from the files batch by batch.

    Args:
        path: the folder.
        size: pixels per side; images are cropped to the centre square and resized.
        grayscale: one channel instead of three.
        background: colour under transparent pixels, by name or code.
        pixel_range: the numbers in the files that are black and white, where that cannot be inferred.
        resident_gib: largest size of the decoded images (uint8) in memory, in GiB.

    Raises:
        ParganError: the folder is missing, cannot be read, holds no images, or images beside subfolders with images;
            an image is damaged, too large, or of numbers whose range cannot be inferred; or another argument is unfit.
    """
    if path is None:
        raise ParganError("is missing", argument="path", remedy="give a folder, for example path=my_images")
    pools = image_folders(
        {"path": path},
        generated=None,
        size=size,
        grayscale=grayscale,
        background=background,
        pixel_range=pixel_range,
        resident_gib=resident_gib,
    )
    return pools["path"]


def image_folders(
    paths: Mapping[str, str],
    *,
    generated: str | None,
    size: int = 32,
    grayscale: bool = False,
    background: str = "white",
    pixel_range: Sequence[float] | None = None,
    resident_gib: float = 2.0,
) -> dict[str, Pool]:
    """Pools of several folders that are read alike; the range of grey levels is that of the real ones.

    Args:
        paths: name -> folder; errors have the name as their argument.
        generated: name of the folder of generated images, or None.
        size, grayscale, background, pixel_range, resident_gib: as in `image_folder`.
    """
    if size < 1:
        raise ParganError(
            "is not an image size", argument="size", value=size, remedy="give pixels per side, for example 32"
        )
    decoding, given = Decoding(size, grayscale, colour(background)), checked_range(pixel_range)
    listings = {name: list_images(str(path), name) for name, path in paths.items()}
    scans = {name: _scan(listing.paths, decoding, resident_gib * GIB) for name, listing in listings.items()}
    ranges = chosen_ranges({name: scan.seen for name, scan in scans.items()}, paths, generated, given)
    labels, names = numbered({name: listing.classes for name, listing in listings.items()})
    pools = {}
    for name, scan in scans.items():
        values = scan.read(replace(decoding, ranges=ranges[name]))
        notes = (*listings[name].notes, *scan.notes(ranges[name], background))
        pools[name] = replace(image_pool(values, decoding.shape, labels[name], notes), label_names=names)
    return pools


@dataclass(frozen=True)
class _Scan:
    """What a first look at all files found.

    Attributes:
        paths: N files.
        dtypes: N types of their numbers; None where a file says itself what is black and white.
        seen: what is known of the numbers of each type.
        num_animated: files with more than one frame.
        num_transparent: files with transparent pixels.
        decoded: (N, *shape) uint8, as far as the range of its numbers was known; None where they do not fit in memory.
    """

    paths: tuple[Path, ...]
    dtypes: list[np.dtype | None]
    seen: dict[np.dtype, PixelValues]
    num_animated: int
    num_transparent: int
    decoded: np.ndarray | None

    def read(self, decoding: Decoding) -> np.ndarray | ImageFiles:
        """All images, or a reader of them."""
        if self.decoded is None:
            return ImageFiles(self.paths, decoding)
        for place, dtype in enumerate(self.dtypes):
            if dtype is not None and (dtype != np.uint8 or decoding.ranges[dtype] != BYTES):
                self.decoded[place] = decoding.read(self.paths[place])
        return self.decoded

    def notes(self, ranges: Mapping[np.dtype, Range], background: str) -> Iterator[str]:
        """What was decided about the files, and what changes it."""
        for dtype, seen in self.seen.items():
            if not seen.is_usual(ranges[dtype]):
                yield described(counted(self.dtypes.count(dtype), "image holds", "images hold"), seen, ranges[dtype])
        if self.num_transparent:
            yield (
                f"{counted(self.num_transparent, 'image has', 'images have')} transparent pixels, laid on {background} "
                f"(background changes it)"
            )
        if self.num_animated:
            yield f"{counted(self.num_animated, 'image has', 'images have')} several frames, of which the first is read"


def _scan(paths: tuple[Path, ...], decoding: Decoding, resident_bytes: float) -> _Scan:
    """Open every file: a damaged one is refused now, and not in the middle of an epoch."""
    is_resident = len(paths) * np.prod(decoding.shape) <= resident_bytes
    decoded = np.empty((len(paths), *decoding.shape), dtype=np.uint8) if is_resident else None
    dtypes: list[np.dtype | None] = []
    parts: dict[np.dtype, list[PixelValues]] = {}
    num_animated = num_transparent = 0
    for place, path in enumerate(paths):
        image = open_image(path)
        values = pixel_values(image, path)
        dtypes.append(None if values is None else values.dtype)
        if values is not None:
            parts.setdefault(values.dtype, []).append(values)
        num_animated += is_animated(image)
        num_transparent += is_transparent(image)
        if decoded is not None and (values is None or values.dtype == np.uint8):
            decoded[place] = decoding.decode(image)
    seen = {dtype: PixelValues.joined(each) for dtype, each in parts.items()}
    return _Scan(paths, dtypes, seen, num_animated, num_transparent, decoded)
