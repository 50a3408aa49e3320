"""Pools from raw tables and their schema. Legend: N rows, V columns that are learnt."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd

from pargan.data.sources.tables.raw_table import RawTable
from pargan.errors import counted
from pargan.metrics.tables import TableQuality
from pargan.records.categories import UNSEEN, Categorical
from pargan.records.column import Column
from pargan.records.encodings import encoded, without_encoding
from pargan.records.missing import MISSING, WithMissing, is_missing, without_missing
from pargan.records.numbers import OUT_OF_RANGE, Numeric
from pargan.records.plain_numbers import PlainNumbers
from pargan.records.pool import BLOCK, Pool, record_hashes
from pargan.records.schema import Schema
from pargan.records.tables import TableSpec

VERSION = 5  # version of the encodings: part of a pool's fingerprint, so that runs of other encodings are refused
NEW_CATEGORY = "(not in the real records)"


@dataclass(frozen=True)
class ReadColumn:
    """A column of a raw table, read as a typed column.

    Attributes:
        values: of each different text.
        codes: (N,) position in `values` of each row.
        deviations: kind -> (N,) bool.
    """

    values: np.ndarray
    codes: np.ndarray
    deviations: Mapping[str, np.ndarray]


def read_column(table: RawTable, column: Column, missing_texts: frozenset[str]) -> ReadColumn:
    """The values of a column.

    Raises:
        ParganError: a cell is not of the column's type, with the line and the cell.
    """
    source = table.columns[column.name]
    gaps = source.places_of(missing_texts | {""})
    cells = list(source.texts) if gaps else source.texts
    for place in gaps:
        cells[place] = ""
    deviations = {}
    if gaps and column.is_number and not isinstance(column, WithMissing):
        column = WithMissing(column)
        deviations[MISSING] = np.isin(source.codes, gaps)
    values, readable = column.parse(cells)
    if not readable.all():
        odd = ~readable[source.codes]
        text = source.texts[source.codes[odd.argmax()]]
        raise table.error(
            f"has {counted(odd.sum(), 'cell that is', 'cells that are')} not {column.type} in the "
            f'{column.type} {table.describe(column.name)}, the first is "{text}" {table.place(int(odd.argmax()))}',
            "correct them, or name them among the missing=[...] ones",
        )
    for kind, deviating in column.deviations(values).items():
        if deviating.any():
            deviations[kind] = deviating[source.codes]
    return ReadColumn(values, source.codes, {kind: rows for kind, rows in deviations.items() if rows.any()})


def extended(column: Column, read: ReadColumn) -> Column:
    """The column with room for what generated records hold and real ones do not: missing values, other categories."""
    if MISSING in read.deviations:
        return WithMissing(column)
    if isinstance(column, Categorical) and UNSEEN in read.deviations and column.other is None:
        return replace(column, other=NEW_CATEGORY)
    return column


def refuse_deviations(table: RawTable, schema: Schema, cut: Container[str] = ()) -> list[str]:
    """Refuse real records that do not fit a schema that was given.

    Args:
        table: the real records.
        schema: it.
        cut: names of columns whose range leaves out the few most extreme records, as that of a release does.

    Returns:
        Sentences on values beyond such a range, which count as its ends.

    Raises:
        ParganError: with the column, the line and the cell.
    """
    notes = []
    for column in schema.columns:
        source = table.columns[column.name]
        for kind, rows in read_column(table, column, schema.decision(column.name).missing_texts).deviations.items():
            if isinstance(column, Categorical) and column.other is not None:
                continue
            if kind == OUT_OF_RANGE and column.name in cut:
                notes.append(
                    f'{rows.sum()} of {len(rows)} records lie beyond the range of the column "{column.name}", which '
                    f"the schema gives without extremes, and count as its ends: {column.describe()}"
                )
                continue
            row = int(rows.argmax())
            raise table.error(
                f"has {counted(rows.sum(), 'cell')} in {table.describe(column.name)} that the schema does not allow "
                f'({kind}), the first is "{source.texts[source.codes[row]]}" {table.place(row)}',
                "correct the schema or those cells",
            )
    return notes


def notes_on(column: Column, read: ReadColumn) -> list[str]:
    """Sentences on what a column of generated records holds that no real record does."""
    return [
        f'{rows.sum()} of {len(rows)} records hold values in the column "{column.name}" that are {kind}'
        for kind, rows in read.deviations.items()
    ]


def table_pool(table: RawTable, spec: TableSpec, label: str | None, notes: tuple[str, ...] = ()) -> Pool:
    """The pool of a table whose columns have types; `label` is the name of a categorical column.

    Raises:
        ParganError: cells are not of the type of their column.
    """
    schema = spec.schema or Schema(spec.columns)
    read = {
        column.name: read_column(table, column, schema.decision(column.name).missing_texts) for column in spec.learnt
    }
    keys = np.full((len(table), 1 + len(spec.learnt)), VERSION, np.uint64)
    for place, column in enumerate(spec.learnt, start=1):
        canonical = _canonical(column, table.columns[column.name].texts, read[column.name].values)
        keys[:, place] = pd.util.hash_array(canonical, categorize=False)[read[column.name].codes]
    pool = Pool(
        EncodedRows(spec, read),
        spec,
        TableQuality(spec, label=label),
        identities=record_hashes(keys),
        duplicates="together",
        notes=notes,
        refit=partial(_refitted, read=read, label=label),
    )
    if label is None:
        return pool
    column = next(column for column in spec.columns if column.name == label)
    names = column.text(column.decode(np.eye(column.width, dtype=np.float32)))
    return replace(pool, labels=_labels(column, read[label]), label_names=tuple(names))


def _canonical(column: Column, texts: list[str], values: np.ndarray) -> np.ndarray:
    """(n,) `Column.canonical`; numbers that Python would write as the file does are not written again."""
    base = without_missing(without_encoding(column))
    if type(base) is Numeric and base.format.is_plain and values.dtype.kind == "f":
        present = ~is_missing(values)
        plain = PlainNumbers.of(list(compress(texts, present.tolist())))
        if plain is not None:
            canonical, other = np.array(texts, dtype=object), ~present
            other[present] = ~plain.are_shortest(values[present])
            canonical[other] = column.canonical(values[other])
            return canonical
    return np.array(column.canonical(values), dtype=object)


class EncodedRows:
    """(N, width) rows of a table in model space, encoded when one is taken: pools are mostly refitted before."""

    def __init__(self, spec: TableSpec, read: Mapping[str, ReadColumn]) -> None:
        self._spec, self._read = spec, read

    def __len__(self) -> int:
        return len(next(iter(self._read.values())).codes)

    def __getitem__(self, index: np.ndarray) -> np.ndarray:
        rows: np.ndarray = self._values[index]
        return rows

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._values, dtype=dtype, copy=copy)

    @cached_property
    def _values(self) -> np.ndarray:
        return _model_space(self._spec, self._read)


def _model_space(spec: TableSpec, read: Mapping[str, ReadColumn]) -> np.ndarray:
    size = len(next(iter(read.values())).codes)
    values = np.empty((size, *spec.shape), np.float32)
    parts = [
        (part, column.encode(read[column.name].values), read[column.name].codes)
        for column, part in zip(spec.columns, spec.blocks, strict=True)
        if column.width
    ]
    for first in range(0, size, BLOCK):  # rows that stay in the processor's cache while their columns are written
        rows = slice(first, first + BLOCK)
        for part, block, codes in parts:
            values[rows, part] = np.take(block, codes[rows], axis=0, mode="clip")
    return values


def _labels(column: Column, read: ReadColumn) -> np.ndarray:
    codes: np.ndarray = column.encode(read.values).argmax(axis=1)[read.codes]
    return codes


def _refitted(pool: Pool, index: np.ndarray, of: str, read: Mapping[str, ReadColumn], label: str | None) -> Pool:
    """The pool with encodings that suit the records at these positions; its schema says which."""
    assert isinstance(pool.spec, TableSpec)
    schema = pool.spec.schema or Schema(pool.spec.columns)
    columns, decisions = list(schema.columns), dict(schema.decisions)
    for place, column in enumerate(columns):
        if column.width:
            values = read[column.name].values[read[column.name].codes[index]]
            columns[place], decisions[column.name] = encoded(column, schema.decision(column.name), values, of)
    schema = replace(schema, columns=tuple(columns), decisions=decisions)
    spec = replace(pool.spec, columns=schema.columns, schema=schema)
    return replace(pool, values=_model_space(spec, read), spec=spec, quality=TableQuality(spec, label=label))


def refuse_other_columns(table: RawTable, spec_columns: tuple[Column, ...], complete: RawTable) -> None:
    """Refuse generated rows of other columns than the real ones; an identifier may be missing.

    Raises:
        ParganError: a column is missing; or there is one that the complete table lacks.
    """
    for column in spec_columns:
        if column.name not in table.columns and column.width:
            raise table.error(
                f'has no column "{column.name}", which {complete.argument}={complete.value} has',
                "give files with the same columns, all with a header or all without",
            )
    for name in table.columns:
        if name not in complete.columns and name not in complete.left_out:
            raise complete.error(
                f'has no column "{name}", which {table.argument}={table.value} has',
                "give files with the same columns, all with a header or all without",
            )
