"""A progress bar for what takes more than a few seconds."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

PATIENCE = 3.0  # seconds without a bar


@contextmanager
def tracking() -> Iterator[Callable[[Sequence[str]], Iterator[str]]]:
    """A function that gives names back one by one while a bar on stderr says which one runs.

    The bar appears after a moment's patience, on a terminal only, and nothing of it stays on the screen.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    timer = Timer(PATIENCE, progress.start)
    timer.daemon = True

    def track(names: Sequence[str]) -> Iterator[str]:
        task = progress.add_task("", total=len(names))
        for name in names:
            progress.update(task, description=name)
            yield name
            progress.advance(task)

    timer.start()
    try:
        yield track
    finally:
        timer.cancel()
        timer.join()  # it may be starting the bar at this moment
        progress.stop()
