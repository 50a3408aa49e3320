"""A user's own images in a folder. Legend: N images of H x W pixels."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import Image, ImageOps

from pargan.data.sources.images import image_records
from pargan.errors import ParganError
from pargan.records.pool import Pool

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
GIB = 2**30


@dataclass(frozen=True)
class ImageFiles:
    """Images that stay on the disk and are read when they are asked for.

    Attributes:
        paths: N files.
        size: pixels of a side; images are cropped to the centre square and resized.
        grayscale: one channel in place of three.
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
            ParganError: the file is no image, or a broken one.
        """
        try:
            with Image.open(path) as image:
                upright = ImageOps.exif_transpose(image).convert("L" if self.grayscale else "RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise ParganError(f"{path} is not a readable image ({error}); mend or remove it") from error
        return np.asarray(ImageOps.fit(upright, (self.size, self.size), Image.Resampling.LANCZOS))


def image_folder(
    path: str | None = None,
    size: int = 32,
    grayscale: bool = False,
    resident_gib: float = 2.0,
    config_key: str = "dataset.path",
) -> Pool:
    """Images in a folder, or in one subfolder per class, which gives labels.

    Every file is read once when the source is built. The decoded pool stays in memory up to `resident_gib`
    GiB; a larger one is read from the files batch by batch.

    Args:
        path: the folder.
        size: pixels of a side; images are cropped to the centre square and resized.
        grayscale: one channel in place of three.
        resident_gib: the limit for the decoded uint8 pool.
        config_key: what sentences call the folder.

    Raises:
        ParganError: no folder or one that cannot be read, no images in it, images beside class folders, a broken
            image.
    """
    if path is None:
        raise ParganError(
            "dataset.path is missing: give the folder, for example dataset=image_folder dataset.path=my_images"
        )
    if size < 1:
        raise ParganError(f"dataset.size={size} is no image size; give pixels, for example 32")
    paths, labels = _listing(path, f"{config_key}={path}")
    files = ImageFiles(paths, size, grayscale)
    if len(files) * np.prod(files.shape) > resident_gib * GIB:
        for file in files.paths:  # a broken image is found now, not in the middle of an epoch
            files.read(file)
        return image_records(files, files.shape, labels)
    return image_records(files[np.arange(len(files))], files.shape, labels)


def _listing(path: str, source: str) -> tuple[tuple[Path, ...], np.ndarray | None]:
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise ParganError(f"{source} is no folder; give one with images in it")
    _, subfolders, names = next(_walk(folder, source))
    direct = tuple(sorted(_images(folder / name for name in names)))
    classes = [sorted(_below(folder / name, source)) for name in sorted(subfolders)]
    classes = [files for files in classes if files]
    if direct and classes:
        raise ParganError(
            f"{source} holds images both beside and inside its subfolders; "
            f"put all in the folder, or all in one subfolder per class"
        )
    if not direct and not classes:
        raise ParganError(f"{source} holds no images ({', '.join(sorted(SUFFIXES))}); give another folder")
    if direct:
        return direct, None
    labels = np.repeat(np.arange(len(classes)), [len(files) for files in classes])
    return tuple(file for files in classes for file in files), labels


def _below(folder: Path, source: str) -> Iterator[Path]:
    """The images in a folder and in all folders inside it."""
    return _images(Path(parent) / name for parent, _, names in _walk(folder, source) for name in names)


def _walk(folder: Path, source: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """`os.walk`, which unlike glob can tell a folder that cannot be read from an empty one."""

    def refuse(error: OSError) -> NoReturn:
        raise ParganError(
            f"{source}: {error.filename} cannot be read ({error.strerror})", remedy="check its permissions"
        ) from error

    return os.walk(folder, onerror=refuse)


def _images(paths: Iterator[Path]) -> Iterator[Path]:
    return (path for path in paths if path.suffix.lower() in SUFFIXES and not path.name.startswith("."))
