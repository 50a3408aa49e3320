"""Peak resident memory of a piece of work, in a process of its own: nothing else can have touched it."""

import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

Found = TypeVar("Found")


def measured_alone(work: Callable[..., Found], *arguments: Any) -> tuple[Found, float]:
    """What the work returns, and MiB at the peak of a process that does it, Python and PyTorch included.

    Args:
        work: a function of a module, which the process imports.
        arguments: what it is called with.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_with_peak, work, arguments).result()


def peak_memory(work: Callable[..., Any], *arguments: Any) -> float:
    """The peak alone."""
    return measured_alone(work, *arguments)[1]


def _with_peak(work: Callable[..., Found], arguments: tuple[Any, ...]) -> tuple[Found, float]:
    found = work(*arguments)
    # Linux's own count for this process. That of getrusage starts with the peak of the process that started it.
    (line,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return found, int(line) / 2**10
