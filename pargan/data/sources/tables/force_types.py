"""Columns as the types that were given for them, in place of inferred ones."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pargan.data.sources.tables.column_cells import ColumnCells, Inference, Refusal
from pargan.data.sources.tables.infer_columns import FLAG_VALUES, categorical_column, number_column, override
from pargan.data.sources.tables.infer_numbers import infer_number_format
from pargan.data.sources.tables.infer_times import infer_times
from pargan.errors import counted
from pargan.records.categories import TRUTH, Boolean, Constant
from pargan.records.columns import COLUMN_TYPES
from pargan.records.encodings import ENCODINGS
from pargan.records.identifiers import Identifier
from pargan.records.numbers import Integer, Numeric, whole_number


def known_type(wanted: str) -> bool:
    """Whether `types` may name this type."""
    named, encoding = _without_encoding(wanted)
    kind, _, time_format = named.partition(" ")
    if kind not in COLUMN_TYPES or (time_format and kind not in ("date", "datetime")):
        return False
    return encoding == "auto" or COLUMN_TYPES[kind].is_number


def force_type(cells: ColumnCells, wanted: str) -> Inference:
    """The column as the type that was given for it: a name of `COLUMN_TYPES`, for times with a format after it.

    At the end an encoding may follow, see `pargan.records.encodings`: "numeric range", "date %d/%m/%Y ranks".

    Raises:
        Refusal: its cells are not of that type.
    """
    named, encoding = _without_encoding(wanted)
    kind, _, time_format = named.partition(" ")
    forced: dict[str, Callable[[], Inference]] = {
        **dict.fromkeys(("numeric", "integer"), lambda: _force_number(cells, kind)),
        **dict.fromkeys(("date", "datetime", "duration"), lambda: _force_time(cells, kind, time_format or None)),
        "categorical": lambda: categorical_column(cells, cells.texts, "given"),
        "boolean": lambda: _force_boolean(cells),
        "id": lambda: Inference(Identifier.fit(cells.name, cells.source.texts), "given"),
        "constant": lambda: _force_constant(cells),
    }
    return replace(forced[kind](), encoding=encoding)


def _without_encoding(wanted: str) -> tuple[str, str]:
    """The type with its format, and the encoding named after it."""
    named, _, last = wanted.strip().rpartition(" ")
    return (named.strip(), last) if last in ENCODINGS and named else (wanted.strip(), "auto")


def _force_number(cells: ColumnCells, kind: str) -> Inference:
    found = infer_number_format(cells.values, cells.rules.decimal, codes=True)
    odd = cells.values
    if found is not None:
        column = number_column(cells, found)
        if isinstance(column, Integer) and kind == "numeric":
            column = Numeric.fit(cells.name, np.array([column.low, column.high]), found)
        if column is not None and column.type == kind:
            return cells.with_missing(column, "given")
        odd = [text for text in cells.values if whole_number(found.plain(text)) is None]
    else:
        odd = [text for text in odd if not infer_number_format([text], cells.rules.decimal, codes=True)] or odd
    raise _not_of_type(cells, odd, kind, "numeric" if found is not None and kind == "integer" else "categorical")


def _force_time(cells: ColumnCells, kind: str, time_format: str | None) -> Inference:
    counts = cells.value_counts
    found = infer_times(cells.values, counts, cells.name, time_format)
    if found is not None and found[0].type == kind:
        return cells.with_missing(*found)
    odd = [text for text in cells.values if infer_times([text], counts[:1], cells.name, time_format) is None]
    raise _not_of_type(cells, odd or cells.values, kind, "categorical")


def _force_boolean(cells: ColumnCells) -> Inference:
    if len(cells.texts) != FLAG_VALUES:
        raise _not_of_type(cells, cells.texts[FLAG_VALUES:] or cells.texts, "boolean", "categorical")
    ordered = tuple(sorted(cells.texts, key=lambda text: (bool(TRUTH.get(text.lower())), text)))
    return cells.with_missing(Boolean(cells.name, ordered), "given", is_text=True)


def _force_constant(cells: ColumnCells) -> Inference:
    if len(cells.source.texts) > 1:
        raise _not_of_type(cells, cells.source.texts[1:], "constant", "categorical")
    return Inference(Constant(cells.name, cells.source.texts[0]), "given")


def _not_of_type(cells: ColumnCells, odd: Sequence[str], kind: str, other: str) -> Refusal:
    text, place = cells.first(odd)
    return Refusal(
        f"has {counted(cells.count(odd), 'cell that is', 'cells that are')} not {kind} in the "
        f'{kind} {cells.table.describe(cells.name)}, the first is "{text}" {place}',
        f"correct them, or give the column another type with {override(cells.name, other)}",
    )
