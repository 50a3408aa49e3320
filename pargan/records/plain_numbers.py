"""Many numbers in plain notation at once: decimal point, no exponent. Legend: N cells.

All cells are one text, whose bytes are compared together: a million cells one by one take ten times as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

NEWLINE, POINT, PLUS, MINUS, ZERO = b"\n.+-0"
SIGNIFICANT = 15  # decimal digits that float64 keeps exactly
LEAST = 1e-4  # below it, Python writes exponents


@dataclass(frozen=True)
class PlainNumbers:
    """Cells such as 12, -0.5 and +3.25: a sign or none, digits, and a point between digits or none.

    Attributes:
        content: the bytes of all cells, a line each.
        starts: (N,) places of their first digits.
        ends: (N,) places behind their last ones.
        decimals: (N,) number of digits behind the point.
    """

    content: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    decimals: np.ndarray

    @classmethod
    def of(cls, cells: Sequence[str]) -> Self | None:
        """None where a cell is something else, or there are no cells."""
        joined = "\n".join(cells)
        if not cells or not joined.isascii():
            return None
        content = np.frombuffer(f"{joined}\n".encode(), dtype=np.uint8)
        is_digit = (content - np.uint8(ZERO)) < 10  # bytes below 0 wrap around
        places = np.flatnonzero(~is_digit)
        marks, before = content[places], content[places - 1]
        is_end, is_point, is_sign = marks == NEWLINE, marks == POINT, (marks == PLUS) | (marks == MINUS)
        ends = places[is_end]
        follows_digit, starts_line = is_digit[places - 1], (before == NEWLINE) | (places == 0)
        fits = (is_end & follows_digit) | (is_sign & starts_line)
        is_second = np.concatenate([[False], is_point[:-1]])
        fits |= is_point & follows_digit & ~is_second
        if len(ends) != len(cells) or not fits.all():
            return None
        starts = np.concatenate([[0], ends[:-1] + 1])
        starts = starts + ~is_digit[starts]
        last = np.flatnonzero(is_end) - 1  # the mark before each line end, of which a point is one of the same line
        decimals = np.where(is_point[last], ends - places[last] - 1, 0)
        return cls(content, starts, ends, decimals)

    @property
    def has_leading_zeros(self) -> bool:
        """Whether one looks like a code, such as 007."""
        return bool(self._leading_zeros.any())

    @property
    def _leading_zeros(self) -> np.ndarray:
        second = self.content[self.starts + 1]
        return (self.content[self.starts] == ZERO) & (second != POINT) & (second != NEWLINE)

    @property
    def longest(self) -> int:
        """Most characters of one, without its sign."""
        return int((self.ends - self.starts).max())

    def are_shortest(self, values: np.ndarray) -> np.ndarray:
        """(N,) bool: whether Python writes the (N,) float64 that these are as the same texts, so far as is easily seen.

        Up to 15 significant digits are kept by float64, hence they are the fewest that stand for it.
        """
        ends_in_zero = (self.content[self.ends - 1] == ZERO) & (self.decimals > 1)
        first = self.starts - 1
        has_plus = (first >= 0) & (self.content[first] == PLUS)
        is_short = (self.ends - self.starts <= SIGNIFICANT) & (self.decimals > 0)
        return is_short & ~ends_in_zero & ~self._leading_zeros & ~has_plus & (np.abs(values) >= LEAST)
