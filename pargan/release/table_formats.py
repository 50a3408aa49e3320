"""The record format of tables as plain data: column names, types, ranges and categories."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pargan.records.categories import Categorical, Constant
from pargan.records.column import Column
from pargan.records.identifiers import Identifier
from pargan.records.ranked import Ranked
from pargan.records.ranks import KNOTS, SUPPORT
from pargan.records.schema import Decision, Schema
from pargan.records.tables import TableSpec


def table_to_dict(spec: TableSpec) -> dict[str, Any]:
    """JSON-ready; `table_from_dict` is the inverse.

    Of how the columns were found, only the texts that mean a missing value are kept: no counts, no columns that were
    left out. A range whose ends single records may have is cut to what several records have.
    """
    found = spec.schema or Schema(spec.columns)
    decisions = {
        column.name: Decision(missing_texts=found.decision(column.name).missing_texts) for column in spec.columns
    }
    layout = {"kind": spec.kind, "has_header": spec.has_header, "delimiter": spec.delimiter}
    columns = tuple(column.published() if isinstance(column, Ranked) else column for column in spec.columns)
    return {**layout, "schema": Schema(columns, decisions).to_dict()}


def table_from_dict(content: Mapping[str, Any]) -> TableSpec:
    """The inverse of `table_to_dict`."""
    schema = Schema.from_dict(content["schema"], "schema.json")
    return TableSpec(schema.columns, bool(content["has_header"]), str(content["delimiter"]), schema)


def continued(spec: TableSpec, num_written: int) -> TableSpec:
    """The format of the rows after `num_written` ones: without header, and ids count on."""
    return replace(spec, columns=tuple(_continued(column, num_written) for column in spec.columns), has_header=False)


def _continued(column: Column, num_written: int) -> Column:
    return replace(column, first=column.first + num_written) if isinstance(column, Identifier) else column


def what_it_reveals(spec: TableSpec) -> list[str]:
    """What somebody learns about the data from the format alone, one phrase each."""
    columns = spec.columns
    parts: dict[str, list[Column]] = {
        "the smallest and the largest value, which belong to real records, of": [
            c for c in columns if c.is_number and not (isinstance(c, Ranked) and c.is_clipped)
        ],
        f"how the reference records (with data.fit_on=members, the members) are distributed, as up to {KNOTS} values, "
        f"each the mean of {SUPPORT} records or more, shared by as many, or made up beyond these, of": [
            c for c in columns if isinstance(c, Ranked)
        ],
        "every category, those of a single record included, of": [c for c in columns if isinstance(c, Categorical)],
        "about how high the numbers given to real records are, to the last digit where they are a count, in": [
            c for c in columns if isinstance(c, Identifier)
        ],
        "the one value of": [c for c in columns if isinstance(c, Constant)],
    }
    named = [f"{what} {', '.join(column.name for column in those)}" for what, those in parts.items() if those]
    return ["the names and types of all columns", *named]
