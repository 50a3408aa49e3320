"""The bar is for people at a terminal who wait; nobody else sees anything."""

import io
import sys
import threading

import pytest

from pargan import progress
from pargan.progress import tracking


class Terminal(io.StringIO):
    def isatty(self):
        return True


def terminal(monkeypatch):
    """Called in the test itself: between a fixture and its test pytest puts its own stderr back."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "TTY_COMPATIBLE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return screen


@pytest.fixture
def started(monkeypatch):
    """Set once a bar has appeared; nobody is patient."""
    event, start = threading.Event(), progress.Progress.start
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress.Progress, "start", lambda self: (start(self), event.set()))
    return event


@pytest.mark.parametrize("names", [[], ["one", "two"]])
def test_names_come_back_in_order_and_no_file_gets_a_bar(started, capsys, names):
    with tracking() as track:
        assert started.wait(10)
        assert list(track(names)) == names
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_with_the_name_that_runs(started, monkeypatch):
    screen = terminal(monkeypatch)
    with tracking() as track:
        for name in track(["one", "two"]):
            assert started.wait(10)
            assert name in ("one", "two")
    assert "two" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")  # the line is wiped


def test_what_is_quick_gets_none(monkeypatch):
    screen = terminal(monkeypatch)
    with tracking() as track:
        assert list(track(["one", "two"])) == ["one", "two"]
    assert screen.getvalue() == ""


def test_an_error_ends_the_bar(started, monkeypatch):
    screen = terminal(monkeypatch)

    def break_off():
        with tracking() as track:
            for _ in track(["one", "two"]):
                assert started.wait(10)
                raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        break_off()
    assert screen.getvalue().count("\x1b[?25h") == screen.getvalue().count("\x1b[?25l") > 0  # the cursor is back
