"""The number of cells in each line of a text file without quotes: counted in bytes, where each line is a row."""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from pargan.data.sources.text_dialect import Dialect

BLOCK = 2**24  # bytes
ODD_BYTES = (b"\0", b"\r")


def cells_of_lines(file: BinaryIO, dialect: Dialect) -> tuple[np.ndarray, np.ndarray] | None:
    """(R,) number of the line of each row, from 1, and (R,) how many cells it has.

    None where only reading the rows can tell: quotes, escapes, NUL bytes, lone carriage returns, lines of spaces, bytes
    that are not UTF-8, or another encoding.
    """
    is_utf8 = dialect.encoding in ("utf-8", "utf-8-sig")
    if not is_utf8 or dialect.escape is not None or not (dialect.delimiter + dialect.quote).isascii():
        return None
    quote, delimiter = dialect.quote.encode(), ord(dialect.delimiter)
    counts = []
    for block in _whole_lines(file):
        lines = block.replace(b"\r\n", b"\n")
        if quote in lines or any(odd in lines for odd in ODD_BYTES) or not _is_utf8(lines):
            return None
        content = np.frombuffer(lines, dtype=np.uint8)
        ends = np.flatnonzero(content == ord("\n"))
        delimiters = np.diff(np.searchsorted(np.flatnonzero(content == delimiter), ends), prepend=0)
        is_empty = np.diff(ends, prepend=-1) == 1
        if ((delimiters == 0) & ~is_empty).any():
            return None
        counts.append(np.where(is_empty, 0, delimiters + 1))
    cells = np.concatenate(counts) if counts else np.empty(0, dtype=np.int64)
    rows = np.flatnonzero(cells)
    return rows + 1, cells[rows]


def _whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """Blocks that end at the end of a line; the last one is given an end."""
    rest = b""
    while block := file.read(BLOCK):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield rest + block[:cut]
        rest = block[cut:] if cut else rest + block
    if rest:
        yield rest + b"\n"


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
