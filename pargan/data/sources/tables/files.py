"""Reading files of tables: text (csv, tsv, compressed or not), Parquet and Excel. Legend: N rows, V columns."""

import csv
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from pargan.data.sources.tables.binary_files import REMEDY, read_excel, read_parquet
from pargan.data.sources.tables.collected_texts import CollectedTexts
from pargan.data.sources.tables.header import LOOKED_AT, has_header
from pargan.data.sources.tables.line_cells import cells_of_lines, columns_of_lines
from pargan.data.sources.tables.raw_table import RawTable, TextColumn, named_columns
from pargan.data.sources.tables.text_dialect import Dialect, sniff_dialect, sniff_encoding
from pargan.data.sources.unpacking import opened
from pargan.errors import ParganError, counted
from pargan.io.files import read_error

BEGINNING = 2**17  # bytes to find the dialect from
BLOCK_CELLS = 2**22  # that pandas holds as objects at a time
PARQUET, EXCEL = (".parquet", ".pq"), (".xlsx", ".xlsm")
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
TEXT = (".csv", ".tsv", ".tab", ".txt", ".data")


def is_table_file(path: str | Path) -> bool:
    """Whether the name is that of a file with a table."""
    name = Path(path)
    suffix = Path(name.stem).suffix if name.suffix.lower() in COMPRESSED else name.suffix
    return suffix.lower() in (*TEXT, *PARQUET, *EXCEL)


def read_table(
    path: str | Path,
    *,
    names: list[str] | None = None,
    header: bool | str = "auto",
    delimiter: str = "auto",
    encoding: str = "auto",
    argument: str = "path",
) -> RawTable:
    """Read a file of rows.

    Args:
        path: the file. Its name tells Parquet and Excel from text, and how it is compressed.
        names: names of the columns of a text file without header; None finds out whether it has one.
        header: True, False or "auto": whether the first row holds names; see `has_header`.
        delimiter: one character, or "auto".
        encoding: of a text file, or "auto".
        argument: parameter of the caller that `path` was given as, for errors.

    Raises:
        ParganError: the file is missing, has another encoding, no rows, one column, rows of different length, or a
            header with a name twice; or the package that reads it is not installed.
    """
    if header not in (True, False, "auto"):
        raise ParganError(
            "is not a choice", argument="header", value=header, remedy="give header=True, header=False or header=auto"
        )
    place = Path(path).expanduser()
    error = partial(ParganError, argument=argument, value=str(path))
    if not place.is_file():
        raise error("is not a file", remedy=REMEDY)
    suffix = place.suffix.lower()
    try:
        if suffix in PARQUET:
            return read_parquet(place, argument, str(path))
        if suffix in EXCEL:
            return read_excel(place, header, argument, str(path))
        return _read_text(place, names, header, delimiter, encoding, argument, str(path))
    except ParganError:
        raise
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as damaged:
        raise error(f"is damaged ({damaged})", remedy="give a whole file") from damaged
    except OSError as failed:
        raise read_error(path, failed, argument) from failed


def _read_text(
    place: Path,
    names: list[str] | None,
    header: bool | str,
    delimiter: str,
    encoding: str,
    argument: str,
    value: str,
) -> RawTable:
    error = partial(ParganError, argument=argument, value=value)
    with opened(place, error) as file:
        beginning = file.read(BEGINNING)
    encoding = _whole_encoding(place, beginning, encoding, error)
    text = beginning.decode(encoding, errors="ignore")
    cut = text.rfind("\n") if len(beginning) == BEGINNING else len(text)
    given = "\t" if delimiter == "auto" and ".tsv" in place.suffixes else delimiter
    dialect = sniff_dialect(text[:cut] or text, encoding, given)
    lines, lengths, is_plain = _measure(place, dialect, error)
    if not len(lines):
        raise error("holds no rows", remedy="give a file with one record per line")
    width = _checked_width(lines, lengths, dialect, names, error)
    with opened(place, error) as file:
        frame = next(_parsed(file, dialect, width, LOOKED_AT))
    first = [str(cell).strip() for cell in frame.iloc[0]]
    if lengths[0] == width - 1:  # as R writes it: the header lacks the name of the row numbers
        first = ["", *first[:-1]]
    named = names is None and has_header(first, frame, header)
    cells, num_rows = [CollectedTexts() for _ in range(width)], 0
    with opened(place, error) as file:
        is_plain = is_plain and bool((lengths == width).all()) and dialect.delimiter not in " \n\r"
        for block in columns_of_lines(file, dialect.delimiter, width) if is_plain else _columns(file, dialect, width):
            start = int(named and not num_rows)
            num_rows += len(block[0])
            for column, block_cells in zip(cells, block, strict=True):
                column.add(block_cells[start:])
    num_rows -= named
    lines = lines[named:]
    if num_rows != len(lines):
        raise error(
            f"has quotes or line ends that cannot be told apart: {num_rows} or {len(lines)} rows",
            remedy="write it again, with quotes doubled inside quoted cells",
        )
    if not num_rows:
        raise error("holds no rows", remedy="give a file with one record per line")
    used = first if named else names or [f"column_{number}" for number in range(1, width + 1)]
    columns, left_out = named_columns(used, lambda number: TextColumn(*cells[number].column()), error)
    remarks = []
    if encoding not in ("utf-8-sig", "utf-8"):
        remarks.append(f"read as {encoding} (encoding=... changes it)")
    if delimiter == "auto" and dialect.delimiter != ",":
        remarks.append(f"read with cells divided by {dialect.delimiter!r} (delimiter=... changes it)")
    if named and header == "auto" and any(cell.replace(".", "").isdigit() for cell in first):
        remarks.append("read with the numbers of line 1 as names (header=false takes them as a record)")
    return RawTable(argument, value, columns, lines, named, dialect.delimiter, left_out, tuple(remarks))


def _columns(file: BinaryIO, dialect: Dialect, width: int) -> Iterator[list[np.ndarray]]:
    """The cells of each column as texts, a block of rows at a time."""
    for block in _parsed(file, dialect, width, BLOCK_CELLS // width + 1):
        yield [block[number].to_numpy() for number in range(width)]


def _parsed(file: BinaryIO, dialect: Dialect, width: int, num_rows: int) -> Iterator[pd.DataFrame]:
    """The rows of a text file as texts, so many at a time."""
    yield from pd.read_csv(
        io.TextIOWrapper(file, encoding=dialect.encoding, newline=""),
        sep=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape,
        header=None,
        names=list(range(width)),
        index_col=False,
        dtype=object,
        na_filter=False,
        skipinitialspace=True,
        low_memory=False,
        chunksize=num_rows,
    )


def _whole_encoding(place: Path, beginning: bytes, encoding: str, error: Callable[..., ParganError]) -> str:
    """The encoding of the beginning, unless the rest is no UTF-8."""
    found = sniff_encoding(beginning, encoding)
    if encoding != "auto" or found != "utf-8-sig" or len(beginning) < BEGINNING:
        return found
    with opened(place, error) as file, io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        try:
            while text.read(2**20):
                pass
        except UnicodeDecodeError:
            return "cp1252"
    return found


def _measure(place: Path, dialect: Dialect, error: Callable[..., ParganError]) -> tuple[np.ndarray, np.ndarray, bool]:
    """Line in which each row ends, its number of cells, and whether `columns_of_lines` may read them.

    Pandas fills up short rows without a word.
    """
    with opened(place, error) as file:
        if (counted := cells_of_lines(file, dialect)) is not None:
            return *counted, True
    lines, lengths = [], []
    with opened(place, error) as file, io.TextIOWrapper(file, encoding=dialect.encoding, newline="") as text:
        reader = dialect.reader(text)
        try:
            for row in reader:
                if row and not (len(row) == 1 and not row[0].strip()):
                    if "\0" in ",".join(row):
                        raise csv.Error("a NUL byte")
                    lines.append(reader.line_num)
                    lengths.append(len(row))
        except UnicodeError as failed:
            name = dialect.encoding.removesuffix("-sig")
            raise error(
                f"is not {name} text ({failed})", remedy="give its encoding, for example encoding=latin-1"
            ) from failed
        except csv.Error as failed:
            cause = "a quote is never closed" if "unexpected end" in str(failed) else str(failed)
            start = lines[-1] + 1 if lines else 1
            raise error(f"is not valid CSV in line {start} ({cause})", remedy="correct that line") from failed
    return np.array(lines, dtype=np.int64), np.array(lengths, dtype=np.int64), False


def _checked_width(
    lines: np.ndarray, lengths: np.ndarray, dialect: Dialect, names: list[str] | None, error: Callable[..., ParganError]
) -> int:
    """The number of columns."""
    width = len(names) if names is not None else int(lengths[0])
    if len(lengths) > 1 and names is None and (lengths[1:] == width + 1).all():
        width += 1
    wrong = np.flatnonzero(lengths != width)
    wrong = wrong[~((wrong == 0) & (lengths[wrong] == width - 1) & (lengths[-1] == width))]
    if width == 1 and not (lengths > 1).any():
        raise error(
            f"has one column with the delimiter {dialect.delimiter!r}; a table needs two or more",
            remedy="give another file, or the character between its cells with delimiter=...",
        )
    if len(wrong):
        row = int(wrong[0])
        raise error(
            f"line {lines[row]} has {counted(lengths[row], 'cell')} where {width} are expected",
            remedy=f"correct that line, or give the character between cells with delimiter=... "
            f"(now {dialect.delimiter!r})",
        )
    return width
