"""Generated records into a file or folder, a batch at a time. Legend: N records, *shape of one in model space."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.lib import format as npy
from PIL import Image

from pargan.errors import ParganError
from pargan.io.new_output import new_output
from pargan.records.formulas import FormulaCount
from pargan.records.images import ImageSpec
from pargan.records.spec import RecordSpec
from pargan.records.tables import TableSpec
from pargan.release.table_formats import continued
from pargan.release.write_parquet import write_parquet

FOLDER = "a folder"


class Writer(Protocol):
    """Opens a file or folder for `total` records of a format; the block is given a function that appends some.

    It is written at `path` and then moved to `final`, which warnings name.
    """

    def __call__(self, path: Path, spec: Any, total: int, final: Path) -> Any:
        """A context manager."""


@contextmanager
def write_records(
    path: Path, spec: RecordSpec, total: int, argument: str = "out"
) -> Iterator[Callable[[np.ndarray], None]]:
    """Yield a function that appends (N, *shape) records in model space, which are written in the user's units.

    Points and images may be appended with a second argument, their classes (N,).
    The ending of `path` chooses the form: .npz holds an array `x`; .csv and .parquet a table; a name without ending
    becomes a folder of .png files, where the records are images. `path` appears when all of them have been written.

    Args:
        path: where to write.
        spec: the record format.
        total: how many records will be written.
        argument: what `path` was given as, for errors.

    Raises:
        ParganError: `path` exists, has another ending, or cannot be written; or a package that writes it is missing.
    """
    writer = _writer(path, spec, argument)
    with new_output(path, argument) as partial, writer(partial, spec, total, path) as append:
        yield append


def check_output(path: Path, spec: RecordSpec, argument: str = "out") -> None:
    """Refuse a path that `write_records` would refuse, before any record is generated."""
    _writer(path, spec, argument)


def _writer(path: Path, spec: RecordSpec, argument: str) -> Writer:
    fitting = WRITERS[spec.kind]
    ending = path.suffix.lower() or FOLDER
    if ending not in fitting:
        examples = " or ".join(f"{argument}=samples{'' if each == FOLDER else each}" for each in fitting)
        raise ParganError(
            f"does not suit records of kind {spec.kind}", argument=argument, value=path, remedy=f"give {examples}"
        )
    return fitting[ending]


@contextmanager
def _npz(path: Path, spec: RecordSpec, total: int, final: Path) -> Iterator[Callable[[np.ndarray], None]]:
    """The array `x`, and `y` where records have classes.

    The header of `x` says the number of records before the first one is there.
    """
    example = np.asarray(spec.decode(np.zeros((1, *spec.shape), np.float32)))
    header = {"descr": npy.dtype_to_descr(example.dtype), "fortran_order": False, "shape": (total, *example.shape[1:])}
    labels: list[np.ndarray] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as file:
            npy.write_array_header_2_0(file, header)

            def append(records: np.ndarray, classes: np.ndarray | None = None) -> None:
                file.write(np.ascontiguousarray(spec.decode(records)).tobytes())
                labels.extend([] if classes is None else [classes])

            yield append
        if labels:
            with archive.open("y.npy", "w", force_zip64=True) as file:
                npy.write_array(file, np.concatenate(labels), allow_pickle=False)


@contextmanager
def _images(path: Path, spec: ImageSpec, total: int, final: Path) -> Iterator[Callable[[np.ndarray], None]]:
    """00000.png, 00001.png, ...; in one folder for each class where records have classes."""
    path.mkdir()
    digits, position = max(5, len(str(total - 1))), 0

    def append(records: np.ndarray, classes: np.ndarray | None = None) -> None:
        nonlocal position
        for i, image in enumerate(spec.decode(records)):
            folder = path if classes is None else path / _folder_name(str(classes[i]))
            folder.mkdir(exist_ok=True)
            Image.fromarray(image).save(folder / f"{position:0{digits}}.png")
            position += 1

    yield append


@contextmanager
def _csv(path: Path, spec: TableSpec, total: int, final: Path) -> Iterator[Callable[[np.ndarray], None]]:
    """Batch after batch, the header once; one warning of all cells that a spreadsheet would run."""
    formulas, num_written = FormulaCount(), 0
    with path.open("wb") as file:

        def append(records: np.ndarray) -> None:
            nonlocal num_written
            batch = continued(spec, num_written) if num_written else spec
            file.write(batch.csv_lines(records, formulas))
            num_written += len(records)

        yield append
    formulas.warn(final)


def _folder_name(label: str) -> str:
    if not label or Path(label).name != label or label.startswith("."):
        raise ParganError(
            f'has a class "{label}", which cannot be the name of a folder',
            argument="out",
            remedy="write an array, for example out=samples.npz",
        )
    return label


WRITERS: dict[str, dict[str, Writer]] = {
    "points": {".npz": _npz},
    "image": {".npz": _npz, FOLDER: _images},
    "table": {".csv": _csv, ".parquet": write_parquet},
}
"""Kind of record -> ending -> writer."""
