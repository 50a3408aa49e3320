"""The type of a column, found from its cells. Legend: N rows.

- dates, points in time and durations by how they are written;
- whole numbers: integer; but boolean if they are 0 and 1, categorical if there are two others or, in the column of the
  label, at most 20 and no more than half the number of rows (classes);
- other numbers: numeric; numbers with leading zeros, underscores or exponents without a sign are codes, hence text;
- texts that differ in every row and hold no space, and numbers that count the rows: id;
- other texts: categorical, boolean if they are two that mean yes and no; with one value: constant.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pargan.data.sources.tables.column_cells import MISSING_MARKS, ColumnCells, Inference, Refusal
from pargan.data.sources.tables.infer_numbers import infer_number_format, is_ambiguous
from pargan.data.sources.tables.infer_times import infer_times
from pargan.errors import counted
from pargan.records.categories import TRUTH, Boolean, Categorical, Constant
from pargan.records.identifiers import Identifier
from pargan.records.number_format import PLAIN, NumberFormat
from pargan.records.numbers import INT64, Integer, Numeric, floats, whole_numbers

FLAG_VALUES = 2
LABEL_CLASSES = 20
MIXED_NUMBERS = 20  # more different numbers than this beside a few texts are a column of numbers with odd cells
MANY_CATEGORIES = 1000
EXACT = 2**53
FEWEST_IDS = 10
RARE = "(rare)"


def infer_column(cells: ColumnCells, is_label: bool) -> Inference:
    """The type of a column.

    Raises:
        Refusal: the column is free text, or numbers with a few other texts.
    """
    if not cells.values:
        return Inference(Constant(cells.name, cells.source.texts[0]), "all cells are missing", frozenset({""}))
    if len(cells.source.texts) == 1:
        return Inference(Constant(cells.name, cells.source.texts[0]), "one value in all rows")
    if times := infer_times(cells.values, cells.value_counts, cells.name):
        return cells.with_missing(*times)
    if not cells.source.is_text and (number := _infer_number(cells, is_label)):
        return number
    return _infer_text(cells, is_label)


def _infer_number(cells: ColumnCells, is_label: bool) -> Inference | None:
    found = infer_number_format(cells.values, cells.rules.decimal)
    if found is None:
        _refuse_odd_cells(cells)
        return None
    column = number_column(cells, found)
    if column is None:
        return None
    why = "numbers"
    if is_ambiguous(cells.values):
        why += f'; "{cells.values[0]}" was read with the decimal mark "{found.decimal}" (decimal=... changes it)'
    elif found.decimal != "." or found.thousands or found.prefix or found.suffix:
        why += f' written as "{cells.values[0]}"'
    if isinstance(column, Integer):
        if identifier := _counted(cells, column):
            learnt = f"made anew ({override(cells.name, 'integer')} learns them)"
            return Inference(identifier, f"numbers that are different in every row and name it, {learnt}")
        limit = _most_categories(cells.num_rows, LABEL_CLASSES if is_label else FLAG_VALUES)
        if len(cells.values) <= limit:
            return _number_categories(cells, column.format, is_label)
        why = why.replace("numbers", "whole numbers", 1)
    return cells.with_missing(column, why)


def number_column(cells: ColumnCells, found: NumberFormat) -> Numeric | None:
    """A column of numbers in this notation; None where they are too large."""
    plain = found.plain_cells(cells.values)
    whole = whole_numbers(plain)
    if whole is not None and found.most_decimals is not None:
        return Integer.fit(cells.name, whole, found)
    values = floats([text for text in plain if text is not None])
    too_large = np.abs(values) > INT64.max if found.most_decimals == 0 else ~np.isfinite(values)
    return None if too_large.any() else Numeric.fit(cells.name, values + 0.0, found)


def _counted(cells: ColumnCells, column: Integer) -> Identifier | None:
    """Numbers that name the rows: different in each, and counting them, or longer than a float64 holds."""
    is_unique = len(cells.values) == cells.num_rows >= FEWEST_IDS
    counts = column.high - column.low + 1 == cells.num_rows
    named = cells.name.lower().replace(" ", "_").split("_")[-1] in ("id", "uuid", "guid", "key")
    if is_unique and (counts or named or column.high > EXACT):
        return Identifier.fit(cells.name, cells.values)
    return None


def _number_categories(cells: ColumnCells, found: NumberFormat, is_label: bool) -> Inference:
    values = cells.values
    if {TRUTH.get(text) for text in values} == {True, False} and len(values) == FLAG_VALUES:
        ordered = tuple(sorted(values, key=lambda text: bool(TRUTH[text])))
        return cells.with_missing(Boolean(cells.name, ordered), "0 and 1")
    why = "classes to predict" if is_label and len(values) > FLAG_VALUES else "two different numbers"
    ordered = tuple(sorted(values, key=lambda text: float(found.plain(text) or text)))
    return cells.with_missing(Categorical(cells.name, ordered), why)


def _refuse_odd_cells(cells: ColumnCells) -> None:
    """Refuse numbers with a few other texts, which would become one category per number.

    Codes are no such texts where all cells are digits, as ZIP codes with and without a leading zero, or digits and E.
    """
    is_code = all(text.isalnum() for text in cells.values)
    if is_code and infer_number_format(cells.values, cells.rules.decimal, codes=True):
        return
    numbers = [text for text in cells.values if infer_number_format([text], cells.rules.decimal)]
    odd = sorted(set(cells.values) - set(numbers), key=cells.source.texts.index)
    infinite = [text for text in odd if text.lower().lstrip("+-") in ("inf", "infinity")]
    mostly = 2 * cells.count(numbers) > cells.count(cells.values)
    if mostly and odd and (len(numbers) > MIXED_NUMBERS or len(infinite) == len(odd)):
        text, place = cells.first(odd)
        raise Refusal(
            f"has {counted(cells.count(odd), 'cell that is no number', 'cells that are no numbers')} in "
            f'{cells.table.describe(cells.name)}, the first is "{text}" {place}, beside '
            f"{counted(len(numbers), 'different number')}",
            f"correct them, or say what they are: missing=[{','.join(odd[:3])}] or "
            f"{override(cells.name, 'categorical')}",
        )


def _infer_text(cells: ColumnCells, is_label: bool) -> Inference:
    texts = cells.texts
    lowered = {text.lower() for text in texts}
    truths = {TRUTH.get(text) for text in lowered}
    if len(texts) == FLAG_VALUES and truths == {True, False}:
        ordered = tuple(sorted(texts, key=lambda text: bool(TRUTH[text.lower()])))
        return cells.with_missing(Boolean(cells.name, ordered), "yes and no", is_text=True)
    codes = [text for text in texts if PLAIN.fullmatch(text)]
    why = "text"
    if len(codes) == len(texts) and not cells.source.is_text:
        code = next((text for text in codes if text.lstrip("+-")[:1] == "0" or "e" in text.lower()), codes[0])
        why = f'codes such as "{code}" ({override(cells.name, "numeric")} reads them as numbers)'
    if len(texts) > _most_categories(cells.num_rows, cells.num_rows) and cells.rules.rare < FLAG_VALUES:
        return _identifier(cells, texts)
    return categorical_column(cells, texts, why)


def _identifier(cells: ColumnCells, texts: Sequence[str]) -> Inference:
    """Texts that nearly name the rows: an id, or refused."""
    tokens = all(len(text) <= 64 and not any(letter.isspace() for letter in text) for text in texts)
    if tokens and len(texts) == cells.num_rows >= FEWEST_IDS:
        is_code = all(PLAIN.fullmatch(text) for text in texts) and not cells.source.is_text
        learnt = f" ({override(cells.name, 'numeric')} learns them as numbers)" if is_code else ""
        why = f"{'codes' if is_code else 'texts'} without spaces that are different in every row, made anew{learnt}"
        return Inference(Identifier.fit(cells.name, texts), why)
    raise Refusal(
        f"has {len(texts)} categories in {cells.num_rows} rows in the categorical {cells.table.describe(cells.name)}, "
        f'for example "{texts[0]}"',
        f"drop=[{cells.name}] leaves it out, {override(cells.name, 'id')} replaces it by new names",
        may_drop=True,
    )


def categorical_column(cells: ColumnCells, texts: Sequence[str], why: str) -> Inference:
    """A column of these categories.

    Raises:
        Refusal: there are more than half as many as rows, so that they would name the records.
    """
    kept = sorted(text for text in texts if cells.counts[text] >= cells.rules.rare)
    num_rare = len(texts) - len(kept)
    if not kept or len(kept) > _most_categories(cells.num_rows, cells.num_rows):
        raise Refusal(
            f"has {len(texts)} categories in {cells.num_rows} rows in the categorical "
            f'{cells.table.describe(cells.name)}, for example "{texts[0]}"',
            f"drop=[{cells.name}] leaves it out, {override(cells.name, 'id')} replaces it by new names, rare=5 makes "
            f"one category of those with fewer than 5 rows",
            may_drop=True,
        )
    if num_rare:
        why += f"; {counted(num_rare, 'category', 'categories')} with fewer than {cells.rules.rare} rows became {RARE}"
    marks = [text for text in texts if text.lower() in MISSING_MARKS and text in kept]
    if marks:
        why += f'; "{marks[0]}" is a category ({cells.counts[marks[0]]} rows; missing=["{marks[0]}"] changes it)'
    column = Categorical(cells.name, tuple(kept), other=RARE if num_rare else None)
    inference = cells.with_missing(column, why, is_text=True)
    if len(kept) > MANY_CATEGORIES:
        megabytes = cells.num_rows * len(kept) * 4 / 2**20
        inference = replace(
            inference,
            why=f"{inference.why}; {len(kept)} categories take {megabytes:.0f} MiB; rare=5 makes one of those with "
            f"fewer than 5 rows",
        )
    return inference


def _most_categories(num_rows: int, limit: int) -> int:
    """At most half the number of rows, so that categories do not identify records; but at least two."""
    return max(FLAG_VALUES, min(limit, num_rows // 2))


def override(name: str, kind: str) -> str:
    """The argument `types` that gives a column another type, as one types it."""
    if name.isidentifier() and name.isascii():
        return f"types={{{name}:{kind}}}"
    return f"'types={{\"{name}\": {kind}}}'"
