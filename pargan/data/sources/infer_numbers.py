"""How the numbers of a column are written, found from its cells."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pargan.records.number_format import NumberFormat

AFFIX = re.compile(
    r"[+-]?(?P<prefix>(?:[$€£¥₹₽₩]|USD|EUR|GBP|CHF|JPY)\s?|)[+-]?"
    r"(?P<body>[0-9.,](?:[0-9.,'\u00a0\u202f ]*[0-9.,])?(?:[eE][+-]?[0-9]+)?)"
    r"(?P<suffix>\s?(?:[%‰$€£¥₹₽₩]|USD|EUR|GBP|CHF|JPY)|)"
)
MARKS = ((".", ""), (",", ""), (".", ","), (",", "."), (".", "'"), (",", "'"), (".", " "), (",", " "))
SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})
SIGNIFICANT = 15  # decimal digits that float64 keeps exactly


def is_code(number: str) -> bool:
    """007, 1_000 and 3E5 are codes; 0.7, 3e-05 and 1.5E3 are numbers: programs write exponents with a sign."""
    mantissa, _, exponent = number.lower().partition("e")
    return (mantissa[:1] == "0" and mantissa[1:2].isdigit()) or (exponent[:1].isdigit() and "." not in mantissa)


def infer_number_format(cells: Sequence[str], decimal: str | None, *, codes: bool = False) -> NumberFormat | None:
    """The one notation that all cells have; None if there is none.

    Args:
        cells: different ones, none of them missing.
        decimal: the decimal mark where cells such as 1,234 can be read in two ways; None: they are thousands.
        codes: whether numbers with leading zeros, or exponents without a sign, are numbers too.
    """
    matches = [AFFIX.fullmatch(cell) for cell in cells]
    if not cells or not all(matches):
        return None
    found = [match for match in matches if match]
    affixes = {(match["prefix"], match["suffix"]) for match in found}
    if len(affixes) > 1:
        return None
    bodies = [match["body"].translate(SPACES) for match in found]
    if not codes and any(is_code(body) for body in bodies):
        return None
    (prefix, suffix), spaced = affixes.pop(), [match["body"] for match in found]
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
        thousands = next(mark for body in spaced for mark in body if mark in " \u00a0\u202f")
    return _with_decimals(NumberFormat(chosen[0], thousands, prefix, suffix), cells)


def is_ambiguous(cells: Sequence[str]) -> bool:
    """Whether commas in these cells may be decimal marks as well as thousands: all have three digits after them."""
    bodies = [match["body"] for match in map(AFFIX.fullmatch, cells) if match]
    return any("," in body for body in bodies) and {(",", ""), (".", ",")} <= set(_fitting(bodies))


def decimal_mark(cells: Sequence[str]) -> str | None:
    """The decimal mark that a column of numbers proves, or None."""
    found = infer_number_format(cells, None)
    if found is None or is_ambiguous(cells) or not any(found.decimal in cell for cell in cells):
        return None
    return found.decimal


def _fitting(bodies: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of decimal mark and thousands mark that all numbers fit, those without thousands first."""
    has_exponent = any("e" in body.lower() for body in bodies)
    for decimal, thousands in MARKS:
        point, group = re.escape(decimal), re.escape(thousands)
        whole = rf"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]+)" if thousands else "[0-9]+"
        number = re.compile(rf"(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?")
        if thousands and (has_exponent or not any(thousands in body for body in bodies)):
            continue
        if all(number.fullmatch(body) for body in bodies):
            yield decimal, thousands


def _with_decimals(found: NumberFormat, cells: Sequence[str]) -> NumberFormat:
    plain = [text for text in map(found.plain, cells) if text is not None]
    if any("e" in text.lower() for text in plain):
        return found
    decimals = [len(text.partition(".")[2]) for text in plain]
    digits = max(len(text.lstrip("+-0.").replace(".", "")) for text in plain)
    if digits > SIGNIFICANT and max(decimals) > 0:
        return found
    return replace(found, least_decimals=min(decimals), most_decimals=max(decimals))
