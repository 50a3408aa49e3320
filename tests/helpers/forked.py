"""Starting a command in a fork of this process: as separate as a process of its own, without its seconds of imports."""

import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
from hydra.core.global_hydra import GlobalHydra
from threadpoolctl import threadpool_limits

import pargan.app.attack
import pargan.app.train  # noqa: F401  (imported here, so that the forks have it)
from pargan.app import cli

GIB = 2**30
DROPPED = ("HYDRA_FULL_ERROR", "PARGAN_DATA_DIR", "WANDB_MODE", "COLUMNS")


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit status (minus the signal's number if one ended it), output, and what it took.

    `peak_bytes` counts the memory that the command shares with the process it was forked from.
    """

    status: int
    out: str
    err: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int


class Forked:
    """A running command such as `train` or `attack`, in the folder `cwd`; `before` is called in its process first."""

    def __init__(self, name, *arguments, cwd, before=lambda: None):
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        sys.stdout.flush()
        sys.stderr.flush()
        self._start = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(_command(name, arguments, cwd, before, self._out.fileno(), self._err.fileno()))
        self._waited = None

    def is_running(self):
        """Whether the command has not ended."""
        if self._waited is None:
            pid, *waited = os.wait4(self.pid, os.WNOHANG)
            self._waited = waited if pid else None
        return self._waited is None

    def signal(self, number):
        """Send a signal, if the command has not ended."""
        if self.is_running():
            os.kill(self.pid, number)

    def end(self, timeout=60.0):
        """Wait for the end; after `timeout` seconds kill the command."""
        deadline = time.monotonic() + timeout
        while self.is_running():
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.002)
        seconds, (status, usage) = time.monotonic() - self._start, self._waited
        texts = []
        for file in (self._out, self._err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
            file.close()
        cpu_seconds = usage.ru_utime + usage.ru_stime
        return Ended(os.waitstatus_to_exitcode(status), *texts, seconds, cpu_seconds, usage.ru_maxrss * 1024)


def run_forked(name, *arguments, cwd, timeout=60.0, before=lambda: None):
    """Run a command to the end."""
    return Forked(name, *arguments, cwd=cwd, before=before).end(timeout)


def use_one_thread():
    """In a child: the threads of the forking process are not in this one."""
    threadpool_limits(1)
    torch.set_num_threads(1)


def _command(name, arguments, cwd, before, out, err):
    """In the child: the exit status of the command, as the interpreter would have it."""
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        signal.signal(signal.SIGINT, signal.default_int_handler)
        warnings.resetwarnings()  # pytest's, which turns ours into errors
        for hidden in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", hidden)
        for variable in DROPPED:
            os.environ.pop(variable, None)
        os.chdir(cwd)
        GlobalHydra.instance().clear()
        use_one_thread()
        sys.argv = [f"{name}.py", *arguments]
        before()
        getattr(cli, name)()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return status


def contents(folder):
    """Every path below `folder`, with the bytes of the files."""
    paths = sorted(Path(folder).rglob("*"))
    return {path: path.read_bytes() if path.is_file() else None for path in paths if not path.is_fifo()}
