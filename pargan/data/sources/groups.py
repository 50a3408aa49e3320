"""Several files of one kind as groups of records that share their facts: what an audit is given.

Csv files are typed over all of them together, so that ranges and categories are common.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from pargan.data.sources.csv_files import csv_tables
from pargan.data.sources.image_files import image_folder
from pargan.data.sources.npz_files import npz
from pargan.errors import ParganError
from pargan.records.pool import Pool

FOLDER = "a folder of images"


def read_groups(
    paths: Mapping[str, str],
    *,
    types: Mapping[str, str] | None = None,
    label: str | int | None = -1,
    header: bool | str = "auto",
    delimiter: str = ",",
    encoding: str = "utf-8",
    key: str = "x",
    labels_key: str | None = "y",
    size: int = 32,
    grayscale: bool = False,
) -> dict[str, Pool]:
    """Read files into groups; what a file is, its name says: .csv, .npz, or a folder of images.

    Args:
        paths: group's name, by which sentences call the file -> the file.
        types, label, header, delimiter, encoding: of csv files, as in `csv_table`.
        key, labels_key: of npz files, as in `npz`.
        size, grayscale: of images, as in `image_folder`.

    Returns:
        The groups by name, all with records of one shape.

    Raises:
        ParganError: a file of no known kind, files of different kinds, columns or shapes, or whatever their
            reader refuses.
    """
    readers: dict[str, Callable[[Mapping[str, str]], dict[str, Pool]]] = {
        ".csv": partial(csv_tables, types=types, label=label, header=header, delimiter=delimiter, encoding=encoding),
        ".npz": lambda files: {each: npz(path, key, labels_key, each) for each, path in files.items()},
        FOLDER: lambda files: {
            each: image_folder(path, size, grayscale, config_key=each) for each, path in files.items()
        },
    }
    kinds = {name: _kind(name, path, list(readers)) for name, path in paths.items()}
    (first, kind), *others = kinds.items()
    for other, found in others:
        if found != kind:
            raise ParganError(
                f"{other}={paths[other]} is {found}, but {first}={paths[first]} is {kind}; give files of one kind"
            )
    groups = readers[kind](paths)
    for other, records in groups.items():
        if records.spec.shape != groups[first].spec.shape:
            raise ParganError(
                f"{other}={paths[other]} holds records of shape {records.spec.shape}, {first}={paths[first]} of "
                f"{groups[first].spec.shape}; give records of one shape"
            )
    return groups


def _kind(name: str, path: str, known: list[str]) -> str:
    place = Path(path).expanduser()
    kind = FOLDER if place.is_dir() else place.suffix.lower()
    if not place.exists():
        raise ParganError(f"{name}={path} is not there; give a .csv or .npz file, or a folder of images")
    if kind not in known:
        raise ParganError(f"{name}={path} is of no known kind; give a .csv or .npz file, or a folder of images")
    return kind
