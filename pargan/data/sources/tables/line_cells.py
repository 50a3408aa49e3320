"""The cells of a text file without quotes, where each line is a row: counted and divided in bytes.

Legend: R rows, n of them in a block of bytes.
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pargan.data.sources.tables.collected_texts import WORD
from pargan.data.sources.tables.text_dialect import Dialect

BLOCK = 2**24  # bytes
ODD_BYTES = (b"\0", b"\r")
LONGEST = 128  # bytes up to which the cells of a column are laid side by side, filled up to the longest one
NEWLINE, SPACE = ord("\n"), ord(" ")
KEPT = np.array([2 ** (8 * size) - 1 for size in range(WORD + 1)], dtype=np.uint64)  # the first bytes of a word


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
        ends = np.flatnonzero(content == NEWLINE)
        delimiters = np.diff(np.searchsorted(np.flatnonzero(content == delimiter), ends), prepend=0)
        is_empty = np.diff(ends, prepend=-1) == 1
        if ((delimiters == 0) & ~is_empty).any():
            return None
        counts.append(np.where(is_empty, 0, delimiters + 1))
    cells = np.concatenate(counts) if counts else np.empty(0, dtype=np.int64)
    rows = np.flatnonzero(cells)
    return rows + 1, cells[rows]


def columns_of_lines(file: BinaryIO, delimiter: str, width: int) -> Iterator[list[np.ndarray]]:
    """The cells of each column, (n,) bytes without one space in front, a block of lines at a time.

    Args:
        file: one that `cells_of_lines` can tell about, with as many cells in each row.
        delimiter: between cells; no space.
        width: number of columns.
    """
    is_first = True
    for block in _whole_lines(file):
        lines = block.removeprefix(codecs.BOM_UTF8) if is_first else block
        lines, is_first = lines.replace(b"\r\n", b"\n"), False
        content = np.frombuffer(lines + bytes(LONGEST), dtype=np.uint8)
        ends = np.flatnonzero((content == ord(delimiter)) | (content == NEWLINE))
        starts = np.concatenate([[0], ends[:-1] + 1])
        is_empty_line = (content[ends] == NEWLINE) & ((ends == 0) | (content[ends - 1] == NEWLINE))
        starts, ends = (each[~is_empty_line].reshape(-1, width) for each in (starts, ends))
        starts = starts + (content[starts] == SPACE)
        yield [_column(lines, content, starts[:, place], ends[:, place]) for place in range(width)]


def _column(lines: bytes, content: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """(n,) the bytes of a block from each start to its end, filled up with zeros to whole words; objects if long."""
    lengths = ends - starts
    longest = int(lengths.max(initial=1))
    if longest > LONGEST:
        cells = np.empty(len(starts), dtype=object)
        cells[:] = [lines[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        return cells
    size = -(-longest // WORD) * WORD
    words = sliding_window_view(content, size)[starts].view(np.uint64)
    words &= KEPT[np.clip(lengths[:, None] - np.arange(0, size, WORD), 0, WORD)]
    return words.view(f"S{size}").reshape(-1)


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
