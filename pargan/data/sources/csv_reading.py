"""Reading text files of rows into named columns of text without missing cells. Legend: N rows, V columns."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pargan.errors import ParganError
from pargan.io.files import read_error

MISSING = frozenset({"", "nan", "na", "n/a", "null"})  # compared in lower case


@dataclass(frozen=True)
class Cells:
    """The cells of one file, or of several files with the same columns.

    Attributes:
        paths: argument that a file was given as -> its path, for errors.
        columns: name -> (N,) cells, stripped; V of them.
        lines: (N,) line of the file in which each row ends, from 1.
        has_header: whether the names were read from the file.
    """

    paths: Mapping[str, str]
    columns: dict[str, list[str]]
    lines: list[int]
    has_header: bool

    def error(self, problem: str, remedy: str) -> ParganError:
        """An error about the first file, which names the others too."""
        (argument, path), *further = self.paths.items()
        together = "".join(f"together with {name}={further_path} " for name, further_path in further)
        return ParganError(f"{together}{problem}", argument=argument, value=path, remedy=remedy)

    def describe(self, name: str) -> str:
        """Position and name of a column, for errors."""
        return f'column {list(self.columns).index(name) + 1} ("{name}")'

    def first(self, name: str, matches: Callable[[str], bool]) -> tuple[str, int, int]:
        """The first cell of a column that matches, its line, and the number of matching cells."""
        places = [place for place, cell in enumerate(self.columns[name]) if matches(cell)]
        return self.columns[name][places[0]], self.lines[places[0]], len(places)


def read_cells(
    path: str | Path,
    *,
    names: list[str] | None = None,
    header: bool | str = "auto",
    delimiter: str = ",",
    encoding: str = "utf-8",
    argument: str = "path",
) -> Cells:
    """Read a file of rows.

    Args:
        path: the file.
        names: names of the columns of a file without header; None reads them from the header or numbers them.
        header: True, False or "auto": whether the first row holds names. "auto": unless one of its cells is a number.
        delimiter: one character.
        encoding: of the file; a byte order mark is dropped.
        argument: parameter of the caller that `path` was given as, for errors.

    Raises:
        ParganError: the file is missing, has another encoding, no rows, one column, rows of different length, empty
            cells, or a header with a name twice.
    """
    error = partial(ParganError, argument=argument, value=str(path))
    rows, lines = _rows(argument, path, delimiter, encoding)
    has_header = names is None and _has_header(header, rows)
    if has_header:
        columns, rows, lines = rows[0], rows[1:], lines[1:]
    else:
        columns = names or [f"column_{place}" for place in range(1, len(rows[0]) + 1)] if rows else []
    if not rows:
        raise error("holds no rows", remedy="give a file with one record per line")
    if len(columns) == 1 and len(rows[0]) == 1:
        raise error(
            f"has one column with the delimiter {delimiter!r}; a table needs two or more",
            remedy="give another file, or the character between its cells with delimiter=...",
        )
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(columns):
            raise error(
                f"line {line} has {len(row)} cells where {len(columns)} are expected", remedy="correct that line"
            )
    columns = [name or f"column_{place}" for place, name in enumerate(columns, start=1)]
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise error(f'has a header with the name "{repeated[0]}" more than once', remedy="give columns different names")
    cells = Cells(
        {argument: str(path)}, dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)), lines, has_header
    )
    _refuse_missing(cells)
    return cells


def _rows(argument: str, path: str | Path, delimiter: str, encoding: str) -> tuple[list[list[str]], list[int]]:
    """The stripped cells of all rows that are not empty, and the line in which each row ends."""
    if len(delimiter) != 1:
        raise ParganError(
            f"has {len(delimiter)} characters",
            argument="delimiter",
            value=delimiter,
            remedy="give the one character between the cells",
        )
    is_utf8 = encoding.lower() in ("utf-8", "utf8")
    rows, lines = [], []
    try:
        with Path(path).expanduser().open(encoding="utf-8-sig" if is_utf8 else encoding, newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
            for row in reader:
                if row:
                    rows.append([cell.strip() for cell in row])
                    lines.append(reader.line_num)
    except UnicodeError as error:
        raise ParganError(
            f"is not {encoding} text ({error})",
            argument=argument,
            value=path,
            remedy="give its encoding, for example encoding=latin-1",
        ) from error
    except LookupError as error:
        raise ParganError(
            "is unknown", argument="encoding", value=encoding, remedy="give for example utf-8 or latin-1"
        ) from error
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ParganError(
            "is not a file", argument=argument, value=path, remedy="give the path of a CSV file"
        ) from error
    except OSError as error:
        raise read_error(path, error, argument) from error
    except csv.Error as error:
        raise ParganError(
            f"is not valid CSV in line {reader.line_num} ({error})",
            argument=argument,
            value=path,
            remedy="correct that line",
        ) from error
    return rows, lines


def _has_header(header: bool | str, rows: list[list[str]]) -> bool:
    if isinstance(header, bool):
        return header and bool(rows)
    if header != "auto":
        raise ParganError(
            "is not a choice", argument="header", value=header, remedy="give header=True, header=False or header=auto"
        )
    return bool(rows) and not any(is_number(cell) for cell in rows[0])


def concatenate(files: Sequence[Cells]) -> Cells:
    """The rows of several files, one file after the other, with the columns in the order of the first.

    Raises:
        ParganError: a file has other columns than the first.
    """
    first = files[0]
    for further in files[1:]:
        for complete, incomplete in ((first, further), (further, first)):
            missing = [name for name in complete.columns if name not in incomplete.columns]
            if missing:
                (argument, path) = next(iter(complete.paths.items()))
                raise incomplete.error(
                    f'has no column "{missing[0]}", which {argument}={path} has',
                    "give files with the same columns, all with a header or all without",
                )
    columns = {name: [cell for cells in files for cell in cells.columns[name]] for name in first.columns}
    lines = [line for cells in files for line in cells.lines]
    paths = {argument: path for cells in files for argument, path in cells.paths.items()}
    return Cells(paths, columns, lines, first.has_header)


def is_number(cell: str) -> bool:
    """Whether a cell can be read as a number, infinity and NaN included."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _refuse_missing(cells: Cells) -> None:
    for name, column in cells.columns.items():
        if MISSING.isdisjoint(cell.lower() for cell in set(column)):
            continue
        _, line, count = cells.first(name, lambda cell: cell.lower() in MISSING)
        raise cells.error(
            f"has {count} empty {'cell' if count == 1 else 'cells'} in {cells.describe(name)}, first in line {line}",
            "fill them or drop those rows",
        )
