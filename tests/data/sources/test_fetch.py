import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pargan.data.sources.fetch import fetch
from pargan.errors import ParganError

CONTENT = b"1,2\n3,4\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def url(tmp_path):
    origin = tmp_path / "origin.csv"
    origin.write_bytes(CONTENT)
    return origin.as_uri()


def test_fetch_downloads_a_missing_file(url, tmp_path):
    path = tmp_path / "tabular" / "table.csv"
    assert fetch(path, url, SHA256) == path
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


def test_fetch_does_not_download_an_existing_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(CONTENT)
    assert fetch(path, "file:///nowhere/at/all.csv", SHA256) == path


def test_fetch_verifies_an_existing_file(url, tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(ParganError, match=r"has SHA-256 .* is expected") as error:
        fetch(path, url, SHA256)
    assert str(path) in error.value.problem
    assert "delete it" in error.value.remedy
    assert path.read_bytes() == CONTENT[:-1]


def test_fetch_writes_nothing_after_a_wrong_download(url, tmp_path):
    path = tmp_path / "tabular" / "table.csv"
    with pytest.raises(ParganError, match=r"has SHA-256 .*; nothing was written") as error:
        fetch(path, url, "0" * 64)
    assert url in error.value.problem
    assert str(path) in error.value.remedy
    assert not path.parent.exists()


def test_fetch_without_network_names_the_file(tmp_path):
    path = tmp_path / "table.csv"
    with pytest.raises(ParganError, match="is missing and could not be downloaded") as error:
        fetch(path, (tmp_path / "nothing.csv").as_uri(), SHA256)
    assert str(path) in error.value.problem
    assert str(path) in error.value.remedy


class BreaksOff(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:3])

    def log_message(self, *_):
        """Keep the test's output clean."""


def test_fetch_writes_nothing_after_a_partial_download(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = HTTPServer(("127.0.0.1", 0), BreaksOff)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    path = tmp_path / "tabular" / "table.csv"
    with pytest.raises(ParganError, match="could not be downloaded"):
        fetch(path, f"http://127.0.0.1:{server.server_port}/table.csv", SHA256)
    thread.join()
    server.server_close()
    assert not path.parent.exists()


def test_fetch_refuses_an_unreadable_file(url, tmp_path, monkeypatch):
    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    path = tmp_path / "table.csv"
    path.write_bytes(CONTENT)
    monkeypatch.setattr("pathlib.Path.read_bytes", forbidden)
    with pytest.raises(ParganError, match=r"cannot be read \(Permission denied\)") as error:
        fetch(path, url, SHA256)
    assert str(path) in error.value.problem
    assert error.value.remedy == "check its permissions"
