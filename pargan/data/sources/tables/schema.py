"""The schema of a table: inferred from its cells, or read from a file and compared with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from pargan.data.sources.tables.column_cells import ColumnCells, Inference, Refusal, Rules
from pargan.data.sources.tables.force_types import force_type, known_type
from pargan.data.sources.tables.infer_columns import infer_column
from pargan.data.sources.tables.infer_numbers import decimal_mark
from pargan.data.sources.tables.raw_table import RawTable
from pargan.errors import ParganError, counted
from pargan.records.categories import Categorical
from pargan.records.columns import COLUMN_TYPES
from pargan.records.encodings import without_encoding
from pargan.records.ranked import Ranked
from pargan.records.schema import Decision, Schema, read_schema

PROVING = 200  # different cells of a column that are looked at for the file's decimal mark
NAMED = 8  # columns named in a message


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """What may be set about a table; the arguments of `pargan.data.table`.

    Attributes:
        types: column name -> type, in place of inferred ones; or the text of such a mapping in YAML.
        drop: columns to leave out.
        label: column to predict and to partition by: a name, a position as in Python, or None.
        decimal: decimal mark, or "auto".
        missing: texts that mean a missing value, beside empty cells; None for the usual ones in numbers.
        rare: categories with fewer rows become one; 0 for none.
        schema: path of a schema file, in place of inferring one.
    """

    types: Mapping[str, str] | str | None = None
    drop: Sequence[str] | None = None
    label: str | int | None = -1
    decimal: str = "auto"
    missing: Sequence[str] | None = None
    rare: int = 0
    schema: str | None = None

    def __post_init__(self) -> None:
        if self.decimal not in ("auto", ".", ","):
            raise ParganError(
                "is no decimal mark", argument="decimal", value=self.decimal, remedy='give ".", "," or decimal=auto'
            )
        if isinstance(self.rare, bool) or not isinstance(self.rare, int) or self.rare < 0:
            raise ParganError(
                "is no number of rows", argument="rare", value=self.rare, remedy="give a whole number, 0 or more"
            )
        for argument in ("drop", "missing"):
            value = getattr(self, argument)
            if value is not None and (isinstance(value, str) or not isinstance(value, Sequence)):
                raise ParganError(
                    "is not a list", argument=argument, value=value, remedy=f"give a list, such as {argument}=[{value}]"
                )
        if self.types is not None and not isinstance(_mapping(self.types), Mapping):
            raise ParganError(
                "does not name columns and their types",
                argument="types",
                value=self.types,
                remedy="give for example types={age:numeric}",
            )


def schema_of(table: RawTable, options: TableOptions) -> tuple[Schema, str | None]:
    """The schema of a table, and the name of the column to predict.

    Raises:
        ParganError: columns that cannot be used, all in one message; options that name unknown columns or types; a
            schema that lacks a column of the table.
    """
    table = _without_dropped(table, options.drop or ())
    if options.schema is not None:
        schema = _given_schema(table, options)
        label = _label_name(list(table.columns), options.label)
    else:
        label = _label_name(list(table.columns), options.label)
        schema = _inferred(table, options, label)
    if label is None:
        return schema, None
    column = next(column for column in schema.columns if column.name == label)
    if isinstance(column, Categorical):
        return schema, label
    if options.label == -1:
        return schema, None
    raise ParganError(
        f"is a column of type {column.type}, which has no classes",
        argument="label",
        value=options.label,
        remedy=f"give types={{{label}:categorical}}, or label=None",
    )


def _mapping(types: Any) -> Any:
    """The mapping that a text in YAML describes; anything else as it is."""
    if not isinstance(types, str):
        return types
    try:
        return yaml.safe_load(types)
    except yaml.YAMLError:
        return types


def _inferred(table: RawTable, options: TableOptions, label: str | None) -> Schema:
    types = _given_types(table, _mapping(options.types) or {})
    rules = Rules(
        decimal=_decimal(table, options.decimal),
        missing=None if options.missing is None else frozenset(map(str, options.missing)),
        rare=options.rare,
    )
    found: dict[str, Inference] = {}
    refusals: dict[str, Refusal] = {}
    for name in table.columns:
        cells = ColumnCells(table, name, rules)
        try:
            found[name] = (
                force_type(cells, types[name]) if name in types else infer_column(cells, is_label=name == label)
            )
        except Refusal as refusal:
            refusals[name] = refusal
    if refusals:
        raise _refused(table, refusals)
    decisions = {}
    for name, inference in found.items():
        column = table.columns[name]
        missing = int(column.counts[column.places_of(inference.missing)].sum()) if inference.column.width else 0
        decisions[name] = Decision(inference.why, missing, inference.missing, inference.encoding)
    columns = tuple(inference.column for inference in found.values())
    return Schema(columns, decisions, table.left_out, table.remarks)


def _refused(table: RawTable, refusals: Mapping[str, Refusal]) -> ParganError:
    """All columns that cannot be used in one error, so that they can be dealt with at once."""
    if len(refusals) == 1:
        (refusal,) = refusals.values()
        return table.error(refusal.problem, refusal.remedy)
    listed = list(refusals.values())[:NAMED]
    problem = "; it ".join(refusal.problem for refusal in listed)
    more = f"; and {counted(len(refusals) - NAMED, 'more column')} cannot be used" if len(refusals) > NAMED else ""
    names = [name for name, refusal in refusals.items() if refusal.may_drop]
    others = [refusal.remedy for refusal in listed if not refusal.may_drop]
    dropped = [f"drop=[{','.join(names)}] leaves them out, types={{{names[0]}:id}} gives new names"] if names else []
    return table.error(problem + more, "; ".join(dropped + others))


def _decimal(table: RawTable, decimal: str) -> str | None:
    """The decimal mark of ambiguous numbers: as set, as other columns prove, or a comma where it divides no cells."""
    if decimal != "auto":
        return decimal
    for column in table.columns.values():
        if not column.is_text and (mark := decimal_mark([text for text in column.texts[:PROVING] if text])):
            return mark
    return "," if table.delimiter == ";" else None


def _without_dropped(table: RawTable, drop: Sequence[str]) -> RawTable:
    names = list(map(str, drop))
    for name in names:
        if name not in table.columns and name not in table.left_out:
            raise ParganError(
                f'has the name "{name}", which is not a column of the file',
                argument="drop",
                value=list(drop),
                remedy=f"choose from {', '.join(table.columns)}",
            )
    if not set(table.columns) - set(names):
        raise ParganError("leaves no column", argument="drop", value=list(drop), remedy="name fewer")
    return table.without({name: "dropped as set" for name in names if name in table.columns})


def _given_types(table: RawTable, types: Mapping[str, str]) -> dict[str, str]:
    given = {}
    for name, wanted in types.items():
        if str(name) not in table.columns:
            raise ParganError(
                f'has the name "{name}", which is not a column of the file',
                argument="types",
                value=dict(types),
                remedy=f"choose from {', '.join(table.columns)}",
            )
        if not known_type(str(wanted)):
            extra = f"; text cannot be learnt: drop=[{name}] leaves it out" if wanted == "text" else ""
            raise ParganError(
                f'has the unknown type "{wanted}" for the column "{name}"',
                argument="types",
                value=dict(types),
                remedy=f"choose from {', '.join(COLUMN_TYPES)}{extra}",
            )
        given[str(name)] = str(wanted)
    return given


def _label_name(names: list[str], label: str | int | None) -> str | None:
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


def cut_columns(path: str) -> set[str]:
    """Columns of a schema file whose range ends where the knots of their ranks do: a release leaves out extremes."""
    ranked = [column for column in read_schema(path).columns if isinstance(column, Ranked)]
    return {column.name for column in ranked if not column.is_clipped}


def _given_schema(table: RawTable, options: TableOptions) -> Schema:
    if options.types:
        raise ParganError(
            "cannot be given with a schema",
            argument="types",
            value=options.types,
            remedy="edit the schema instead",
        )
    assert options.schema is not None
    schema = read_schema(options.schema)
    schema = replace(schema, columns=tuple(map(without_encoding, schema.columns)))
    described = {column.name for column in schema.columns}
    unknown = [name for name in table.columns if name not in described and name not in schema.left_out]
    absent = [name for name in described if name not in table.columns]
    if unknown or absent:
        problem = (
            f'does not describe the column "{unknown[0]}" of {table.argument}={table.value}'
            if unknown
            else f'describes the column "{absent[0]}", which {table.argument}={table.value} lacks'
        )
        raise ParganError(
            problem,
            argument="schema",
            value=options.schema,
            remedy="add it, or name it under left_out" if unknown else "take it out",
        )
    return schema
