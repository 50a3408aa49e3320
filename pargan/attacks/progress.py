"""A progress bar for attacks that take their time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

MOMENT = 3.0  # seconds that nobody minds waiting


@contextmanager
def slow_progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal's stderr, but only once the work has taken longer than a moment.

    Args:
        what: stands before the bar.
        total: when the work is done.

    Yields:
        A function to call with how much of `total` is done.
    """
    console = Console(stderr=True)
    bar = Progress(console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(what, total=total)
    began = time.monotonic()

    def done(number: int) -> None:
        bar.update(task, completed=number)
        if time.monotonic() - began > MOMENT:
            bar.start()

    try:
        yield done
    finally:
        if bar.live.is_started:  # else `stop` would print an empty line
            bar.stop()
