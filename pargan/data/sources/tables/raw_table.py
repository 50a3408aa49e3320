"""A table as its source has it: named columns of texts, from a file or from a DataFrame. Legend: N rows, V columns."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from pargan.data.sources.tables.collected_texts import CollectedTexts
from pargan.errors import ParganError

FEW = 3


@dataclass(frozen=True)
class TextColumn:
    """A column of texts, each different one once.

    Attributes:
        texts: the different cells, without spaces around them; a missing one is empty.
        codes: (N,) position in `texts` of every cell.
        is_text: whether the source says that it holds text, so that digits in it are codes.
    """

    texts: list[str]
    codes: np.ndarray
    is_text: bool = False

    @classmethod
    def of(cls, cells: Any, is_text: bool = False) -> Self:
        """The different texts among (N,) cells, in the order of their first appearance."""
        collected = CollectedTexts()
        collected.add(np.asarray(cells, dtype=object))
        return cls(*collected.column(), is_text)

    @property
    def counts(self) -> np.ndarray:
        """How often each of `texts` occurs."""
        return np.bincount(self.codes, minlength=len(self.texts))

    def places_of(self, chosen: Set[str]) -> list[int]:
        """Ascending positions in `texts` of those among the chosen ones."""
        if len(chosen) <= FEW:  # a look through the list for each takes a third of the time
            return sorted(self.texts.index(text) for text in chosen if text in self.texts)
        return [place for place, text in enumerate(self.texts) if text in chosen]

    def first(self, text_code: int) -> int:
        """The first row that holds a text."""
        return int((self.codes == text_code).argmax())


@dataclass(frozen=True)
class RawTable:
    """A table before its columns have types.

    Attributes:
        argument, value: what it was given as, for errors.
        columns: by name, in the order of the source.
        lines: (N,) line of the file in which each row ends, from 1; None for a DataFrame and for binary files.
        has_header: whether the source has names for its columns.
        delimiter: between cells, where it is a text file.
        left_out: name -> why, of columns that are not used.
        remarks: how the file was read, where that was not given.
        parts: the tables that this one was joined from.
    """

    argument: str
    value: str
    columns: Mapping[str, TextColumn]
    lines: np.ndarray | None = None
    has_header: bool = True
    delimiter: str = ","
    left_out: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    parts: tuple["RawTable", ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())).codes)

    def error(self, problem: str, remedy: str) -> ParganError:
        """An error about this table; where it was joined from several, all are named."""
        together = "".join(f"together with {part.argument}={part.value} " for part in self.parts[1:])
        problem = f"{together}{problem}"
        return ParganError(problem, argument=self.argument, value=self.value, remedy=remedy)

    def describe(self, name: str) -> str:
        """Position and name of a column, for errors."""
        return f'column {list(self.columns).index(name) + 1} ("{name}")'

    def place(self, row: int) -> str:
        """Where a row stands, for errors."""
        for part in self.parts:
            if row < len(part):
                return f"{part.place(row)} of {part.argument}={part.value}"
            row -= len(part)
        return f"in row {row + 1}" if self.lines is None else f"in line {self.lines[row]}"

    def without(self, names: Mapping[str, str]) -> "RawTable":
        """Without the columns that `names` gives reasons for."""
        columns = {name: column for name, column in self.columns.items() if name not in names}
        return replace(self, columns=columns, left_out={**self.left_out, **names})


def joined(tables: Sequence[RawTable]) -> RawTable:
    """The rows of several tables, one table after the other, with the columns in the order of the first.

    Raises:
        ParganError: a table has other columns than the first.
    """
    first = tables[0]
    if len(tables) == 1:
        return first
    for further in tables[1:]:
        for complete, incomplete in ((first, further), (further, first)):
            missing = [name for name in complete.columns if name not in incomplete.columns]
            if missing:
                raise incomplete.error(
                    f'has no column "{missing[0]}", which {complete.argument}={complete.value} has',
                    "give files with the same columns, all with a header or all without",
                )
    columns = {name: _stacked([table.columns[name] for table in tables]) for name in first.columns}
    left_out = {name: why for table in tables for name, why in table.left_out.items()}
    return replace(first, columns=columns, left_out=left_out, parts=tuple(tables))


def _stacked(columns: Sequence[TextColumn]) -> TextColumn:
    places, texts = pd.factorize(np.array([text for column in columns for text in column.texts], dtype=object))
    starts = np.cumsum([0, *(len(column.texts) for column in columns)])
    codes = [places[start + column.codes] for start, column in zip(starts[:-1], columns, strict=True)]
    return TextColumn(list(texts), np.concatenate(codes), all(column.is_text for column in columns))


def named_columns(
    names: list[str], cells: Callable[[int], TextColumn], error: Callable[..., ParganError]
) -> tuple[dict[str, TextColumn], dict[str, str]]:
    """Columns by name, and the index that is left out: an unnamed first column of different whole numbers.

    Args:
        names: of the columns; empty where one has none.
        cells: position -> column.
        error: makes the error for a name that stands twice.
    """
    columns: dict[str, TextColumn] = {}
    left_out: dict[str, str] = {}
    for place, name in enumerate(names):
        column = cells(place)
        unnamed = name in ("", "Unnamed: 0")
        if place == 0 and unnamed and _is_index(column) and len(names) > 1:
            left_out[name or "(no name)"] = "it has no name and numbers the rows: an index"
            continue
        name = name or f"column_{place + 1}"
        if name in columns:
            raise error(f'has a header with the name "{name}" more than once', remedy="give columns different names")
        columns[name] = column
    return columns, left_out


def _is_index(column: TextColumn) -> bool:
    return len(column.texts) == len(column.codes) and all(
        text.removesuffix(".0").isascii() and text.removesuffix(".0").isdigit() for text in column.texts
    )


def frame_table(frame: pd.DataFrame, argument: str, value: str = "DataFrame") -> RawTable:
    """A DataFrame as a raw table: numbers and times as text, exactly.

    Raises:
        ParganError: no rows or columns, a name twice, or cells that are neither text, numbers nor times.
    """

    def error(problem: str, remedy: str) -> ParganError:
        return ParganError(problem, argument=argument, value=value, remedy=remedy)

    if not len(frame) or not len(frame.columns):
        raise error("holds no rows", remedy="give a table with one record per row")
    names = ["" if name is None else str(name) for name in frame.columns]

    def cells(place: int) -> TextColumn:
        texts, is_text = _texts(frame.iloc[:, place])
        if texts is None:
            raise error(
                f'has cells of type {_odd_type(frame.iloc[:, place])} in column {place + 1} ("{names[place]}")',
                remedy="give text, numbers, dates or missing values, or drop that column",
            )
        return TextColumn.of(texts, is_text)

    columns, left_out = named_columns(names, cells, error)
    return RawTable(argument, value, columns, left_out=left_out)


def _texts(series: pd.Series) -> tuple[np.ndarray | None, bool]:
    """(N,) texts of a column, empty where missing, and whether it is a column of text; None for other objects."""
    absent = series.isna().to_numpy()
    if isinstance(series.dtype, pd.CategoricalDtype):
        texts, _ = _texts(pd.Series(series.cat.categories)[series.cat.codes.where(~absent, 0)].reset_index(drop=True))
        is_text = True
    elif pd.api.types.is_datetime64_any_dtype(series.dtype):
        days = series.dt.tz is None and (series.dropna() == series.dropna().dt.normalize()).all()
        texts = np.array([str(moment)[:10] if days else moment.isoformat(sep=" ") for moment in series], dtype=object)
        is_text = False
    elif series.dtype.kind in "biuf":
        plain = getattr(series.dtype, "numpy_dtype", series.dtype)  # of pandas' types with gaps
        numbers = series.to_numpy(dtype=plain, na_value=0) if absent.any() else series.to_numpy(dtype=plain)
        texts, is_text = numbers.astype(np.str_).astype(object), False
    elif series.dtype.kind == "m":
        texts, is_text = np.array([_duration(length) for length in series], dtype=object), False
    else:
        values = series.to_numpy(dtype=object)
        if not all(_is_plain(value) for value in values[~absent]):
            return None, False
        texts = np.array([str(value) for value in values], dtype=object)
        is_text = all(isinstance(value, str) for value in values[~absent])
    if texts is not None:
        texts[absent] = ""
    return texts, is_text


def _duration(length: Any) -> str:
    """With the sign of the whole: pandas writes minus one hour as -1 days +23:00:00."""
    return "" if pd.isna(length) else f"-{-length}" if length < pd.Timedelta(0) else str(length)


def _is_plain(value: Any) -> bool:
    return np.isscalar(value) or hasattr(value, "isoformat") or type(value).__name__ == "Decimal"


def _odd_type(series: pd.Series) -> str:
    return next(type(value).__name__ for value in series if not pd.isna(value) and not _is_plain(value))
