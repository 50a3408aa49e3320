"""Several files of one kind as groups of records with one record format, for audits.

Tables have one schema, which is that of the real records.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from pargan.data.sources.arrays.npz import npz_pools
from pargan.data.sources.images.folder import image_folders
from pargan.data.sources.tables.files import is_table_file
from pargan.data.sources.tables.schema import TableOptions
from pargan.data.sources.tables.source import table_groups
from pargan.errors import ParganError
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool

GENERATED = "synthetic"
"""Name of the group whose records are not real: nothing is inferred from it."""

TABLE, FOLDER = "a table", "a folder of images"
REMEDY = "give a table (.csv, .tsv, .parquet, .xlsx), an .npz file, or a folder of images"


def read_groups(
    paths: Mapping[str, str],
    *,
    types: Mapping[str, str] | str | None = None,
    label: str | int | None = -1,
    header: bool | str = "auto",
    delimiter: str = "auto",
    encoding: str = "auto",
    decimal: str = "auto",
    missing: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    rare: int = 0,
    schema: str | None = None,
    key: str = "x",
    labels_key: str | None = "y",
    layout: str | None = None,
    standardize: bool = True,
    size: int = 32,
    grayscale: bool = False,
    background: str = "white",
    pixel_range: Sequence[float] | None = None,
    points: PointsSpec | None = None,
) -> dict[str, Pool]:
    """Read files into groups. The name of a file determines its kind: a table, .npz, or a folder of images.

    Args:
        paths: name of the group -> path of its file. Errors have the name as their argument.
        types, label, header, delimiter, encoding, decimal, missing, drop, rare, schema: for tables, as in `table`.
        key, labels_key, layout, standardize: for .npz files, as in `npz`. The scale of points is that of the reference
            set, or else of the nonmembers.
        size, grayscale, background: for folders of images, as in `image_folder`.
        pixel_range: for images in files of both kinds; where it is inferred, from the real ones.
        points: for points in .npz files, their format where it is known, in place of one fitted to them.

    Returns:
        The groups by name; all have records of one shape.

    Raises:
        ParganError: a file is missing or of unknown kind; files differ in kind, columns or shape; or the reader of a
            file refuses it.
    """
    readers: dict[str, Callable[[Mapping[str, str]], dict[str, Pool]]] = {
        TABLE: partial(
            table_groups,
            options=TableOptions(
                types=types, drop=drop, label=label, decimal=decimal, missing=missing, rare=rare, schema=schema
            ),
            header=header,
            delimiter=delimiter,
            encoding=encoding,
            generated=(GENERATED,),
        ),
        ".npz": partial(
            npz_pools,
            generated=GENERATED,
            key=key,
            labels_key=labels_key,
            layout=layout,
            pixel_range=pixel_range,
            standardize=standardize,
            spec=points,
        ),
        FOLDER: partial(
            image_folders,
            generated=GENERATED,
            size=size,
            grayscale=grayscale,
            background=background,
            pixel_range=pixel_range,
        ),
    }
    kinds = {name: _kind(name, path, list(readers)) for name, path in paths.items()}
    first, first_kind = next(iter(kinds.items()))
    for name, kind in kinds.items():
        if kind != first_kind:
            raise ParganError(
                f"is {kind}, but {first}={paths[first]} is {first_kind}",
                argument=name,
                value=paths[name],
                remedy="give files of one kind",
            )
    groups = readers[first_kind](paths)
    shape = groups[first].spec.shape
    for name, pool in groups.items():
        if pool.spec.shape != shape:
            raise ParganError(
                f"holds records of shape {pool.spec.shape}, {first}={paths[first]} of {shape}",
                argument=name,
                value=paths[name],
                remedy="give records of one shape",
            )
    return groups


def _kind(name: str, path: str, known: list[str]) -> str:
    place = Path(path).expanduser()
    kind = FOLDER if place.is_dir() else TABLE if is_table_file(place) else place.suffix.lower()
    if not place.exists():
        raise ParganError("is not there", argument=name, value=path, remedy=REMEDY)
    if kind not in known:
        raise ParganError("is of unknown kind", argument=name, value=path, remedy=REMEDY)
    return kind
