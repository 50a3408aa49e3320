"""Warnings of this package as lines for the user."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pargan.errors import ParganWarning


@contextmanager
def warnings_on_one_line() -> Iterator[None]:
    """Print warnings of this package as the other lines for the user; Python would add a file name and source code."""
    show = warnings.showwarning

    def show_one_line(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
    ) -> None:
        if issubclass(category, ParganWarning):
            print(f"warning: {message}", file=sys.stderr)
        else:
            show(message, category, filename, lineno, file, line)

    warnings.showwarning = show_one_line
    try:
        yield
    finally:
        warnings.showwarning = show
