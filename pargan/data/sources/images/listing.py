"""Which files of a folder are images, and which are left out."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NoReturn

import numpy as np

from pargan.data.sources.images.decoding import suffixes
from pargan.errors import ParganError

NAMED = 3  # files named in a note, of each kind


@dataclass(frozen=True)
class Listing:
    """The images of a folder, N of them.

    Attributes:
        paths: sorted by class and name.
        classes: (N,) names of their subfolders; None where images lie in the folder itself.
        notes: what was left out, for the user.
    """

    paths: tuple[Path, ...]
    classes: np.ndarray | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    images: list[Path]
    others: list[Path]
    hidden: list[Path]


def list_images(path: str, argument: str = "path") -> Listing:
    """The images in a folder, or in one subfolder per class.

    Files and folders whose names begin with a dot are left out, and so are files that Pillow cannot decode, judged by
    their endings.

    Args:
        path: the folder.
        argument: the caller's parameter that `path` was given as.

    Raises:
        ParganError: the folder is missing, cannot be read, holds no images, or images beside subfolders with images.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise ParganError("is not a folder", argument=argument, value=path, remedy="give a folder with images in it")
    everything = [Path(parent) / name for parent, name in _walk(folder, path, argument)]
    found = _sorted_out(folder, everything)
    direct = [file for file in found.images if file.parent == folder]
    below = [file for file in found.images if file.parent != folder]
    if direct and below:
        raise ParganError(
            f"holds images both beside and inside its subfolders ({direct[0].name} and {below[0].relative_to(folder)})",
            argument=argument,
            value=path,
            remedy="put all in the folder, or all in one subfolder per class",
        )
    notes = tuple(_notes(folder, found))
    if not direct and not below:
        skipped = f"; {notes[0]}" if notes else ""
        raise ParganError(
            f"holds no images that can be read (such as .png, .jpg, .tif or .pgm){skipped}",
            argument=argument,
            value=path,
            remedy="give another folder",
        )
    if direct:
        return Listing(tuple(direct), None, notes)
    return Listing(tuple(below), np.array([file.relative_to(folder).parts[0] for file in below]), notes)


def _sorted_out(folder: Path, files: Iterable[Path]) -> _Found:
    known = suffixes()
    found = _Found([], [], [])
    for file in sorted(files, key=lambda file: file.relative_to(folder).parts):
        parts = file.relative_to(folder).parts
        if any(part.startswith(".") for part in parts):
            found.hidden.append(file)
        elif file.suffix.lower() in known and file.is_file():  # no named pipe, at which opening would wait for ever
            found.images.append(file)
        else:
            found.others.append(file)
    return found


def _notes(folder: Path, found: _Found) -> Iterator[str]:
    if found.others:
        yield f"skipped {_counted(found.others, folder)}: no image that can be read, by its ending"
    if found.hidden:
        parts = [file.relative_to(folder).parts for file in found.hidden]
        tops = sorted({next(part for part in each if part.startswith(".")) for each in parts})
        named = ", ".join(islice(tops, NAMED)) + (", ..." if len(tops) > NAMED else "")
        yield f"skipped {_files(len(found.hidden))} with hidden names or in hidden folders ({named})"


def _counted(files: list[Path], folder: Path) -> str:
    """`2 files (1 .heic: a.heic; 1 .txt: b.txt)`."""
    counts = Counter(file.suffix.lower() for file in files)
    kinds = []
    for suffix, number in counts.most_common():
        names = [str(file.relative_to(folder)) for file in files if file.suffix.lower() == suffix]
        more = ", ..." if number > NAMED else ""
        kinds.append(f"{number} {suffix or 'without ending'}: {', '.join(names[:NAMED])}{more}")
    return f"{_files(len(files))} ({'; '.join(kinds)})"


def _files(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


def _walk(folder: Path, path: str, argument: str) -> Iterator[tuple[str, str]]:
    """Folder and name of every file; unlike glob, `os.walk` reports folders that cannot be read."""

    def refuse(error: OSError) -> NoReturn:
        raise ParganError(
            f"cannot be read completely: {error.filename} ({error.strerror})",
            argument=argument,
            value=path,
            remedy="check its permissions",
        ) from error

    for parent, _, names in os.walk(folder, onerror=refuse):
        yield from ((parent, name) for name in names)
