"""Starting a command in a fork of this process: as separate as a process of its own, without its seconds of imports."""

import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import torch
from hydra.core.global_hydra import GlobalHydra

from pargan.app import cli

GIB = 2**30


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit status (minus the signal's number if one ended it), output, and what it took."""

    status: int
    out: str
    err: str
    seconds: float
    peak_bytes: int

    @property
    def lines(self):
        """Of stderr."""
        return self.err.splitlines()


def run_forked(name, *arguments, cwd, timeout=60.0, environment=None):
    """Run `train` or `attack` to the end in a fork with `cwd` as its folder; after `timeout` seconds it is killed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        sys.stdout.flush()
        sys.stderr.flush()
        start = time.monotonic()
        child = os.fork()
        if child == 0:
            os._exit(_command(name, arguments, cwd, out.fileno(), err.fileno(), environment or {}))
        waited, usage = _wait(child, start + timeout)
        seconds = time.monotonic() - start
        for file in (out, err):
            file.seek(0)
        texts = [file.read().decode(errors="replace") for file in (out, err)]
    return Ended(os.waitstatus_to_exitcode(waited), *texts, seconds, usage.ru_maxrss * 1024)


def _wait(child, deadline):
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            return status, usage
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            return os.wait4(child, 0)[1:]
        time.sleep(0.005)


def _command(name, arguments, cwd, out, err, environment):
    """In the child: the exit status of the command, as the interpreter would have it."""
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for variable in ("HYDRA_FULL_ERROR", "PARGAN_DATA_DIR", "WANDB_MODE", "COLUMNS"):
            os.environ.pop(variable, None)
        os.environ.update(environment)
        os.chdir(cwd)
        GlobalHydra.instance().clear()
        torch.set_num_threads(1)
        sys.argv = [f"{name}.py", *arguments]
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
