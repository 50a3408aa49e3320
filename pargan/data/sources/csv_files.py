"""A user's own tables, from CSV files.

Legend: N rows. The type of a column is inferred from its cells unless it is given:
- whole numbers: integer; but categorical if there are at most two different ones (flags) or, in the column of the
  label, at most 20 and no more than half the number of rows (classes);
- other numbers: numeric;
- anything else: categorical.
"""

from collections.abc import Mapping

import numpy as np

from pargan.data.sources.csv_reading import Cells, concatenate, is_number, read_cells
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
    r"""A pool from a CSV file. Categories keep the text of the cells.

    Args:
        path: the file.
        types: column name -> numeric, integer or categorical, for columns whose type is not to be inferred.
        label: column to predict in the quality measure and to partition by: a name, a position as in Python (-1 is
            the last column), or None. The default, the last column, is used only if it is categorical.
        header: True, False or "auto": whether the first row holds names. "auto": unless one of its cells is a number.
        delimiter: character between cells; a tab may be written as `\t` with a backslash.
        encoding: of the file.

    Raises:
        ParganError: the file cannot be used (see `read_cells`); `types` or `label` name an unknown column or type;
            cells are not of the type of their column; or a categorical column has more categories than half the
            number of rows.
    """
    if path is None:
        raise ParganError("is missing", argument="path", remedy="give a file, for example path=my.csv")
    return csv_tables({"path": path}, types, label, header, delimiter, encoding)["path"]


def csv_tables(
    paths: Mapping[str, str],
    types: Mapping[str, str] | None = None,
    label: str | int | None = -1,
    header: bool | str = "auto",
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> dict[str, Pool]:
    """Pools from several files with the same columns, which are typed over all files together: one record format.

    Args:
        paths: argument that a file was given as, for errors -> its path. The order of columns may differ between
            files with a header.
        types, label, header, delimiter, encoding: as in `csv_table`.

    Raises:
        ParganError: as `csv_table`, or files have different columns.
    """
    delimiter = delimiter.replace("\\t", "\t")
    files = {
        argument: read_cells(path, header=header, delimiter=delimiter, encoding=encoding, argument=argument)
        for argument, path in paths.items()
    }
    cells = concatenate(list(files.values()))
    label_name = _label(cells, label)
    column_types = {name: _infer(column, is_label=name == label_name) for name, column in cells.columns.items()}
    column_types |= _given_types(cells, types or {})
    if label_name is not None and column_types[label_name] is not Categorical:
        if label != -1:
            raise ParganError(
                f"is a column of type {column_types[label_name].type}, which has no classes",
                argument="label",
                value=label,
                remedy=f"give {_override(label_name, Categorical)}, or label=None",
            )
        label_name = None
    return _pools(files, cells, column_types, label_name, delimiter)


def table_pool(cells: Cells, types: Mapping[str, type[Column]], label: str | None, delimiter: str = ",") -> Pool:
    """A pool from cells whose columns have known types; `label` is the name of a categorical column.

    Raises:
        ParganError: cells are not of the type of their column, or a column has too many categories.
    """
    return _pools({"": cells}, cells, types, label, delimiter)[""]


def _pools(
    files: Mapping[str, Cells], all_cells: Cells, types: Mapping[str, type[Column]], label: str | None, delimiter: str
) -> dict[str, Pool]:
    names = list(all_cells.columns)
    tables = {key: {name: _parse(cells, name, types[name]) for name in names} for key, cells in files.items()}
    for name in names:
        if types[name] is Categorical:
            _refuse_identifiers(all_cells, name)
    whole = {name: np.concatenate([table[name] for table in tables.values()]) for name in names}
    spec = TableSpec.fit(whole, types, has_header=all_cells.has_header, delimiter=delimiter)
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
    # A leading zero indicates a code (a zip code, a telephone number), which a number would not reproduce.
    if any(cell.lstrip("+-")[:1] == "0" and cell.lstrip("+-")[1:2].isdigit() for cell in distinct):
        return Categorical
    try:
        Integer.parse(list(distinct))
    except ValueError:
        return Numeric
    limit = _most_categories(len(column), LABEL_CLASSES if is_label else FLAG_VALUES)
    return Categorical if len(distinct) <= limit else Integer


def _parse(cells: Cells, name: str, column: type[Column]) -> np.ndarray:
    try:
        return column.parse(cells.columns[name])
    except ValueError as error:
        cell, line, count = cells.first(name, lambda cell: not _parses(column, cell))
        other = Numeric if all(_parses(Numeric, cell) for cell in cells.columns[name]) else Categorical
        raise cells.error(
            f"has {count} cells that are not {column.type} in the {column.type} {cells.describe(name)}, the first is "
            f'"{cell}" in line {line}',
            f"correct them, or give the column another type with {_override(name, other)}",
        ) from error


def _refuse_identifiers(cells: Cells, name: str) -> None:
    """Refuse a categorical column whose categories nearly identify the rows."""
    num_rows, num_categories = len(cells.columns[name]), len(set(cells.columns[name]))
    if num_categories > _most_categories(num_rows, num_rows):
        example = next((cell for cell in cells.columns[name] if not is_number(cell)), cells.columns[name][0])
        raise cells.error(
            f"has {num_categories} categories in {num_rows} rows in the categorical {cells.describe(name)}, for "
            f'example "{example}"',
            "drop the column, or correct its cells if they should be numbers",
        )


def _most_categories(num_rows: int, limit: int) -> int:
    """At most half the number of rows, so that categories do not identify records; but at least two."""
    return max(FLAG_VALUES, min(limit, num_rows // 2))


def _parses(column: type[Column], cell: str) -> bool:
    try:
        column.parse([cell])
    except ValueError:
        return False
    return True


def _given_types(cells: Cells, types: Mapping[str, str]) -> dict[str, type[Column]]:
    for name, type_name in types.items():
        if str(name) not in cells.columns:
            raise ParganError(
                f'has the name "{name}", which is not a column of the file',
                argument="types",
                value=dict(types),
                remedy=f"choose from {', '.join(cells.columns)}",
            )
        if type_name not in COLUMN_TYPES:
            raise ParganError(
                f'has the unknown type "{type_name}" for the column "{name}"',
                argument="types",
                value=dict(types),
                remedy=f"choose from {', '.join(COLUMN_TYPES)}",
            )
    return {str(name): COLUMN_TYPES[type_name] for name, type_name in types.items()}


def _override(name: str, column: type[Column]) -> str:
    """The argument `types` that gives a column another type, as one types it on the command line."""
    hint = "" if name.isidentifier() else " (in quotes on the command line)"
    return f"types={{{name}:{column.type}}}{hint}"


def _label(cells: Cells, label: str | int | None) -> str | None:
    names = list(cells.columns)
    if label is None or str(label) in names:
        return None if label is None else str(label)
    if isinstance(label, int) and -len(names) <= label < len(names):
        return names[label]
    raise ParganError(
        "is not a column of the file",
        argument="label",
        value=label,
        remedy=f"choose from {', '.join(names)}, or give label=None",
    )
