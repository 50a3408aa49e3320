"""Errors of Hydra and of the operating system become one line with a remedy."""

import errno

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import ConfigCompositionException, OverrideParseException

from pargan.app.error_messages import as_called, error_message
from pargan.errors import ParganError


def test_error_message_of_a_file_does_not_say_whether_it_was_read_or_written():
    message = error_message(PermissionError(errno.EACCES, "Permission denied", "some/file"))
    assert message == "some/file cannot be used (Permission denied); check its permissions or give another path"


@pytest.mark.parametrize(("name", "called"), [("some/file", "some/file"), (None, "a file of the run")])
def test_error_message_of_a_full_disk_is_about_writing(name, called):
    message = error_message(OSError(errno.ENOSPC, "No space left on device", name))
    assert message == f"the disk is full: {called} was not written; free some space, then continue the run"


def test_error_message_without_a_file_is_none_because_it_is_a_bug():
    assert error_message(OSError(errno.EINVAL, "Invalid argument")) is None


@pytest.mark.parametrize(
    ("override", "remedy"),
    [
        ("dataset.delimiter=;", "'dataset.delimiter=\";\"'"),
        ("dataset.path=größe.csv", "'dataset.path=\"größe.csv\"'"),
        ("dataset.path=a=b.csv", "'dataset.path=\"a=b.csv\"'"),
        ("dataset.types={größe: numeric}", "--config-dir my_conf"),
        ("seed", "key=value"),
    ],
)
def test_error_message_of_an_unreadable_override_shows_what_to_type(override, remedy):
    parser = OverridesParser.create()
    with pytest.raises(OverrideParseException) as error:
        parser.parse_overrides([override])
    message = error_message(error.value)
    assert message.startswith(f"{override} cannot be read")
    assert remedy in message
    if remedy.startswith("'"):
        value = override.partition("=")[2]
        assert parser.parse_overrides([remedy.strip("'")])[0].value() == value


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("/usr/bin/pargan-train", "give pargan-attack target=samples, or pargan-train"),
        ("train.py", "give python attack.py target=samples, or train.py"),
    ],
)
def test_as_called_names_the_command_that_the_user_called(monkeypatch, program, expected):
    monkeypatch.setattr("sys.argv", [program])
    assert as_called("give python attack.py target=samples, or train.py") == expected


def test_error_message_has_no_character_that_controls_a_terminal():
    text = "line 1\n\x1b[31mred\x1b[0m \x9b2J \x87 \u202e \udc80 ok"
    assert error_message(ParganError(text)) == "line 1 red 2J    ok"


def test_error_message_of_a_key_that_cannot_be_taken_away():
    error = ConfigCompositionException("Error merging override ~callbacks.attacks.path")
    assert error_message(error) == (
        "~callbacks.attacks.path cannot be taken away: its value depends on the run; leave ~callbacks.attacks.path out"
    )
