"""Downloads whose content is known beforehand."""

import hashlib
import urllib.request
from http.client import HTTPException
from pathlib import Path

from pargan.errors import ParganError
from pargan.io.files import read_error, write_atomically

TIMEOUT = 30.0  # seconds without an answer


def fetch(path: Path, url: str, sha256: str) -> Path:
    """`path`, downloaded from `url` where it is missing, with the expected content in any case.

    Nothing is written unless the whole file has arrived with the right checksum.

    Raises:
        ParganError: no network, a file that is there but cannot be read, a wrong checksum of it or of the download,
            a full disk.
    """
    if path.is_file():
        _verify(_content(path), sha256, f"{path}", "delete it, so that it is fetched again")
        return path
    content = _download(path, url)
    _verify(content, sha256, url, f"nothing was written; put the right file at {path}")
    write_atomically(path, content)
    return path


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise read_error(path, error) from error


def _verify(content: bytes, sha256: str, origin: str, remedy: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ParganError(f"{origin} has SHA-256 {found[:12]}... where {sha256[:12]}... is expected; {remedy}")


def _download(path: Path, url: str) -> bytes:
    try:
        # An opener of its own: urlopen keeps the proxies of the process's first call for ever.
        with urllib.request.build_opener().open(url, timeout=TIMEOUT) as response:
            return bytes(response.read())
    except (OSError, HTTPException) as error:
        raise ParganError(
            f"{path} is missing and could not be fetched from {url} ({error}); put the file there by hand"
        ) from error
