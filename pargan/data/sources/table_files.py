"""Reading files of tables: text (csv, tsv, compressed or not), Parquet and Excel. Legend: N rows, V columns."""

import csv
import gzip
import io
import lzma
import zlib
from bz2 import BZ2File
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from pargan.data.sources.header import has_header
from pargan.data.sources.raw_table import RawTable, TextColumn, frame_table, named_columns
from pargan.data.sources.text_dialect import Dialect, sniff_dialect, sniff_encoding
from pargan.errors import ParganError
from pargan.io.files import read_error

BEGINNING = 2**17  # bytes to find the dialect from
PARQUET, EXCEL = (".parquet", ".pq"), (".xlsx", ".xlsm")
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
TEXT = (".csv", ".tsv", ".tab", ".txt", ".data")
WITH_GAPS = (
    *(pd.Int8Dtype(), pd.Int16Dtype(), pd.Int32Dtype(), pd.Int64Dtype(), pd.BooleanDtype()),
    *(pd.UInt8Dtype(), pd.UInt16Dtype(), pd.UInt32Dtype(), pd.UInt64Dtype()),
)
UNNAMED_INDEX = "__index_level_0__"
REMEDY = "give the path of a .csv, .tsv, .parquet or .xlsx file"


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
            return frame_table(_foreign("parquet", partial(_parquet, place), error), argument, str(path))
        if suffix in EXCEL:
            return _read_excel(place, header, argument, str(path))
        return _read_text(place, names, header, delimiter, encoding, argument, str(path))
    except ParganError:
        raise
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as damaged:
        raise error(f"is damaged ({damaged})", remedy="give a whole file") from damaged
    except OSError as failed:
        raise read_error(path, failed, argument) from failed


def _with_extra(extra: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ImportError as error:
        raise ParganError(
            f"reading this kind of file needs a package that is not installed; pip install 'pargan[{extra}]'"
        ) from error


def _foreign(extra: str, read: Callable[[], pd.DataFrame], error: Callable[..., ParganError]) -> pd.DataFrame:
    """What another package reads; those that read Parquet and Excel raise errors of any class on damaged files."""
    try:
        return _with_extra(extra, read)
    except (ParganError, MemoryError, PermissionError):
        raise
    except Exception as failed:
        raise error(f"is damaged or of another kind ({type(failed).__name__})", remedy=REMEDY) from failed


def _parquet(place: Path) -> pd.DataFrame:
    import pyarrow as pa
    from pyarrow import parquet

    # In types with gaps: as floats, whole numbers beyond 2^53 beside a missing one would lose digits.
    with_gaps = {pa.from_numpy_dtype(kind.numpy_dtype): kind for kind in WITH_GAPS}
    frame = parquet.read_table(place).to_pandas(types_mapper=with_gaps.get, ignore_metadata=True)
    if UNNAMED_INDEX in frame.columns:  # which pandas writes behind the columns
        frame.insert(0, "", frame.pop(UNNAMED_INDEX))
    return frame


def _read_excel(place: Path, header: bool | str, argument: str, value: str) -> RawTable:
    read = partial(
        pd.read_excel, place, dtype=object, keep_default_na=False, na_values=[""], header=None, engine="openpyxl"
    )
    frame = _foreign("excel", read, partial(ParganError, argument=argument, value=value))
    frame = frame.dropna(how="all").dropna(how="all", axis=1)
    if not len(frame):
        raise ParganError("holds no rows", argument=argument, value=value, remedy="give one record per row")
    first = ["" if pd.isna(cell) else str(cell).strip() for cell in frame.iloc[0]]
    if header is True or (header == "auto" and not all(cell.replace(".", "").isdigit() for cell in first)):
        frame, names = frame.iloc[1:], first
    else:
        names = [f"column_{number}" for number in range(1, len(first) + 1)]
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise ParganError(
            f'has a header with the name "{repeated}" more than once',
            argument=argument,
            value=value,
            remedy="give columns different names",
        )
    frame.columns = pd.Index(names)
    # As pandas reads them in a DataFrame: columns of numbers become numbers, text stays text.
    return frame_table(frame.infer_objects(), argument, value)


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
    with _opened(place) as file:
        beginning = file.read(BEGINNING)
    encoding = _whole_encoding(place, beginning, encoding)
    text = beginning.decode(encoding, errors="ignore")
    cut = text.rfind("\n") if len(beginning) == BEGINNING else len(text)
    given = "\t" if delimiter == "auto" and ".tsv" in place.suffixes else delimiter
    dialect = sniff_dialect(text[:cut] or text, encoding, given)
    lines, lengths = _measure(place, dialect, error)
    if not len(lines):
        raise error("holds no rows", remedy="give a file with one record per line")
    width = _checked_width(lines, lengths, dialect, names, error)
    with _opened(place) as file:
        frame = pd.read_csv(
            io.TextIOWrapper(file, encoding=encoding, newline=""),
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
        )
    if len(frame) != len(lines):
        raise error(
            f"has quotes or line ends that cannot be told apart: {len(frame)} or {len(lines)} rows",
            remedy="write it again, with quotes doubled inside quoted cells",
        )
    first = [str(cell).strip() for cell in frame.iloc[0]]
    if lengths[0] == width - 1:  # as R writes it: the header lacks the name of the row numbers
        first = ["", *first[:-1]]
    named = names is None and has_header(first, frame, header)
    if named:
        frame, lines = frame.iloc[1:], lines[1:]
    if not len(frame):
        raise error("holds no rows", remedy="give a file with one record per line")
    used = first if named else names or [f"column_{number}" for number in range(1, width + 1)]
    columns, left_out = named_columns(used, lambda column: TextColumn.of(frame[column].to_numpy()), error)
    remarks = []
    if encoding not in ("utf-8-sig", "utf-8"):
        remarks.append(f"read as {encoding} (encoding=... changes it)")
    if delimiter == "auto" and dialect.delimiter != ",":
        remarks.append(f"read with cells divided by {dialect.delimiter!r} (delimiter=... changes it)")
    if named and header == "auto" and any(cell.replace(".", "").isdigit() for cell in first):
        remarks.append("read with the numbers of line 1 as names (header=false takes them as a record)")
    return RawTable(argument, value, columns, lines, named, dialect.delimiter, left_out, tuple(remarks))


@contextmanager
def _opened(place: Path) -> Iterator[BinaryIO]:
    opened: Any
    suffix = place.suffix.lower()
    if suffix == ".gz":
        opened = gzip.GzipFile(place)
    elif suffix == ".bz2":
        opened = BZ2File(place)
    elif suffix == ".xz":
        opened = lzma.LZMAFile(place)  # noqa: SIM115
    elif suffix == ".zst":
        opened = io.BufferedReader(_with_extra("zstd", lambda: _open_zstandard(place)))
    else:
        opened = place.open("rb")
    with opened:
        yield opened


def _open_zstandard(place: Path) -> Any:
    import zstandard

    frame = zstandard.ZstdDecompressor().decompressobj()
    with place.open("rb") as file:  # the reader below takes the end of a cut file for its end
        while block := file.read(2**20):
            while block:
                frame = zstandard.ZstdDecompressor().decompressobj() if frame.eof else frame
                try:
                    frame.decompress(block)
                except zstandard.ZstdError as error:
                    raise EOFError(str(error)) from error
                block = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise EOFError("it is cut off")
    return zstandard.ZstdDecompressor().stream_reader(place.open("rb"), read_across_frames=True, closefd=True)


def _whole_encoding(place: Path, beginning: bytes, encoding: str) -> str:
    """The encoding of the beginning, unless the rest is no UTF-8."""
    found = sniff_encoding(beginning, encoding)
    if encoding != "auto" or found != "utf-8-sig" or len(beginning) < BEGINNING:
        return found
    with _opened(place) as file, io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        try:
            while text.read(2**20):
                pass
        except UnicodeDecodeError:
            return "cp1252"
    return found


def _measure(place: Path, dialect: Dialect, error: Callable[..., ParganError]) -> tuple[np.ndarray, np.ndarray]:
    """Line in which each row ends, and its number of cells: pandas fills up short rows without a word."""
    lines, lengths = [], []
    with _opened(place) as file, io.TextIOWrapper(file, encoding=dialect.encoding, newline="") as text:
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
    return np.array(lines, dtype=np.int64), np.array(lengths, dtype=np.int64)


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
            f"line {lines[row]} has {lengths[row]} cells where {width} are expected",
            remedy=f"correct that line, or give the character between cells with delimiter=... "
            f"(now {dialect.delimiter!r})",
        )
    return width
