"""What the configuration computes from the command line before Hydra makes a folder."""

import hashlib
from pathlib import Path

from omegaconf import OmegaConf

from pargan.io.run_directory import RunDirectory


def register() -> None:
    """Make the resolvers known to OmegaConf; calling it again changes nothing."""
    for resolver in (run_directory, attack_directory, run_name, run_group, run_id):
        OmegaConf.register_new_resolver(f"pargan.{resolver.__name__}", resolver, replace=True)


def run_directory(resume: str | None, fresh: str, now: str) -> str:
    """Where Hydra writes: a new run directory, or a note of the resumption inside the resumed one.

    Raises:
        ParganError: `resume` is not a run directory; nothing has been written by then.
    """
    if resume is None:
        return f"{fresh}/{now}"
    return str(RunDirectory.open(str(resume), argument="resume").path / "resumed" / now)


def attack_directory(run: str | None, now: str) -> str:
    """Where attack.py writes: beside the run it attacks.

    Raises:
        ParganError: `run` is not a run directory; nothing has been written by then.
    """
    return str(RunDirectory.open(run if run is None else str(run), argument="run").path / "attacks" / now)


def run_group(directory: str) -> str:
    """Runs that belong together: the jobs of a sweep, or all runs of the same settings and seed."""
    return Path(directory).absolute().parent.name


def run_name(directory: str) -> str:
    """A name that tells runs apart in a dashboard."""
    path = Path(directory).absolute()
    return f"{path.parent.name}/{path.name}"


def run_id(directory: str) -> str:
    """An identifier that a resumed run shares with the interrupted one."""
    return hashlib.sha256(str(Path(directory).absolute()).encode()).hexdigest()[:16]
