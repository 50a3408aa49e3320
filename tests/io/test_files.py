"""Files that are whole or not there."""

import errno
import os
from pathlib import Path

import pytest

from pargan.errors import ParganError
from pargan.io.files import append_text, write_atomically


def test_content_is_written_and_replaced_in_folders_made_on_the_way(tmp_path):
    path = tmp_path / "a" / "b" / "file.bin"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_content_reaches_the_disk_before_the_rename(tmp_path, monkeypatch):
    steps = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (steps.append("fsync"), fsync(descriptor)))
    monkeypatch.setattr(Path, "replace", lambda self, to: (steps.append("replace"), replace(self, to)))
    write_atomically(tmp_path / "file", b"x")
    assert steps == ["fsync", "replace"]


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, broken):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr(os if broken == "fsync" else Path, broken, full)
    with pytest.raises(ParganError, match=r"^the disk is full: .*file was not written; free some space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_place_of_the_file_is_one_sentence(tmp_path):
    (tmp_path / "file" / "inside").mkdir(parents=True)
    with pytest.raises(ParganError, match=r"file cannot be written \(.*\); choose another folder or mend"):
        write_atomically(tmp_path / "file", b"new")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_file_in_the_place_of_a_folder_is_one_sentence(tmp_path):
    (tmp_path / "folder").write_text("")
    for write in (lambda path: write_atomically(path, b"x"), lambda path: append_text(path, "x")):
        with pytest.raises(ParganError, match="cannot be written"):
            write(tmp_path / "folder" / "file")


def test_appending(tmp_path):
    path = tmp_path / "a" / "lines.txt"
    append_text(path, "one\n")
    append_text(path, "two\n")
    assert path.read_text() == "one\ntwo\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_appending_to_a_full_disk_is_one_sentence():
    with pytest.raises(ParganError, match=r"^the disk is full: /dev/full was not written"):
        append_text(Path("/dev/full"), "x" * 100)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_write_that_the_disk_refuses_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    # The partial file is made beside the old one; a link sends it to a device that is always full.
    (tmp_path / f".file.{os.getpid()}.partial").symlink_to("/dev/full")
    with pytest.raises(ParganError, match="the disk is full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
