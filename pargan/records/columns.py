"""The types of columns by name, and columns from what a schema file holds."""

from typing import Any

from pargan.records.categories import Boolean, Categorical, Constant
from pargan.records.column import Column
from pargan.records.identifiers import Identifier
from pargan.records.missing import WithMissing
from pargan.records.numbers import Integer, Numeric
from pargan.records.ranked import Ranked
from pargan.records.times import Date, DateTime, Duration

COLUMN_TYPES = {
    column.type: column
    for column in (Numeric, Integer, Boolean, Categorical, Date, DateTime, Duration, Identifier, Constant)
}

__all__ = [
    "COLUMN_TYPES",
    "Boolean",
    "Categorical",
    "Column",
    "Constant",
    "Date",
    "DateTime",
    "Duration",
    "Identifier",
    "Integer",
    "Numeric",
    "Ranked",
    "WithMissing",
    "column_from_dict",
]


def column_from_dict(fields: dict[str, Any]) -> Column:
    """The inverse of `Column.to_dict`.

    Raises:
        KeyError: there is no type, or none of that name.
        TypeError, ValueError: fields do not fit the type.
    """
    fields = dict(fields)
    ranks = fields.pop("normal_scores", None)
    if ranks is not None:
        return Ranked.from_dict(column_from_dict(fields), dict(ranks))
    kind = COLUMN_TYPES[fields.pop("type")]
    if issubclass(kind, Categorical) or "missing" not in fields:
        return kind.from_dict(fields)
    mark = fields.pop("missing")
    column: Column = kind.from_dict(fields)
    return WithMissing(column, str(mark))
