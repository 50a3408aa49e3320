import errno
import os
from pathlib import Path

import pytest

from pargan.errors import ParganError
from pargan.io.files import append_text, read_error, write_atomically


def test_write_atomically_creates_folders_and_replaces_files(tmp_path):
    path = tmp_path / "a" / "b" / "file.bin"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_write_atomically_flushes_before_the_rename(tmp_path, monkeypatch):
    steps = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (steps.append("fsync"), fsync(descriptor)))
    monkeypatch.setattr(Path, "replace", lambda self, to: (steps.append("replace"), replace(self, to)))
    write_atomically(tmp_path / "file", b"x")
    assert steps == ["fsync", "replace"]


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_write_atomically_keeps_the_old_file_when_the_disk_is_full(tmp_path, monkeypatch, broken):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr(os if broken == "fsync" else Path, broken, full)
    with pytest.raises(ParganError, match="the disk is full") as error:
        write_atomically(path, b"new")
    assert str(path) in error.value.problem
    assert "free some space" in error.value.remedy
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_atomically_refuses_the_path_of_a_folder(tmp_path):
    (tmp_path / "file" / "inside").mkdir(parents=True)
    with pytest.raises(ParganError, match="cannot be written") as error:
        write_atomically(tmp_path / "file", b"new")
    assert str(tmp_path / "file") in error.value.problem
    assert "choose another folder" in error.value.remedy
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_write_atomically_and_append_text_refuse_a_file_as_folder(tmp_path):
    (tmp_path / "folder").write_text("")
    for write in (lambda path: write_atomically(path, b"x"), lambda path: append_text(path, "x")):
        with pytest.raises(ParganError, match="cannot be written"):
            write(tmp_path / "folder" / "file")


def test_append_text_creates_the_file_and_appends(tmp_path):
    path = tmp_path / "a" / "lines.txt"
    append_text(path, "one\n")
    append_text(path, "two\n")
    assert path.read_text() == "one\ntwo\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_append_text_refuses_a_full_disk():
    with pytest.raises(ParganError, match="the disk is full: /dev/full"):
        append_text(Path("/dev/full"), "x" * 100)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_write_atomically_keeps_the_old_file_when_writing_fails(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    # The partial file is made beside the old one; a link sends it to a device that is always full.
    (tmp_path / f".file.{os.getpid()}.partial").symlink_to("/dev/full")
    with pytest.raises(ParganError, match="the disk is full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("argument", [None, "weights"])
def test_read_error_names_the_path_and_the_argument(argument):
    error = read_error("my.pt", PermissionError(errno.EACCES, "Permission denied"), argument)
    prefix = "" if argument is None else "weights="
    assert error.argument == argument
    assert str(error) == f"{prefix}my.pt cannot be read (Permission denied); check its permissions"
