"""How numbers are written in a file: decimal mark, thousands, currency, per cent, number of decimals."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pargan.records.plain_numbers import PlainNumbers

# ASCII digits only: float() would also accept 1_000 and digits of other scripts.
PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class NumberFormat:
    """The notation of a column of numbers.

    Attributes:
        decimal: mark before the decimals.
        thousands: mark between groups of three digits; empty for none.
        prefix, suffix: what stands around every number, such as $ or %.
        least_decimals: decimals that every number has.
        most_decimals: decimals that numbers are rounded to; None: seven significant digits, the precision of float32.
    """

    decimal: str = "."
    thousands: str = ""
    prefix: str = ""
    suffix: str = ""
    least_decimals: int = 0
    most_decimals: int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the notation is that of Python."""
        return self == NumberFormat(least_decimals=self.least_decimals, most_decimals=self.most_decimals)

    def plain(self, cell: str) -> str | None:
        """A cell in the notation of Python, or None if it is no number. Plain notation is read as well."""
        cell = cell.strip()
        own = self._plain(cell)
        if own is not None and PLAIN.fullmatch(own):
            return own
        return cell if PLAIN.fullmatch(cell) else None

    def plain_cells(self, cells: Sequence[str]) -> list[str | None]:
        """`plain` of every cell; fast where all have this notation, without exponents.

        Then all cells are one text, in which lines are counted and marks replaced: a million cells one by one take ten
        times as long.
        """
        if self.is_plain and PlainNumbers.of(cells):
            return list(cells)
        joined = "\n".join(cells)
        if not cells or len(self._lines.findall(joined)) != len(cells) or joined.count("\n") != len(cells) - 1:
            return [self.plain(cell) for cell in cells]
        if self.is_plain:
            return list(cells)
        for mark in (self.prefix, self.suffix, self.thousands):
            joined = joined.replace(mark, "") if mark else joined
        return list(joined.replace(self.decimal, ".").split("\n"))

    @cached_property
    def _lines(self) -> re.Pattern[str]:
        """Lines that hold nothing but a number in this notation, which starts with a digit and has no exponent."""
        mark = re.escape(self.thousands)
        whole = rf"(?:[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|[0-9]+)" if mark else "[0-9]+"
        decimals = rf"(?:{re.escape(self.decimal)}[0-9]*)?"
        return re.compile(rf"^[+-]?{re.escape(self.prefix)}{whole}{decimals}{re.escape(self.suffix)}$", re.MULTILINE)

    def _plain(self, cell: str) -> str | None:
        sign, body = (cell[:1], cell[1:]) if cell[:1] in ("+", "-") else ("", cell)
        if not (body.startswith(self.prefix) and body.endswith(self.suffix)):
            return None
        body = body[len(self.prefix) : len(body) - len(self.suffix)]
        if not sign and body[:1] in ("+", "-"):
            sign, body = body[:1], body[1:]
        if self.thousands and self.thousands in body:
            whole, mark, rest = body.partition(self.decimal)
            if not re.fullmatch(rf"[0-9]{{1,3}}(?:{re.escape(self.thousands)}[0-9]{{3}})+", whole):
                return None
            body = whole.replace(self.thousands, "") + mark + rest
        elif self.decimal != "." and "." in body:
            return None
        return sign + body.replace(self.decimal, ".")

    def text(self, value: float | int) -> str:
        """A number as a cell."""
        if isinstance(value, int):  # a float would lose digits beyond 2^53
            digits = f"{abs(value):,}" + ("." + "0" * self.least_decimals) * (self.least_decimals > 0)
        elif self.most_decimals is None:
            digits = f"{abs(value):.7g}"
        else:
            digits = f"{abs(value):,.{self.most_decimals}f}"
            whole, _, decimals = digits.partition(".")
            kept = decimals[: self.least_decimals] + decimals[self.least_decimals :].rstrip("0")
            digits = whole + (f".{kept}" if kept else "")
        digits = digits.translate({ord(","): self.thousands, ord("."): self.decimal})
        sign = "-" if value < 0 and any(digit in digits for digit in "123456789") else ""
        return f"{sign}{self.prefix}{digits}{self.suffix}"

    def texts(self, values: np.ndarray) -> list[str]:
        """(N,) numbers as cells; each different one is written once."""
        if values.dtype.kind == "i" and self == NumberFormat(most_decimals=self.most_decimals):
            return list(map(str, values.tolist()))
        different, places = np.unique(values, return_inverse=True)
        return np.array([self.text(value) for value in different.tolist()], dtype=object)[places.reshape(-1)].tolist()

    def round(self, values: np.ndarray) -> np.ndarray:
        """(N,) float64 rounded to the decimals of the column."""
        return values if self.most_decimals is None else np.round(values, self.most_decimals)
