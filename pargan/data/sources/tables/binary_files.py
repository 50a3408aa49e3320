"""Tables from Parquet and Excel files, with packages that are extras."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from pargan.data.sources.tables.raw_table import RawTable, frame_table
from pargan.data.sources.unpacking import refuse_parquet_bomb, refuse_zip_bomb
from pargan.errors import ParganError

WITH_GAPS = (
    *(pd.Int8Dtype(), pd.Int16Dtype(), pd.Int32Dtype(), pd.Int64Dtype(), pd.BooleanDtype()),
    *(pd.UInt8Dtype(), pd.UInt16Dtype(), pd.UInt32Dtype(), pd.UInt64Dtype()),
)
WIDEST = 2**63
UNNAMED_INDEX = "__index_level_0__"

REMEDY = "give the path of a .csv, .tsv, .parquet or .xlsx file"


def read_parquet(place: Path, argument: str, value: str) -> RawTable:
    """Read a Parquet file; `argument` and `value` are what it was given as, for errors.

    Raises:
        ParganError: a damaged file, no rows, or pyarrow is not installed.
    """
    error = partial(ParganError, argument=argument, value=value)
    return frame_table(_foreign("parquet", partial(_parquet_frame, place, error), error), argument, value)


def _parquet_frame(place: Path, error: Callable[..., ParganError]) -> pd.DataFrame:
    import pyarrow as pa
    from pyarrow import parquet

    described = parquet.read_metadata(place)
    refuse_parquet_bomb(place, described.num_rows * described.num_columns, error)
    # In types with gaps: as floats, whole numbers beyond 2^53 beside a missing one would lose digits.
    with_gaps = {pa.from_numpy_dtype(kind.numpy_dtype): kind for kind in WITH_GAPS}
    frame = parquet.read_table(place).to_pandas(types_mapper=with_gaps.get, ignore_metadata=True)
    if UNNAMED_INDEX in frame.columns:  # which pandas writes behind the columns
        frame.insert(0, "", frame.pop(UNNAMED_INDEX))
    return frame


def read_excel(place: Path, header: bool | str, argument: str, value: str) -> RawTable:
    """Read the first sheet of an Excel file; `header` as in `read_table`.

    Raises:
        ParganError: a damaged file, no rows, a name twice, or openpyxl is not installed.
    """
    read = partial(
        pd.read_excel, place, dtype=object, keep_default_na=False, na_values=[""], header=None, engine="openpyxl"
    )
    error = partial(ParganError, argument=argument, value=value)
    refuse_zip_bomb(place, error)
    frame = _foreign("excel", read, error)
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
    return frame_table(frame.apply(_with_gaps).infer_objects(), argument, value)


def _with_gaps(column: pd.Series) -> pd.Series:
    """Whole numbers beside empty cells in a type with gaps: as floats, they would be written as 5.0."""
    present = column.dropna()
    is_whole = 0 < len(present) < len(column) and all(type(cell) is int for cell in present)
    return column.astype("Int64") if is_whole and present.abs().max() < WIDEST else column


def with_extra(extra: str, read: Callable[[], Any]) -> Any:
    """What `read` returns.

    Raises:
        ParganError: a package is not installed, with the name of the extra that brings it.
    """
    try:
        return read()
    except ImportError as error:
        raise ParganError(
            f"reading this kind of file needs a package that is not installed; pip install 'pargan[{extra}]'"
        ) from error


def _foreign(extra: str, read: Callable[[], pd.DataFrame], error: Callable[..., ParganError]) -> pd.DataFrame:
    """What another package reads; those that read Parquet and Excel raise errors of any class on damaged files."""
    try:
        return with_extra(extra, read)
    except (ParganError, MemoryError, PermissionError):
        raise
    except Exception as failed:
        raise error(f"is damaged or of another kind ({type(failed).__name__})", remedy=REMEDY) from failed
