"""SIGTERM and SIGHUP end a command as Ctrl+C does."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

INTERRUPTING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """Raise KeyboardInterrupt inside the block on SIGTERM and SIGHUP, so that what is half-written is removed.

    A signal that is ignored stays so, as under nohup. After the first one, further ones are ignored: they must not end
    the cleaning up.
    """

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        for other in INTERRUPTING:
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()  # no other one may set handlers
    taken = [number for number in INTERRUPTING if is_main and signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
