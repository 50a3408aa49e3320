"""One display of progress bars for what takes more than a few seconds, whoever asks for it first."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Timer

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

PATIENCE = 3.0  # seconds without a bar

# Two displays at once would each move the cursor as if the other one were not there.
_running: ContextVar[Progress | None] = ContextVar("the display that is running", default=None)


@contextmanager
def tracking() -> Iterator[Callable[[Sequence[str]], Iterator[str]]]:
    """A function that gives names back one by one while a bar on stderr says which one runs.

    The bar appears after a moment's patience, on a terminal only, and nothing of it stays on the screen.
    """
    with _display() as progress:

        def track(names: Sequence[str]) -> Iterator[str]:
            task = progress.add_task("", total=len(names))
            for name in names:
                progress.update(task, description=name)
                yield name
                progress.advance(task)

        yield track


@contextmanager
def working(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar for one piece of work, as those of `tracking`; inside of other work it is a line below that one's.

    Args:
        what: stands before the bar.
        total: when the work is done.

    Yields:
        A function to call with how much of `total` is done.
    """
    with _display() as progress:
        task = progress.add_task(what, total=total)
        try:
            yield lambda number: progress.update(task, completed=number)
        finally:
            progress.remove_task(task)


def share(progress: Progress | None) -> None:
    """Make a display that somebody else has started the one that work adds to; None when it has ended."""
    _running.set(progress)


@contextmanager
def _display() -> Iterator[Progress]:
    """The display that is running, or a new one, which ends with the block."""
    outer = _running.get()
    if outer is not None:
        yield outer
        return
    console = Console(stderr=True)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    timer = Timer(PATIENCE, progress.start)
    timer.daemon = True
    timer.start()
    token = _running.set(progress)
    try:
        yield progress
    finally:
        _running.reset(token)
        timer.cancel()
        timer.join()  # it may be starting the bar at this moment
        if progress.live.is_started:  # else `stop` would print an empty line
            progress.stop()
