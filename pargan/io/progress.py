"""Progress bars on stderr for work of more than a few seconds; nested bars share one display."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Timer

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

DELAY = 3.0  # seconds before the bars appear

# Two displays at once would both move the cursor and overwrite each other.
_current_display: ContextVar[Progress | None] = ContextVar("current display", default=None)


@contextmanager
def track_names() -> Iterator[Callable[[Sequence[str]], Iterator[str]]]:
    """Yield a function that iterates over names while a bar shows the current name.

    The bar appears after `DELAY` seconds, on a terminal only, and is erased at the end.
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
def progress_bar(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar for one task, in the display of `track_names`; inside another bar's block it is a line below it.

    Args:
        description: text in front of the bar.
        total: number of steps of the task.

    Yields:
        A function to call with the number of steps that are done.
    """
    with _display() as progress:
        task = progress.add_task(description, total=total)
        try:
            yield lambda number: progress.update(task, completed=number)
        finally:
            progress.remove_task(task)


def set_display(progress: Progress | None) -> None:
    """Add the bars of this module to `progress`, which the caller has started; None after it has ended."""
    _current_display.set(progress)


@contextmanager
def _display() -> Iterator[Progress]:
    """Yield the current display, or start one that ends with the block."""
    outer = _current_display.get()
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
    timer = Timer(DELAY, progress.start)
    timer.daemon = True
    timer.start()
    token = _current_display.set(progress)
    try:
        yield progress
    finally:
        _current_display.reset(token)
        timer.cancel()
        timer.join()  # it may be starting the display at this moment
        if progress.live.is_started:  # else `stop` would print an empty line
            progress.stop()
