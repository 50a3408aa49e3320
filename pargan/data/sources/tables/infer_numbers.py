"""How the numbers of a column are written, found from its cells."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pargan.records.number_format import NumberFormat
from pargan.records.plain_numbers import SIGNIFICANT, PlainNumbers

AFFIX = re.compile(
    r"^[+-]?(?P<prefix>(?:[$€£¥₹₽₩]|USD|EUR|GBP|CHF|JPY)[^\S\n]?|)[+-]?"
    r"(?P<body>[0-9.,](?:[0-9.,'\u00a0\u202f ]*[0-9.,])?(?:[eE][+-]?[0-9]+)?)"
    r"(?P<suffix>[^\S\n]?(?:[%‰$€£¥₹₽₩]|USD|EUR|GBP|CHF|JPY)|)$",
    re.MULTILINE,
)
UNADORNED = re.compile(r"^[+-]?[0-9](?:[0-9.,]*[0-9])?$", re.MULTILINE)
CODE = re.compile(r"^(?:0[0-9]|[^.eE\n]*[eE][0-9])", re.MULTILINE)
MARKS = ((".", ""), (",", ""), (".", ","), (",", "."), (".", "'"), (",", "'"), (".", " "), (",", " "))
SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})


def infer_number_format(cells: Sequence[str], decimal: str | None, *, codes: bool = False) -> NumberFormat | None:
    """The one notation that all cells have; None if there is none.

    Args:
        cells: different ones, none of them missing.
        decimal: the decimal mark where cells such as 1,234 can be read in two ways; None: they are thousands.
        codes: whether codes are numbers too: 007 and 3E5, while 0.7, 3e-05 and 1.5E3 are numbers anyway, because
            programs write exponents with a sign.
    """
    plain = PlainNumbers.of(cells) if decimal != "," else None
    if plain is not None and (plain.longest <= SIGNIFICANT or not plain.decimals.any()):
        if plain.has_leading_zeros and not codes:
            return None
        return NumberFormat(least_decimals=int(plain.decimals.min()), most_decimals=int(plain.decimals.max()))
    affixed = _affixed(cells)
    if affixed is None:
        return None
    (prefix, suffix), spaced = affixed
    bodies = spaced.translate(SPACES) if not spaced.isascii() else spaced
    if not codes and CODE.search(bodies):
        return None
    fitting = list(_fitting(bodies))
    if not fitting:
        return None
    chosen = fitting[0]
    if len(fitting) > 1 and decimal is not None:
        chosen = next((marks for marks in fitting if marks[0] == decimal), chosen)
    elif len(fitting) > 1 and chosen == (",", ""):
        chosen = next((marks for marks in fitting if marks == (".", ",")), chosen)
    thousands = chosen[1]
    if thousands == " ":
        thousands = next(mark for mark in spaced if mark in " \u00a0\u202f")
    return _with_decimals(NumberFormat(chosen[0], thousands, prefix, suffix), cells)


def is_ambiguous(cells: Sequence[str]) -> bool:
    """Whether commas in these cells may be decimal marks as well as thousands: all have three digits after them."""
    affixed = _affixed(cells) if "," in "".join(cells) else None
    return affixed is not None and {(",", ""), (".", ",")} <= set(_fitting(affixed[1]))


def decimal_mark(cells: Sequence[str]) -> str | None:
    """The decimal mark that a column of numbers proves, or None."""
    found = infer_number_format(cells, None)
    if found is None or is_ambiguous(cells) or not any(found.decimal in cell for cell in cells):
        return None
    return found.decimal


def _affixed(cells: Sequence[str]) -> tuple[tuple[str, str], str] | None:
    """The one prefix and suffix of all numbers, and what is between, a line each; None if there is none.

    All cells are looked at as one text: a million of them one by one take ten times as long.
    """
    if not cells or not AFFIX.fullmatch(cells[0]):
        return None
    joined = "\n".join(cells)
    if len(UNADORNED.findall(joined)) == len(cells) == joined.count("\n") + 1:
        return ("", ""), joined.replace("+", "").replace("-", "")
    found = AFFIX.findall(joined)
    if len(found) != len(cells) or joined.count("\n") != len(cells) - 1:
        return None
    prefixes, bodies, suffixes = zip(*found, strict=True)
    if len(set(prefixes)) > 1 or len(set(suffixes)) > 1:
        return None
    return (prefixes[0], suffixes[0]), "\n".join(bodies)


def _fitting(bodies: str) -> Iterator[tuple[str, str]]:
    """Pairs of decimal mark and thousands mark that the numbers of all lines fit, those without thousands first."""
    has_exponent = "e" in bodies or "E" in bodies
    if bodies.replace("\n", "").isdigit():
        yield from MARKS[:2]
        return
    first, num_lines = bodies.partition("\n")[0], bodies.count("\n") + 1
    for decimal, thousands in MARKS:
        if thousands and (has_exponent or thousands not in bodies):
            continue
        point, group = re.escape(decimal), re.escape(thousands)
        whole = rf"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]+)" if thousands else "[0-9]+"
        number = rf"^(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?$"
        if re.search(number, first) and len(re.findall(number, bodies, re.MULTILINE)) == num_lines:
            yield decimal, thousands


def _with_decimals(found: NumberFormat, cells: Sequence[str]) -> NumberFormat:
    plain = [text for text in found.plain_cells(cells) if text is not None]
    joined = "\n".join(plain)
    if "e" in joined or "E" in joined:
        return found
    decimals = set(map(len, re.findall(r"\.([0-9]*)$", joined, re.MULTILINE)))
    decimals |= {0} if joined.count(".") < len(plain) else set()
    if max(decimals) > 0 and max(map(len, plain)) > SIGNIFICANT and _most_digits(plain) > SIGNIFICANT:
        return found
    return replace(found, least_decimals=min(decimals), most_decimals=max(decimals))


def _most_digits(plain: Sequence[str]) -> int:
    """Without zeros in front."""
    return max(len(text.lstrip("+-0.").replace(".", "")) for text in plain)
