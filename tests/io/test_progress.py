import io
import sys
import threading

import pytest
import torch
from torch import nn

from pargan.attacks import LatentSearch
from pargan.audits import AttackRecords, AuditSettings, audit_target, make_target
from pargan.io import progress
from pargan.io.progress import progress_bar, track_names


class Terminal(io.StringIO):
    def isatty(self):
        return True


def terminal(monkeypatch):
    """A stderr that is a terminal. Called in the test: pytest resets stderr between a fixture and its test."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "TTY_COMPATIBLE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return screen


@pytest.fixture
def started(monkeypatch):
    """An event that is set when a bar appears, which it does without delay."""
    event, start = threading.Event(), progress.Progress.start
    monkeypatch.setattr(progress, "DELAY", 0.0)
    monkeypatch.setattr(progress.Progress, "start", lambda self: (start(self), event.set()))
    return event


@pytest.mark.parametrize("names", [[], ["one", "two"]])
def test_track_names_yields_names_in_order_and_writes_no_bar_to_a_file(started, capsys, names):
    with track_names() as track:
        assert started.wait(10)
        assert list(track(names)) == names
    assert capsys.readouterr() == ("", "")


def test_track_names_shows_the_current_name_on_a_terminal(started, monkeypatch):
    screen = terminal(monkeypatch)
    with track_names() as track:
        for name in track(["one", "two"]):
            assert started.wait(10)
            assert name in ("one", "two")
    assert "two" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")  # the line is erased


def test_track_names_shows_no_bar_for_quick_work(monkeypatch):
    screen = terminal(monkeypatch)
    with track_names() as track:
        assert list(track(["one", "two"])) == ["one", "two"]
    assert screen.getvalue() == ""


def test_track_names_restores_the_cursor_after_an_error(started, monkeypatch):
    screen = terminal(monkeypatch)

    def break_off():
        with track_names() as track:
            for _ in track(["one", "two"]):
                assert started.wait(10)
                raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        break_off()
    assert screen.getvalue().count("\x1b[?25h") == screen.getvalue().count("\x1b[?25l") > 0  # the cursor is back


def test_progress_bar_inside_track_names_is_a_second_line(started, monkeypatch):
    displays, show = [], progress.Progress.start
    monkeypatch.setattr(progress.Progress, "start", lambda self: (displays.append(self), show(self)))
    screen = terminal(monkeypatch)
    with track_names() as track:
        for name in track(["outer attack"]):
            with progress_bar("inner work", 4) as done:
                assert started.wait(10)
                done(3)
                displays[0].refresh()
                assert name in screen.getvalue()
                assert "inner work" in screen.getvalue()
                assert "3/4" in screen.getvalue()
            assert [task.description for task in displays[0].tasks] == ["outer attack"]
    assert len(displays) == 1
    assert screen.getvalue().count("\x1b[?25l") == 1  # the cursor is hidden by one display


def test_progress_bar_of_a_latent_search_shares_the_display_of_an_evaluation(started, monkeypatch):
    members, nonmembers, reference = torch.randn(3, 6, 2, generator=torch.Generator().manual_seed(0))
    target = make_target(nn.Linear(3, 2), None, 3, None, reference, num_samples=20, seed=0)
    records = AttackRecords(members, None, nonmembers, reference)
    screen = terminal(monkeypatch)
    assert screen.isatty()

    class Waiting(LatentSearch):
        def __call__(self, view, records):
            assert started.wait(10)
            return super().__call__(view, records)

    settings = AuditSettings(draws=20, controls=False)
    audit_target(target, records, {"search": Waiting(max_steps=2)}, lambda samples: {}, settings)
    assert "search" in screen.getvalue()
    assert screen.getvalue().count("\x1b[?25l") == 1


def test_progress_bar_after_another_starts_a_new_display(started, monkeypatch):
    screen = terminal(monkeypatch)
    for name in ("first", "second"):
        started.clear()
        with progress_bar(name, 1):
            assert started.wait(10)
        assert name in screen.getvalue()
    assert screen.getvalue().count("\x1b[?25l") == screen.getvalue().count("\x1b[?25h") == 2
