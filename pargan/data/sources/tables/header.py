"""Whether the first row of a file holds the names of the columns."""

import re
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from pargan.records.number_format import PLAIN

LOOKED_AT = 1000  # rows below the first
FEWEST_COUNTED = 3  # names that count, such as 0, 1, 2: fewer may be a record by chance
YEAR = re.compile(r"(19|20)\d\d")


def has_header(first: Sequence[str], frame: pd.DataFrame, header: bool | str) -> bool:
    """Whether a first row holds names: as `header` says, or for "auto" from the rows below it.

    A row without numbers holds names, unless each of its cells is found below it too. A row with numbers does where
    a text stands over numbers, where its numbers count (0, 1, 2 or 2019, 2020, 2021), or where its first cell is
    empty, as pandas writes an index.
    """
    if isinstance(header, bool):
        return header
    below = [[str(cell).strip() for cell in frame[place].iloc[1:LOOKED_AT]] for place in range(frame.shape[1])]
    numbers = [bool(PLAIN.fullmatch(cell)) for cell in first]
    recurring = [cell in column for cell, column in zip(first, below, strict=True)]
    if not any(numbers):
        return not (all(recurring) and len(frame) > 1)
    over_numbers = [
        bool(cell) and not is_number and _mostly_numbers(column)
        for cell, is_number, column in zip(first, numbers, below, strict=True)
    ]
    if any(over_numbers):
        return True
    counted = [cell for cell, is_number in zip(first, numbers, strict=True) if is_number]
    if first[0] == "" and len(set(first)) == len(first):
        return True
    texts_recur = any(again for again, is_number in zip(recurring, numbers, strict=True) if not is_number)
    return _counts(counted) and not texts_recur


def _mostly_numbers(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(bool(PLAIN.fullmatch(cell)) for cell in filled) > 0.5 * len(filled)


def _counts(cells: Sequence[str]) -> bool:
    """Whether cells are consecutive whole numbers from 0 or 1, or consecutive years."""
    if not all(cell.isascii() and cell.isdigit() for cell in cells) or any(cell != str(int(cell)) for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    consecutive = all(after == before + 1 for before, after in pairwise(numbers))
    are_years = all(YEAR.fullmatch(cell) for cell in cells)
    enough = len(numbers) >= (2 if are_years else FEWEST_COUNTED)
    return consecutive and enough and (numbers[0] in (0, 1) or are_years)
