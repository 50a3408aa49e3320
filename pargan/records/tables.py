"""Records that are rows of a table.

Legend: N rows, V columns, width = sum of the columns' widths in model space, in the order of the user's columns.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn

from pargan.errors import ParganError
from pargan.io.files import write_atomically
from pargan.records.column import Column
from pargan.records.encodings import without_encoding
from pargan.records.formulas import FormulaCount, defused
from pargan.records.schema import Schema

Table = dict[str, np.ndarray]
"""A table in the user's units: column name -> (N,) float64, int64, datetime64, timedelta64 or text.

A missing value is NaN, NaT or, in text and in whole numbers beyond 2^53, None.
"""


class TableHead(nn.Module):
    """Last layer of a generator of rows: applies the activation of each column, (..., width) -> (..., width)."""

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.widths = [column.width for column in columns]

    def forward(self, rows: Tensor) -> Tensor:
        """(..., width) -> (..., width): numbers in [-1, 1], indicators of a category >= 0 with sum 1."""
        blocks = zip(self.columns, rows.split(self.widths, dim=-1), strict=True)
        return torch.cat([column.activation(block) for column, block in blocks], dim=-1)


@dataclass(frozen=True, eq=False)
class TableSpec:
    """Record format of tables.

    Attributes:
        columns: in the user's order.
        has_header: whether `write` writes a header with the names of the columns.
        delimiter: character between the cells that `write` writes.
        schema: how the columns were found, where they were found in a file.
        csv_safe: whether `write` marks names and categories as text that a spreadsheet would run as formulas.

    Raises:
        ParganError: no column has anything to learn.
    """

    columns: tuple[Column, ...]
    has_header: bool = True
    delimiter: str = ","
    schema: Schema | None = None
    csv_safe: bool = False
    kind: ClassVar[str] = "table"

    def __post_init__(self) -> None:
        if not any(column.width for column in self.columns):
            raise ParganError(
                "holds nothing to learn: every column is constant or an id",
                argument="table",
                remedy="give a table with a column that varies",
            )

    @property
    def learnt(self) -> tuple[Column, ...]:
        """The columns that vary and do not name a record."""
        return tuple(column for column in self.columns if column.width)

    @classmethod
    def fit(cls, table: Table, types: Mapping[str, Any], **layout: Any) -> Self:
        """Fit ranges and categories to a table.

        Args:
            table: column name -> (N,) values.
            types: column name -> type of column, such as `Numeric`.
            layout: `has_header` and `delimiter`.
        """
        return cls(tuple(types[name].fit(name, values) for name, values in table.items()), **layout)

    @cached_property
    def in_units(self) -> "TableSpec":
        """The same format with numbers on the scale of their range; itself where they are already."""
        columns = tuple(map(without_encoding, self.columns))
        changed = any(new is not old for new, old in zip(columns, self.columns, strict=True))
        return replace(self, columns=columns) if changed else self

    @property
    def shape(self) -> tuple[int]:
        """(width,)."""
        return (sum(column.width for column in self.columns),)

    @property
    def blocks(self) -> tuple[slice, ...]:
        """The part of a row in model space that each column takes."""
        stops = list(accumulate(column.width for column in self.columns))
        return tuple(map(slice, [0, *stops], stops))

    @property
    def categories(self) -> tuple[slice, ...]:
        """The parts of a row in model space that are the indicators of one column's categories."""
        return tuple(
            slice(block.start + column.first_indicator, block.stop)
            for column, block in zip(self.columns, self.blocks, strict=True)
            if column.first_indicator < column.width
        )

    @property
    def numbers(self) -> tuple[int, ...]:
        """Positions of the numbers, in [-1, 1], in a row in model space; all others are indicators of categories."""
        blocks = zip(self.columns, self.blocks, strict=True)
        return tuple(i for column, block in blocks for i in range(block.start, block.start + column.first_indicator))

    def column_scales(self) -> np.ndarray:
        """(width,) float32: factors that scale model space so that two values of a column are at most 1 apart."""
        return np.concatenate([column.scales for column in self.columns])

    def head(self) -> nn.Module:
        """Tanh for numbers, Gumbel-softmax for the indicators of a category and of a missing value."""
        return TableHead(self.columns)

    def encode(self, table: Table) -> np.ndarray:
        """A table with these columns -> (N, width) float32.

        Raises:
            ParganError: a column is missing, or holds a category that is not among the fitted ones.
        """
        return np.hstack([self._encode(column, table) for column in self.columns])

    def decode(self, records: np.ndarray) -> Table:
        """(N, width) -> table with the columns in the user's order."""
        records = np.asarray(records)
        columns = zip(self.columns, self.blocks, strict=True)
        return {column.name: column.decode(records[:, block]) for column, block in columns}

    def snap(self, records: np.ndarray) -> np.ndarray:
        """(N, width) -> (N, width): the nearest possible rows, with exact indicators and integers."""
        return self.encode(self.decode(records))

    def write(self, records: np.ndarray, stem: Path) -> Path:
        """Write a .csv in UTF-8, with a header if `has_header`; warn of cells that a spreadsheet would run."""
        path, formulas = stem.with_name(f"{stem.name}.csv"), FormulaCount()
        write_atomically(path, self.csv_lines(records, formulas))
        formulas.warn(path)
        return path

    def csv_lines(self, records: np.ndarray, formulas: FormulaCount) -> bytes:
        """(N, width) -> lines of a .csv in UTF-8; `formulas` counts the cells in them that a spreadsheet would run."""
        table = self.decode(records)
        columns = [column.text(table[column.name]) for column in self.columns]
        rows = [list(table)] if self.has_header else []
        rows += map(list, zip(*columns, strict=True))
        if self.csv_safe:
            rows = [[defused(cell) for cell in row] for row in rows]
        else:
            formulas.add(cell for row in rows for cell in row)
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=self.delimiter, lineterminator="\n").writerows(rows)
        return buffer.getvalue().encode()

    @staticmethod
    def _encode(column: Column, table: Table) -> np.ndarray:
        try:
            return column.encode(table[column.name])
        except KeyError as error:
            raise ParganError(f'has no column "{column.name}"', argument="table", remedy="add it") from error
        except ValueError as error:
            raise ParganError(
                f'holds values in the {column.type} column "{column.name}" that it was not fitted on ({error})',
                argument="table",
                remedy="correct or drop those rows",
            ) from error
