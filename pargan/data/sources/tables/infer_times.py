"""Dates, points in time and durations, recognised by how they are written."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

import numpy as np

from pargan.records.times import AFTERNOONS, Date, DateTime, Duration, microseconds, parse_times, times_of_day, zone_of

DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d. %B %Y"),
    *("%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%d-%b-%y", "%Y-%m"),
)
HALVES = ("%p", *AFTERNOONS)  # of a day, on a clock of 12 hours: AM or PM; a.m. or p.m.
CLOCKS = tuple(f"{time}{gap}{half}" for half in HALVES for gap in (" ", "") for time in ("%I:%M", "%I:%M:%S"))
TIMES = ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M", *CLOCKS)
BEHIND_DATES = tuple(map("".join, product((" ", "T"), TIMES, ("", "%z", " %z"))))
DIRECTIVES = {
    **dict.fromkeys(("%m", "%d", "%H", "%I", "%M", "%S"), r"\s?\d{1,2}"),
    **{"%Y": r"\d{4}", "%y": r"\d{2}", "%f": r"\d{1,9}", "%z": r".+"},
    **dict.fromkeys(("%b", "%B", "%p"), r"\D+"),
    **{half: f"(?:{re.escape(half)}|{re.escape(other)})" for half, other in AFTERNOONS.items()},
}
"""What each directive may stand for, and more: it only has to exclude most formats."""
TRIED = 20  # cells that every format is tried on before the whole column
SWAPPED = {"%m/%d/%Y": "%d/%m/%Y", "%m/%d/%y": "%d/%m/%y", "%d-%m-%Y": "%m-%d-%Y"}
COMPACT = re.compile(r"(1[89]|2[01])[0-9]{6}")
FEWEST_COMPACT = 3  # different numbers such as 20190105: fewer may be dates by chance
FEWEST_DURATIONS = 2


def infer_times(
    cells: Sequence[str], counts: np.ndarray, name: str, format: str | None = None
) -> tuple[Date | DateTime | Duration, str] | None:
    """A column of times in the one format that all cells have, and why; None if there is none.

    Args:
        cells: different ones, none of them missing.
        counts: how often each occurs.
        name: of the column.
        format: as in `datetime.strptime`, in place of the usual ones.
    """
    if format is None and (duration := _duration(cells, name)):
        return duration
    if format is None and not all(sum(letter.isdigit() for letter in cell) >= 3 for cell in cells[:TRIED]):
        return None
    formats = (
        [format] if format is not None else [known for known in _plausible(cells[0]) if _fits(cells[:TRIED], known)]
    )
    for known in formats:
        values = parse_times(cells, known)
        if np.isnat(values).any():
            continue
        if known == "%Y%m%d" and format is None and not _is_compact(cells):
            continue
        why = f"written as {known}"
        other = next((other for one, other in SWAPPED.items() if known.startswith(one)), None)
        if format is None and other is not None and _fits(cells, known.replace(known[: len(other)], other)):
            why += f"; day and month may be meant the other way: types={{{name}: {_kind(known)} {other}}}"
        return _column(cells, counts, values, name, known), why
    return None


def _plausible(cell: str) -> Iterator[str]:
    """Formats that one cell may have, by its digits and marks: pandas takes long to refuse each of hundreds."""
    stamped = (date for date in DATES[:-1] if _pattern(date).match(cell))
    stamps = (f"{date}{behind}" for date, behind in product(stamped, BEHIND_DATES))
    return (known for known in (*DATES, *stamps) if _pattern(known).fullmatch(cell))


@cache
def _pattern(format: str) -> re.Pattern[str]:
    parts = re.split(r"(%.|a\.m\.|A\.M\.|\s+)", format)
    return re.compile("".join(DIRECTIVES.get(part, r"\s+" if part.isspace() else re.escape(part)) for part in parts))


def _column(cells: Sequence[str], counts: np.ndarray, values: np.ndarray, name: str, format: str) -> Date | DateTime:
    if _kind(format) == "date":
        return Date.fit(name, values, format)
    zones: Counter[str] = Counter()
    if "%z" in format:
        for cell, count in zip(cells, counts.tolist(), strict=True):
            zones[zone_of(cell, format)] += count
    zone = zones.most_common(1)[0][0] if zones else ""
    return DateTime.fit(name, values, format, zone)


def _duration(cells: Sequence[str], name: str) -> tuple[Duration, str] | None:
    for format in (known for known in CLOCKS if _pattern(known).fullmatch(cells[0])):
        values = times_of_day(cells, format)
        if len(cells) >= FEWEST_DURATIONS and not np.isnat(values).any():
            return Duration.fit(name, values, False, "%S" in format, format), f"times of day written as {format}"
    if any(microseconds(cell) is None for cell in cells[:TRIED]):
        return None
    ticks = [microseconds(cell) for cell in cells]
    if len(cells) < FEWEST_DURATIONS or any(tick is None for tick in ticks):
        return None
    has_days = any("day" in cell for cell in cells)
    has_seconds = any(cell.count(":") == 2 for cell in cells)
    values = np.array(ticks, dtype="timedelta64[us]")
    return Duration.fit(name, values, has_days, has_seconds), "hours and minutes"


def _fits(cells: Sequence[str], format: str) -> bool:
    """Whether these cells have the format. Names of months are looked for only where there are letters."""
    letters = any(letter.isalpha() and letter not in "TtZz" for cell in cells for letter in cell)
    if letters != any(mark in format for mark in ("%b", "%B", *HALVES)):
        return False
    return not np.isnat(parse_times(cells, format)).any()


def _is_compact(cells: Sequence[str]) -> bool:
    return len(cells) >= FEWEST_COMPACT and all(COMPACT.fullmatch(cell) for cell in cells)


def _kind(format: str) -> str:
    return "datetime" if "%H" in format or "%I" in format else "date"
