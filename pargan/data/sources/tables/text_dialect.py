"""How a text file of rows is written: encoding, delimiter, quotes. Found from its beginning unless given."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pargan.errors import ParganError

DELIMITERS = "\t;|,"  # a comma last: where another one fits every line as well, commas are decimal marks
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Dialect:
    """Encoding, delimiter, quote and escape character of a text file."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None

    def reader(self, lines: Iterable[str]) -> Any:
        """The csv module's reader, which refuses an open quote."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            skipinitialspace=True,
            strict=True,
        )


def sniff_encoding(content: bytes, encoding: str) -> str:
    """The encoding by its byte order mark, UTF-8 where the bytes are UTF-8, else Windows-1252 or Latin-1.

    Args:
        content: of the file, or its beginning.
        encoding: "auto", or the one that was given.

    Raises:
        ParganError: the given encoding is unknown.
    """
    if encoding != "auto":
        try:
            name = codecs.lookup(encoding).name
        except LookupError as error:
            raise ParganError(
                "is unknown", argument="encoding", value=encoding, remedy="give for example utf-8 or latin-1"
            ) from error
        return "utf-8-sig" if name == "utf-8" else encoding
    for mark, name in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return name
    for name in ("utf-8-sig", "cp1252"):
        try:
            codecs.getincrementaldecoder(name)().decode(content)  # the last character may be cut
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def sniff_dialect(beginning: str, encoding: str, delimiter: str) -> Dialect:
    """The delimiter and quotes of a text.

    Args:
        beginning: whole lines from the start of the file.
        encoding: of the file.
        delimiter: "auto", or the one that was given.

    Raises:
        ParganError: a given delimiter is not one character.
    """
    quote = "'" if '"' not in beginning and _is_quoted(beginning, "'") else '"'
    escape = "\\" if f"\\{quote}" in beginning and quote * 2 not in beginning.replace(f",{quote}{quote}", "") else None
    if delimiter != "auto":
        delimiter = delimiter.replace("\\t", "\t")
        if len(delimiter) != 1:
            raise ParganError(
                f"has {len(delimiter)} characters",
                argument="delimiter",
                value=delimiter,
                remedy="give the one character between the cells, or delimiter=auto",
            )
        return Dialect(encoding, delimiter, quote, escape)
    candidates = [Dialect(encoding, character, quote, escape) for character in DELIMITERS]
    best = max(candidates, key=lambda dialect: _consistency(dialect, beginning))
    return best if _consistency(best, beginning) > 0 else Dialect(encoding, ",", quote, escape)


def _is_quoted(text: str, quote: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    cell = re.compile(rf"(^|[{DELIMITERS}]){quote}[^{quote}]*{quote}([{DELIMITERS}]|$)")
    quoted = [line for line in lines if cell.search(line)]
    return 2 * len(quoted) > len(lines)


def _consistency(dialect: Dialect, text: str) -> float:
    """Share of lines with the usual number of cells; 0 where that is one cell, or where the first line differs."""
    try:
        lengths = [len(row) for row in dialect.reader(text.splitlines(keepends=True)) if row]
    except csv.Error:
        return 0.0
    if not lengths:
        return 0.0
    usual, count = Counter(lengths).most_common(1)[0]
    first_fits = lengths[0] in (usual, usual - 1)  # a header may lack the name of the index
    return count / len(lengths) if usual > 1 and lengths[0] > 1 and first_fits else 0.0
