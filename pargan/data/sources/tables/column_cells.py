"""The cells of a column as its type is inferred from them, and what it was taken for. Legend: N rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pargan.data.sources.tables.raw_table import RawTable, TextColumn
from pargan.records.categories import Categorical
from pargan.records.column import Column
from pargan.records.missing import WithMissing

MISSING_MARKS = (
    *("nan", "na", "n/a", "null", "none", "nil", "nat", "?", "-", "--", ".", "..", "#n/a", "#na", "<na>", "missing"),
    "#n/a n/a",
)
MARKS_BEGIN = "".join(letter for mark in MISSING_MARKS for letter in {mark[0], mark[0].upper()}).encode()


@dataclass(frozen=True)
class Inference:
    """What a column was taken for.

    Attributes:
        column: typed and fitted.
        why: how it was decided.
        missing: texts that mean a missing value in this column.
        encoding: a name in `pargan.records.encodings.ENCODINGS`.
    """

    column: Column
    why: str
    missing: frozenset[str] = frozenset({""})
    encoding: str = "auto"


class Refusal(Exception):  # noqa: N818  not an error of its own: all columns' are raised as one ParganError
    """A column that cannot be used: the problem, what to type instead, and whether dropping it is a remedy."""

    def __init__(self, problem: str, remedy: str, may_drop: bool = False) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.may_drop = problem, remedy, may_drop


@dataclass(frozen=True)
class Rules:
    """What was set for a table.

    Attributes:
        decimal: decimal mark where a comma can be read in two ways.
        missing: texts that mean a missing value in every column; None: `MISSING_MARKS` in numbers and times, and
            nothing but empty cells in texts, where NA can be a country.
        rare: categories with fewer rows than this become one.
    """

    decimal: str | None = None
    missing: frozenset[str] | None = None
    rare: int = 0


class ColumnCells:
    """The cells of a column, split into those that are missing and those that are not.

    Attributes:
        texts: the different ones, without those that are missing whatever the type of the column is.
        values: the different ones, without those that are missing in a column of numbers or times.
    """

    def __init__(self, table: RawTable, name: str, rules: Rules) -> None:
        self.table, self.name, self.rules = table, name, rules
        self.source: TextColumn = table.columns[name]
        empty = frozenset({""}) | (rules.missing or frozenset())
        marks = MISSING_MARKS if rules.missing is None else ()
        texts = self.source.texts
        self._empty = self.source.places_of(empty)
        candidates = _beginning_with(MARKS_BEGIN, texts) if marks else []
        self._missing = sorted({*self._empty, *(place for place in candidates if texts[place].lower() in marks)})
        self.texts, self.values = _without(texts, self._empty), _without(texts, self._missing)

    @property
    def num_rows(self) -> int:
        """N."""
        return len(self.source.codes)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How often each different text occurs."""
        return dict(zip(self.source.texts, self.source.counts.tolist(), strict=True))

    @property
    def value_counts(self) -> np.ndarray:
        """How often each of `values` occurs."""
        return np.delete(self.source.counts, self._missing)

    def count(self, texts: Sequence[str]) -> int:
        """Rows that hold one of the texts."""
        return sum(self.counts[text] for text in texts)

    def first(self, texts: Sequence[str]) -> tuple[str, str]:
        """The first of these texts in the table, and where it stands."""
        rows = {self.source.first(self.source.texts.index(text)): text for text in texts[:1000]}
        return rows[min(rows)], self.table.place(min(rows))

    def with_missing(self, column: Column, why: str, *, is_text: bool = False) -> Inference:
        """The column with a gap where a cell is missing; `is_text`: marks such as NA are texts like others."""
        places = self._empty if is_text else self._missing
        if not places:
            return Inference(column, why)
        missing = [self.source.texts[place] for place in places]
        mark = missing[int(self.source.counts[places].argmax())]
        shown = ", ".join(f'"{text}"' for text in missing if text)
        why += f"; {shown} {'means' if shown.count(',') == 0 else 'mean'} missing" if shown else ""
        gapped = replace(column, missing=mark) if isinstance(column, Categorical) else WithMissing(column, mark)
        return Inference(gapped, why, frozenset(missing) | {""})


def _beginning_with(letters: bytes, texts: Sequence[str]) -> list[int]:
    """Places of the texts whose first letter is one of these, found in the bytes of all texts together."""
    content = np.frombuffer(("\n".join(texts) + "\n").encode(errors="replace"), dtype=np.uint8)
    starts = np.concatenate([[0], np.flatnonzero(content == ord("\n"))[:-1] + 1])
    if len(starts) != len(texts):  # some hold line ends
        return [place for place, text in enumerate(texts) if text[:1].encode(errors="replace") in letters]
    return np.flatnonzero(np.isin(content[starts], list(letters))).tolist()


def _without(texts: list[str], places: Sequence[int]) -> list[str]:
    """The texts at all other than these ascending places."""
    if not places:
        return texts
    stops = [*places, len(texts)]
    starts = [0, *(place + 1 for place in places)]
    return [text for start, stop in zip(starts, stops, strict=True) for text in texts[start:stop]]
