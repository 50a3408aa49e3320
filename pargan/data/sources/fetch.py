"""Downloads of files with a known checksum."""

import hashlib
import urllib.request
from http.client import HTTPException
from pathlib import Path

from pargan.errors import ParganError
from pargan.io.files import read_error, write_atomically

TIMEOUT = 30.0  # seconds without an answer


def fetch(path: Path, url: str, sha256: str) -> Path:
    """Download `url` to `path` if the file is missing, and verify its SHA-256 in any case; returns `path`.

    Nothing is written unless the download is complete and has the right checksum.

    Raises:
        ParganError: no network, an existing file that cannot be read, a wrong checksum of the existing or the
            downloaded file, or a full disk.
    """
    if path.is_file():
        mismatch = _mismatch(_read(path), sha256)
        if mismatch:
            raise ParganError(f"{path} {mismatch}", remedy="delete it, so that it is downloaded again")
        return path
    content = _download(path, url)
    mismatch = _mismatch(content, sha256)
    if mismatch:
        raise ParganError(f"{url} {mismatch}; nothing was written", remedy=f"put the right file at {path}")
    write_atomically(path, content)
    return path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise read_error(path, error) from error


def _mismatch(content: bytes, sha256: str) -> str | None:
    """How the checksum of `content` differs from `sha256`, or None."""
    actual = hashlib.sha256(content).hexdigest()
    return None if actual == sha256 else f"has SHA-256 {actual[:12]}... where {sha256[:12]}... is expected"


def _download(path: Path, url: str) -> bytes:
    try:
        # A new opener: urlopen would keep the proxies of the process's first call.
        with urllib.request.build_opener().open(url, timeout=TIMEOUT) as response:
            return bytes(response.read())
    except (OSError, HTTPException) as error:
        raise ParganError(
            f"{path} is missing and could not be downloaded from {url} ({error})", remedy=f"put the file at {path}"
        ) from error
