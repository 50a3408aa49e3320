"""Text files of rows: from bytes to named, complete columns of text. Legend: N rows, V columns."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pargan.errors import ParganError
from pargan.io.files import read_error

MISSING = frozenset({"", "nan", "na", "n/a", "null"})  # compared in lower case


@dataclass(frozen=True)
class Cells:
    """The cells of a file.

    Attributes:
        source: how sentences about the file begin, for example "dataset.path=my.csv".
        columns: name -> (N,) cells, stripped; V of them.
        lines: (N,) line of the file each row ends in, from 1.
        has_header: whether the names came from the file.
    """

    source: str
    columns: dict[str, list[str]]
    lines: list[int]
    has_header: bool

    def where(self, name: str) -> str:
        """How a sentence about a column begins."""
        return f'{self.source}: column {list(self.columns).index(name) + 1} ("{name}")'

    def first(self, name: str, matches: Callable[[str], bool]) -> tuple[str, int, int]:
        """Of the cells of a column that match: the first, its line, and how many there are."""
        found = [place for place, cell in enumerate(self.columns[name]) if matches(cell)]
        return self.columns[name][found[0]], self.lines[found[0]], len(found)


def read_cells(
    path: Path,
    *,
    names: list[str] | None = None,
    header: Any = "auto",
    delimiter: str = ",",
    encoding: str = "utf-8",
    key: str = "dataset.path",
) -> Cells:
    """Read a file of rows.

    Args:
        path: the file.
        names: of the columns of a file without header; None takes them from the header or numbers them.
        header: whether the first row holds names: true, false, or "auto": it does unless one of its cells is
            a number.
        delimiter: one character.
        encoding: of the file; a byte order mark is dropped.
        key: config key that the sentences name.

    Raises:
        ParganError: no file, another encoding, no rows, one column, ragged rows, empty cells, a name twice.
    """
    source = f"{key}={path}"
    rows, lines = _rows(source, path, delimiter, encoding)
    has_header = names is None and _has_header(header, rows)
    if has_header:
        found, rows, lines = rows[0], rows[1:], lines[1:]
    else:
        found = names or [f"column_{place}" for place in range(1, len(rows[0]) + 1)] if rows else []
    if not rows:
        raise ParganError(f"{source} holds no rows; give a file with one record per line")
    if len(found) == 1 and len(rows[0]) == 1:
        raise ParganError(
            f"{source} has one column; a table needs two or more "
            f"(if its cells are not separated by {delimiter!r}, set dataset.delimiter)"
        )
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(found):
            raise ParganError(
                f"{source}: line {line} has {len(row)} cells where {len(found)} are expected; mend that line"
            )
    found = [name or f"column_{place}" for place, name in enumerate(found, start=1)]
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise ParganError(f'{source}: the header names "{twice[0]}" more than once; give every column its own name')
    cells = Cells(source, dict(zip(found, map(list, zip(*rows, strict=True)), strict=True)), lines, has_header)
    _refuse_missing(cells)
    return cells


def _rows(source: str, path: Path, delimiter: str, encoding: str) -> tuple[list[list[str]], list[int]]:
    if len(delimiter) != 1:
        raise ParganError(f"dataset.delimiter={delimiter!r} is not one character; give for example ';'")
    rows, lines = [], []
    try:
        with path.open(encoding="utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding, newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
            for row in reader:
                if row:
                    rows.append([cell.strip() for cell in row])
                    lines.append(reader.line_num)
    except UnicodeError as error:
        raise ParganError(
            f"{source} is not {encoding} text ({error}); name its encoding, for example dataset.encoding=latin-1"
        ) from error
    except LookupError as error:
        raise ParganError(f"dataset.encoding={encoding} is unknown; give for example utf-8 or latin-1") from error
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ParganError(f"{source} is no file; give the path of a csv file") from error
    except OSError as error:
        raise read_error(source, error) from error
    except csv.Error as error:
        raise ParganError(f"{source}: line {reader.line_num} is not valid csv ({error}); mend that line") from error
    return rows, lines


def _has_header(header: Any, rows: list[list[str]]) -> bool:
    if isinstance(header, bool):
        return header and bool(rows)
    if header != "auto":
        raise ParganError(f"dataset.header={header} is none of true, false and auto")
    return bool(rows) and not any(is_number(cell) for cell in rows[0])


def pooled(files: Sequence[Cells]) -> Cells:
    """The rows of several files, one file after the other, columns in the order of the first.

    Raises:
        ParganError: a file has other columns than the first.
    """
    first = files[0]
    for other in files[1:]:
        for one, two in ((first, other), (other, first)):
            lacking = [name for name in one.columns if name not in two.columns]
            if lacking:
                raise ParganError(
                    f'{two.source} has no column "{lacking[0]}", which {one.source} has; give files with the same '
                    f"columns, all with a header or all without"
                )
    columns = {name: [cell for each in files for cell in each.columns[name]] for name in first.columns}
    lines = [line for each in files for line in each.lines]
    return Cells(", ".join(each.source for each in files), columns, lines, first.has_header)


def is_number(cell: str) -> bool:
    """Whether a cell reads as a number, infinity and NaN included."""
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
        raise ParganError(
            f"{cells.where(name)} holds {count} empty {'cell' if count == 1 else 'cells'} "
            f"(the first in line {line}); fill them or drop those rows"
        )
