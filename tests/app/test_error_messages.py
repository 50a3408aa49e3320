"""What a stray error of the operating system becomes."""

import errno

import pytest

from pargan.app.error_messages import error_message


def test_nobody_knows_whether_a_file_was_to_be_read_or_written():
    said = error_message(PermissionError(errno.EACCES, "Permission denied", "some/file"))
    assert said == "some/file cannot be used (Permission denied); check its permissions or give another path"


@pytest.mark.parametrize(("name", "called"), [("some/file", "some/file"), (None, "a file of the run")])
def test_a_full_disk_is_about_writing(name, called):
    said = error_message(OSError(errno.ENOSPC, "No space left on device", name))
    assert said == f"the disk is full: {called} was not written; free some space, then continue the run"


def test_an_error_without_a_file_is_a_bug():
    assert error_message(OSError(errno.EINVAL, "Invalid argument")) is None
