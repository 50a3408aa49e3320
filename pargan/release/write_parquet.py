"""Tables as Parquet files, a row group per batch. Legend: N rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pargan.errors import ParganError
from pargan.records.column import Column
from pargan.records.encodings import without_encoding
from pargan.records.missing import without_missing
from pargan.records.tables import TableSpec
from pargan.records.times import DateTime
from pargan.release.table_formats import continued


@contextmanager
def write_parquet(path: Path, spec: TableSpec, total: int, final: Path) -> Iterator[Callable[[np.ndarray], None]]:
    """Numbers and times keep their types: float64, int64, date, timestamp and duration in microseconds.

    Categories, ids and constants are text, as in the schema; a missing value is null. `csv_safe` changes nothing: text
    of such a file is no formula.

    Raises:
        ParganError: pyarrow is not installed.
    """
    pa, parquet = _pyarrow()
    fields = [(column.name, _type(pa, column)) for column in spec.columns]
    num_written = 0
    with parquet.ParquetWriter(path, pa.schema(fields)) as writer:

        def append(records: np.ndarray) -> None:
            nonlocal num_written
            rows = continued(spec, num_written) if num_written else spec
            table = rows.decode(records)
            arrays = [pa.array(_values(table[name], kind, pa), kind, from_pandas=True) for name, kind in fields]
            writer.write_table(pa.table(arrays, writer.schema))
            num_written += len(records)

        yield append


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ParganError(
            "writing .parquet needs a package that is not installed; pip install 'pargan[parquet]'"
        ) from error
    return pyarrow, parquet


def _type(pa: Any, column: Column) -> Any:
    """The type of the file's column, which must not depend on what the first batch holds."""
    values = without_missing(without_encoding(column))
    zone = "UTC" if isinstance(values, DateTime) and values.zone else None
    types = {
        "numeric": pa.float64(),
        "integer": pa.int64(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us", zone),
        "duration": pa.duration("us"),
    }
    return types.get(column.type, pa.string())


def _values(values: np.ndarray, kind: Any, pa: Any) -> Any:
    """What pyarrow converts to this type without a loss: gaps in whole numbers are no NaN."""
    if kind == pa.int64():
        return pd.array(values, dtype="Int64")
    if kind == pa.date32():
        return values.astype("datetime64[D]")
    return values.astype(f"{values.dtype.type.__name__}[us]") if values.dtype.kind in "mM" else values
