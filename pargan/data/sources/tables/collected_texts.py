"""The different texts of a column, collected a block of cells at a time. Legend: N cells, n of them in a block."""

import numpy as np
import pandas as pd

WORD = 8  # bytes that are compared as one number
MULTIPLIER, SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)  # of the hash, as in Fibonacci hashing


class CollectedTexts:
    """The cells of a column, a block at a time, of which each different text is kept once."""

    def __init__(self) -> None:
        self._blocks: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, cells: np.ndarray) -> None:
        """(n,) further cells: texts, or UTF-8 in bytes; spaces around them are left out."""
        self._blocks.append(_factorized(cells))

    def column(self) -> tuple[list[str], np.ndarray]:
        """The different texts in the order of their first appearance, and (N,) int32 which one each cell is.

        The blocks are let go of, so that they and the texts of many columns are not in memory together.
        """
        codes, different = self._taken()
        texts = _decoded(different)
        stripped = list(map(str.strip, texts))
        if stripped != texts:
            places, joined = pd.factorize(np.array(stripped, dtype=object), use_na_sentinel=False)
            codes, stripped = places.astype(np.int32)[codes], list(joined)
        return stripped, codes

    def _taken(self) -> tuple[np.ndarray, np.ndarray]:
        blocks, self._blocks = self._blocks, []
        if len(blocks) == 1:
            return blocks[0]
        places, whole = _factorized(np.concatenate([different for _, different in blocks]))
        starts = np.cumsum([0, *(len(different) for _, different in blocks)]).tolist()
        codes = [places[start:][codes] for start, (codes, _) in zip(starts[:-1], blocks, strict=True)]
        return np.concatenate(codes), whole


def _factorized(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) int32 which different cell each one is, and the different ones in the order of their first appearance.

    Cells in bytes are compared as whole numbers, which takes a tenth of the time that Python's texts take.
    """
    if cells.dtype.kind == "S" and cells.dtype.itemsize % WORD == 0:
        words = cells.view(np.uint64).reshape(len(cells), cells.dtype.itemsize // WORD)
        hashes = words[:, 0].copy()
        for place in range(1, words.shape[1]):
            hashes *= MULTIPLIER
            hashes ^= (hashes >> SHIFT) ^ words[:, place]
        codes, different = pd.factorize(hashes)
        first = np.empty(len(different), dtype=np.int64)
        first[codes[::-1]] = np.arange(len(cells) - 1, -1, -1)  # of equal codes the last one written stays
        same_as = first[codes]
        repeated = np.flatnonzero(same_as != np.arange(len(cells)))
        if words.shape[1] == 1 or (words[repeated] == words[same_as[repeated]]).all():
            return codes.astype(np.int32), cells[first]
        cells = cells.astype(object)  # two different cells have one hash
    codes, different = pd.factorize(cells, use_na_sentinel=False)
    return codes.astype(np.int32), different


def _decoded(cells: np.ndarray) -> list[str]:
    """Texts of cells; bytes hold no line ends, so that they can be decoded as one text."""
    if len(cells) and isinstance(cells[0], bytes):
        return b"\n".join(cells.tolist()).decode().split("\n")
    return list(cells)
