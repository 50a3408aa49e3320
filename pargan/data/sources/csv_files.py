"""A user's own tables, from text files.

Legend: N rows. A column's type is inferred from its cells unless it is given:
- whole numbers: integer, but categorical where there are at most two of them (flags), or, in the column of
  the label, at most 20 and no more than half the rows (classes);
- numbers: numeric;
- anything else: categorical.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pargan.data.sources.csv_reading import Cells, is_number, pooled, read_cells
from pargan.errors import ParganError
from pargan.metrics.tables import TableQuality
from pargan.records.columns import Categorical, Column, Integer, Numeric
from pargan.records.pool import Pool
from pargan.records.tables import TableSpec

COLUMN_TYPES: dict[str, type[Column]] = {column.type: column for column in (Numeric, Integer, Categorical)}
FLAG_VALUES = 2
LABEL_CLASSES = 20


def csv_table(
    path: str | None = None,
    types: Mapping[str, str] | None = None,
    label: str | int | None = -1,
    header: bool | str = "auto",
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> Pool:
    r"""A user's own table; categories keep the text of the cells.

    Args:
        path: the file.
        types: column name -> numeric, integer or categorical, where the inferred type is not wanted.
        label: column to predict in the quality measure and to partition by: a name, or a position counted as
            in Python (-1 the last), or None. The last column serves only if it is categorical.
        header: true, false or "auto" (there is one unless a cell of the first row is a number).
        delimiter: between cells; `\t` may be written out.
        encoding: of the file.

    Raises:
        ParganError: the file is unfit (see `read_cells`), an override names no column or no type, cells are
            not of their column's type, a categorical column has more categories than half the rows.
    """
    if path is None:
        raise ParganError("dataset.path is missing: give the file, for example dataset=csv dataset.path=my.csv")
    return csv_tables({"dataset.path": path}, types, label, header, delimiter, encoding)["dataset.path"]


def csv_tables(
    paths: Mapping[str, str],
    types: Mapping[str, str] | None = None,
    label: str | int | None = -1,
    header: bool | str = "auto",
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> dict[str, Pool]:
    """Several files with the same columns, typed over all of them together: one spec, one pool of records each.

    Args:
        paths: config key, by which sentences call a file -> the file. Columns may stand in another order than
            in the first file where headers name them.
        types, label, header, delimiter, encoding: as in `csv_table`.

    Raises:
        ParganError: as `csv_table`, or files with different columns.
    """
    delimiter = delimiter.replace("\\t", "\t")
    files = {
        key: read_cells(Path(path).expanduser(), header=header, delimiter=delimiter, encoding=encoding, key=key)
        for key, path in paths.items()
    }
    cells = pooled(list(files.values()))
    target = _label(cells, label)
    found = {name: _infer(column, is_label=name == target) for name, column in cells.columns.items()}
    found |= _overrides(cells, types or {})
    if target is not None and found[target] is not Categorical:
        if label != -1:
            raise ParganError(
                f"dataset.label={label} is a column of type {found[target].type}, which has no classes; "
                f"set dataset.types.{target}=categorical or dataset.label=null"
            )
        target = None
    return _typed_files(files, cells, found, target, delimiter)


def table_records(cells: Cells, types: Mapping[str, type[Column]], label: str | None, delimiter: str = ",") -> Pool:
    """A pool of rows from cells whose columns have known types; `label` names a categorical column.

    Raises:
        ParganError: cells that are not of their column's type, too many categories.
    """
    return _typed_files({"": cells}, cells, types, label, delimiter)[""]


def _typed_files(
    files: Mapping[str, Cells], pool: Cells, types: Mapping[str, type[Column]], label: str | None, delimiter: str
) -> dict[str, Pool]:
    names = list(pool.columns)
    tables = {key: {name: _parse(cells, name, types[name]) for name in names} for key, cells in files.items()}
    for name in names:
        if types[name] is Categorical:
            _refuse_names(pool, name)
    whole = {name: np.concatenate([table[name] for table in tables.values()]) for name in names}
    spec = TableSpec.fit(whole, types, has_header=pool.has_header, delimiter=delimiter)
    quality = TableQuality(spec, label=label)
    labels: dict[str, np.ndarray | None] = dict.fromkeys(tables)
    if label is not None:
        classes = np.unique(whole[label])
        labels = {key: np.searchsorted(classes, table[label]) for key, table in tables.items()}
    return {key: Pool(spec.encode(table), spec, quality, labels[key]) for key, table in tables.items()}


def _infer(column: list[str], *, is_label: bool) -> type[Column]:
    distinct = set(column)
    if not all(is_number(cell) for cell in distinct):
        return Categorical
    # A leading zero means a code (a zip code, a telephone number), which a number would not give back.
    if any(cell.lstrip("+-")[:1] == "0" and cell.lstrip("+-")[1:2].isdigit() for cell in distinct):
        return Categorical
    try:
        Integer.parse(list(distinct))
    except ValueError:
        return Numeric
    most = _most_categories(len(column), LABEL_CLASSES if is_label else FLAG_VALUES)
    return Categorical if len(distinct) <= most else Integer


def _parse(cells: Cells, name: str, column: type[Column]) -> np.ndarray:
    try:
        return column.parse(cells.columns[name])
    except ValueError as error:
        cell, line, count = cells.first(name, lambda cell: not _reads_as(column, cell))
        raise ParganError(
            f"{cells.where(name)} is {column.type}, but {count} of its cells are not (the first is "
            f'"{cell}" in line {line}); mend them or set dataset.types.{name} to another type'
        ) from error


def _refuse_names(cells: Cells, name: str) -> None:
    num_rows, num_categories = len(cells.columns[name]), len(set(cells.columns[name]))
    if num_categories > _most_categories(num_rows, num_rows):
        example = next((cell for cell in cells.columns[name] if not is_number(cell)), cells.columns[name][0])
        raise ParganError(
            f"{cells.where(name)} is categorical with {num_categories} categories in {num_rows} rows (for "
            f'example "{example}"); drop the column, or mend the cells if it should hold numbers'
        )


def _most_categories(num_rows: int, wanted: int) -> int:
    """At most half the rows, so that a category is not a record's name; two are always allowed."""
    return max(FLAG_VALUES, min(wanted, num_rows // 2))


def _reads_as(column: type[Column], cell: str) -> bool:
    try:
        column.parse([cell])
    except ValueError:
        return False
    return True


def _overrides(cells: Cells, types: Mapping[str, str]) -> dict[str, type[Column]]:
    for name, word in types.items():
        if str(name) not in cells.columns:
            raise ParganError(
                f"dataset.types.{name}={word} names no column of the file; choose from {', '.join(cells.columns)}"
            )
        if word not in COLUMN_TYPES:
            raise ParganError(f"dataset.types.{name}={word} is no column type; choose from {', '.join(COLUMN_TYPES)}")
    return {str(name): COLUMN_TYPES[word] for name, word in types.items()}


def _label(cells: Cells, label: Any) -> str | None:
    names = list(cells.columns)
    if label is None or str(label) in names:
        return None if label is None else str(label)
    if isinstance(label, int) and -len(names) <= label < len(names):
        return names[label]
    raise ParganError(f"dataset.label={label} is no column of the file; choose from {', '.join(names)}, or null")
