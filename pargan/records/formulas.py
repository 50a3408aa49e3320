"""Cells that a spreadsheet would run as formulas when a csv file is opened in it."""

import warnings
from collections.abc import Iterable
from pathlib import Path

from pargan.errors import ParganWarning, counted

ALWAYS = ("=", "@", "\t", "\r")
SIGNS = ("+", "-")
FIRST = frozenset((*ALWAYS, *SIGNS))


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may run something when it reads the cell.

    After a sign only text with a letter counts, which can name a function or another cell: amounts such as -$5.00 or
    -1.234,50, telephone numbers and a lone - as the mark of a missing value are harmless.
    """
    if cell[:1] not in FIRST:
        return False
    if cell.startswith(ALWAYS):
        return True
    if not cell.startswith(SIGNS) or not any(character.isalpha() for character in cell):
        return False
    try:
        float(cell)  # -1e-5
    except ValueError:
        return True
    return False


def defused(cell: str) -> str:
    """The cell with an apostrophe in front where it may be taken for a formula, as spreadsheets mark text."""
    return f"'{cell}" if is_formula(cell) else cell


class FormulaCount:
    """The cells of a file that a spreadsheet may run as formulas: counted over its parts, for one warning."""

    def __init__(self) -> None:
        self.number, self.example = 0, ""

    def add(self, cells: Iterable[str]) -> None:
        """Count those among some cells of the file."""
        formulas = [cell for cell in cells if is_formula(cell)]
        self.number += len(formulas)
        self.example = self.example or next(iter(formulas), "")

    def warn(self, path: Path) -> None:
        """Warn of the file at `path`, if it holds any."""
        if self.number:
            warnings.warn(
                f"{path} holds {counted(self.number, 'cell')} that a spreadsheet may run as formulas, such as "
                f"{self.example[:40]!r}; csv_safe=true marks them as text",
                ParganWarning,
                stacklevel=3,
            )
