"""A user's own images in a folder. Legend: N images of H x W pixels; here H = W = size."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import Image, ImageOps

from pargan.data.sources.image_pool import image_pool
from pargan.errors import ParganError
from pargan.records.pool import Pool

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
GIB = 2**30


@dataclass(frozen=True)
class ImageFiles:
    """Images that stay on the disk and are read when they are indexed.

    Attributes:
        paths: N files.
        size: pixels per side; images are cropped to the centre square and resized.
        grayscale: one channel instead of three.
    """

    paths: tuple[Path, ...]
    size: int
    grayscale: bool

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: np.ndarray) -> np.ndarray:
        """(n,) indices -> (n, H, W) or (n, H, W, 3) uint8."""
        return np.stack([self.read(self.paths[place]) for place in index])

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W) or (H, W, 3) of one image."""
        return (self.size, self.size) if self.grayscale else (self.size, self.size, 3)

    def read(self, path: Path) -> np.ndarray:
        """One image, (H, W) or (H, W, 3) uint8.

        Raises:
            ParganError: the file is not an image, or is damaged.
        """
        try:
            with Image.open(path) as image:
                upright = ImageOps.exif_transpose(image).convert("L" if self.grayscale else "RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise ParganError(f"{path} is not a readable image ({error})", remedy="repair or remove it") from error
        return np.asarray(ImageOps.fit(upright, (self.size, self.size), Image.Resampling.LANCZOS))


def image_folder(
    path: str | None = None,
    size: int = 32,
    grayscale: bool = False,
    resident_gib: float = 2.0,
) -> Pool:
    """A pool from the images in a folder, or in one subfolder per class, whose positions in the alphabet are labels.

    All files are read once when the pool is created. Decoded images of up to `resident_gib` GiB stay in memory; larger
    pools are read from the files batch by batch.

    Args:
        path: the folder.
        size: pixels per side; images are cropped to the centre square and resized.
        grayscale: one channel instead of three.
        resident_gib: largest size of the decoded images (uint8) in memory, in GiB.

    Raises:
        ParganError: the folder is missing, cannot be read, holds no images, or images beside subfolders with images;
            or an image is damaged.
    """
    if path is None:
        raise ParganError("is missing", argument="path", remedy="give a folder, for example path=my_images")
    if size < 1:
        raise ParganError(
            "is not an image size", argument="size", value=size, remedy="give pixels per side, for example 32"
        )
    paths, labels = _listing(path)
    files = ImageFiles(paths, size, grayscale)
    if len(files) * np.prod(files.shape) > resident_gib * GIB:
        for file in files.paths:  # refuse a damaged image now, not in the middle of an epoch
            files.read(file)
        return image_pool(files, files.shape, labels)
    return image_pool(files[np.arange(len(files))], files.shape, labels)


def _listing(path: str) -> tuple[tuple[Path, ...], np.ndarray | None]:
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise ParganError("is not a folder", argument="path", value=path, remedy="give a folder with images in it")
    _, subfolders, names = next(_walk(folder, path))
    direct = tuple(sorted(_images(folder / name for name in names)))
    classes = [sorted(_below(folder / name, path)) for name in sorted(subfolders)]
    classes = [files for files in classes if files]
    if direct and classes:
        raise ParganError(
            "holds images both beside and inside its subfolders",
            argument="path",
            value=path,
            remedy="put all in the folder, or all in one subfolder per class",
        )
    if not direct and not classes:
        raise ParganError(
            f"holds no images ({', '.join(sorted(SUFFIXES))})",
            argument="path",
            value=path,
            remedy="give another folder",
        )
    if direct:
        return direct, None
    labels = np.repeat(np.arange(len(classes)), [len(files) for files in classes])
    return tuple(file for files in classes for file in files), labels


def _below(folder: Path, path: str) -> Iterator[Path]:
    """The images in a folder and in all folders inside it."""
    return _images(Path(parent) / name for parent, _, names in _walk(folder, path) for name in names)


def _walk(folder: Path, path: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """`os.walk`, which unlike glob reports folders that cannot be read; `path` is the argument that errors name."""

    def refuse(error: OSError) -> NoReturn:
        raise ParganError(
            f"cannot be read completely: {error.filename} ({error.strerror})",
            argument="path",
            value=path,
            remedy="check its permissions",
        ) from error

    return os.walk(folder, onerror=refuse)


def _images(paths: Iterator[Path]) -> Iterator[Path]:
    return (path for path in paths if path.suffix.lower() in SUFFIXES and not path.name.startswith("."))
