"""Compressed files: opened by their suffix, and refused if they unpack to far more than people's data does."""

import gzip
import io
import lzma
import zipfile
from bz2 import BZ2File
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pargan.errors import ParganError

LEAST = 2**28
"""Bytes that may be unpacked from any file."""

RATIO = 100
"""Most unpacked bytes for each packed one beyond that: tables reach 30, images 20, masks and bombs more."""


def is_bomb(unpacked: int, packed: int) -> bool:
    """Whether so few bytes that unpack to so many are made to fill the memory."""
    return unpacked > max(LEAST, RATIO * packed)


def refuse_zip_bomb(place: Path, error: Callable[..., ParganError]) -> None:
    """Refuse a zip archive, such as an Excel file, by the sizes that it declares; what is none is left to its reader.

    Raises:
        ParganError: made by `error` from the problem and a `remedy`.
    """
    try:
        with zipfile.ZipFile(place) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return
    _refuse(unpacked, place, error, "give the table as a .csv file")


def refuse_parquet_bomb(place: Path, num_cells: int, error: Callable[..., ParganError]) -> None:
    """Refuse a Parquet file whose cells, of eight bytes in memory, are far more than its bytes."""
    _refuse(8 * num_cells, place, error, "give the table as a .csv file")


@contextmanager
def opened(place: Path, error: Callable[..., ParganError]) -> Iterator[BinaryIO]:
    """The unpacked bytes of a file, whose suffix says how it is compressed.

    Raises:
        ParganError: made by `error`, when more is read than a file of its size may unpack to; or the package that reads
            it is not installed.
    """
    suffix = place.suffix.lower()
    openers: dict[str, Callable[[Path], Any]] = {
        ".gz": gzip.GzipFile,
        ".bz2": BZ2File,
        ".xz": lzma.LZMAFile,
        ".zst": lambda path: _open_zstandard(path, error),
    }
    if suffix not in openers:
        with place.open("rb") as file:
            yield file
        return
    with openers[suffix](place) as unpacked:
        yield io.BufferedReader(_Measured(unpacked, place, error))


class _Measured(io.RawIOBase):
    """What is read from a file, up to the size that is plausible."""

    def __init__(self, file: BinaryIO, place: Path, error: Callable[..., ParganError]) -> None:
        self.file, self.place, self.error, self.num_read = file, place, error, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self.file.read(len(buffer))
        buffer[: len(block)] = block
        self.num_read += len(block)
        _refuse(self.num_read, self.place, self.error, "unpack it and give the unpacked file")
        return len(block)


def _refuse(unpacked: int, place: Path, error: Callable[..., ParganError], remedy: str) -> None:
    packed = place.stat().st_size
    if is_bomb(unpacked, packed):
        problem = f"unpacks to {unpacked / 2**20:,.0f} MiB or more from {packed / 2**20:.2g} MiB, as no table does"
        raise error(problem, remedy=remedy)


def _open_zstandard(place: Path, error: Callable[..., ParganError]) -> BinaryIO:
    try:
        import zstandard
    except ImportError as missing:
        raise ParganError(
            "reading this kind of file needs a package that is not installed; pip install 'pargan[zstd]'"
        ) from missing

    frame, unpacked = zstandard.ZstdDecompressor().decompressobj(), 0
    with place.open("rb") as file:  # the reader below takes the end of a cut file for its end
        while block := file.read(2**12):  # 128 MiB at most, where every block repeats one byte
            while block:
                frame = zstandard.ZstdDecompressor().decompressobj() if frame.eof else frame
                try:
                    unpacked += len(frame.decompress(block))
                except zstandard.ZstdError as damaged:
                    raise EOFError(str(damaged)) from damaged
                _refuse(unpacked, place, error, "unpack it and give the unpacked file")
                block = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise EOFError("it is cut off")
    reader = zstandard.ZstdDecompressor().stream_reader(place.open("rb"), read_across_frames=True, closefd=True)
    return reader
