"""Tables as pools: from csv, Parquet and Excel files and from DataFrames.

The types of the columns are found as in `infer_columns`, once for all records. The schema of the pool says which, and
why: `pool.spec.schema`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import pandas as pd

from pargan.data.sources.tables.files import read_table
from pargan.data.sources.tables.pools import (
    extended,
    notes_on,
    read_column,
    refuse_deviations,
    refuse_other_columns,
    table_pool,
)
from pargan.data.sources.tables.raw_table import RawTable, frame_table, joined
from pargan.data.sources.tables.schema import TableOptions, cut_columns, schema_of
from pargan.errors import ParganError
from pargan.records.pool import Pool
from pargan.records.tables import TableSpec

Source: TypeAlias = str | pd.DataFrame
"""A table, or the path of its file."""


def table(
    data: Source,
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
) -> Pool:
    r"""A pool from a DataFrame, or from a .csv, .tsv, .parquet or .xlsx file; text files may be compressed.

    Args:
        data: the table, or the path of its file.
        types: column name -> numeric, integer, boolean, categorical, date, datetime, duration, id or constant, for
            columns whose type is not to be inferred. After date and datetime a format may follow: "date %d/%m/%Y".
            The text of such a mapping in YAML does as well.
        label: column to predict in the quality measure and to partition by: a name, a position as in Python (-1 is
            the last column), or None. The default, the last column, is used only if it is categorical.
        header: True, False or "auto": whether the first row holds names.
        delimiter: character between cells, "auto" finds it; a tab may be written as `\t` with a backslash.
        encoding: of a text file; "auto" takes UTF-8, or what its byte order mark says, or else Windows-1252.
        decimal: mark before decimals where cells such as 1,234 can be read in two ways; "auto" asks other columns.
        missing: texts that mean a missing value in every column, beside empty cells. None: the usual ones (NA, NaN,
            null, ?, -, ...) in columns of numbers and times, and none in columns of text, where NA can be a country.
        drop: columns to leave out.
        rare: categories with fewer rows than this become one category; 0 for none.
        schema: a schema file such as the schema.json of a run, in place of inferring types.

    Raises:
        ParganError: the file cannot be read; an argument names an unknown column or type; or columns cannot be used,
            all of them in one message.
    """
    options = TableOptions(
        types=types, drop=drop, label=label, decimal=decimal, missing=missing, rare=rare, schema=schema
    )
    argument = "data" if isinstance(data, pd.DataFrame) else "path"
    raw = _raw(data, argument, header, delimiter, encoding)
    return _pools({argument: raw}, {}, options)[argument]


def csv_table(
    path: str | None = None,
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
) -> Pool:
    """A pool from a file, with the arguments of `table`: what `dataset=csv` reads.

    Raises:
        ParganError: as `table`, or there is no path.
    """
    if path is None:
        raise ParganError("is missing", argument="path", remedy="give a file, for example path=my.csv")
    return table(path, types, label, header, delimiter, encoding, decimal, missing, drop, rare, schema)


def table_groups(
    tables: Mapping[str, Source],
    options: TableOptions,
    *,
    header: bool | str = "auto",
    delimiter: str = "auto",
    encoding: str = "auto",
    generated: Sequence[str] = ("synthetic",),
) -> dict[str, Pool]:
    """Pools from several tables of one schema, which is that of the real records.

    Generated records change no type, range or category. What they hold and no real record does is counted in `notes`
    of their pool: numbers out of range count as the border of the range, other categories as one more category.

    Args:
        tables: argument that a table was given as, for errors -> the table or its path. The order of columns may
            differ between tables with names.
        options: as in `table`.
        header, delimiter, encoding: as in `table`.
        generated: those arguments whose records are generated.

    Raises:
        ParganError: as `table`, or tables have different columns, or a generated cell is not of its column's type.
    """
    raws = {argument: _raw(data, argument, header, delimiter, encoding) for argument, data in tables.items()}
    real = {argument: raw for argument, raw in raws.items() if argument not in generated}
    return _pools(real, {argument: raw for argument, raw in raws.items() if argument not in real}, options)


def pool_of(raw: RawTable, options: TableOptions) -> Pool:
    """The pool of a table that a source has read itself."""
    return _pools({raw.argument: raw}, {}, options)[raw.argument]


def _raw(data: Source, argument: str, header: bool | str, delimiter: str, encoding: str) -> RawTable:
    if isinstance(data, pd.DataFrame):
        return frame_table(data, argument)
    return read_table(data, header=header, delimiter=delimiter, encoding=encoding, argument=argument)


def _pools(real: Mapping[str, RawTable], generated: Mapping[str, RawTable], options: TableOptions) -> dict[str, Pool]:
    whole = joined(list(real.values()))
    schema, label = schema_of(whole, options)
    on_real: list[str] = []
    if options.schema is not None:
        on_real = refuse_deviations(whole, schema, cut_columns(options.schema))
    columns = list(schema.columns)
    notes: dict[str, list[str]] = {}
    for argument, table in generated.items():
        refuse_other_columns(table, schema.columns, whole)
        notes[argument] = []
        for place, column in enumerate(columns):
            if not column.width:
                continue
            read = read_column(table, column, schema.decision(column.name).missing_texts)
            notes[argument] += notes_on(column, read)
            columns[place] = extended(column, read)
    schema = replace(schema, columns=tuple(columns))
    spec = TableSpec(schema.columns, whole.has_header, whole.delimiter, schema)
    pools = {argument: table_pool(table, spec, label, tuple(on_real)) for argument, table in real.items()}
    for argument, table in generated.items():
        pools[argument] = table_pool(table, spec, label, tuple(notes[argument]))
    return pools
