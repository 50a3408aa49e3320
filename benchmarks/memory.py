"""Peak resident memory of a piece of work, in a process of its own: nothing else can have touched it."""

import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any


def peak_memory(work: Callable[..., Any], *arguments: Any) -> float:
    """MiB at the peak of a process that does this work, Python and PyTorch included.

    Args:
        work: a function of a module, which the process imports.
        arguments: what it is called with.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_peak_after, work, arguments).result()


def _peak_after(work: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    work(*arguments)
    # Linux's own count for this process. That of getrusage starts with the peak of the process that started it.
    (line,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(line) / 2**10
