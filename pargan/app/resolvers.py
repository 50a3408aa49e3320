"""OmegaConf resolvers: directories and names, evaluated before Hydra creates a folder, and the batch of a partition."""

import hashlib
from pathlib import Path

from omegaconf import OmegaConf

from pargan.io.run_directory import RunDirectory


def register() -> None:
    """Register the resolvers with OmegaConf; may be called more than once."""
    for resolver in (run_directory, attack_directory, run_name, run_group, run_id, per_partition):
        OmegaConf.register_new_resolver(f"pargan.{resolver.__name__}", resolver, replace=True)


def run_directory(resume: str | None, fresh: str, now: str) -> str:
    """Where Hydra writes: a new run directory, or a folder inside the resumed one.

    Raises:
        ParganError: `resume` is not a run directory; raised before anything is written.
    """
    if resume is None:
        return f"{fresh}/{now}"
    return str(RunDirectory.open(str(resume), argument="resume").path / "resumed" / now)


def attack_directory(run: str | None, now: str) -> str:
    """Where attack.py writes: in the directory of the run that it attacks.

    Raises:
        ParganError: `run` is not a run directory; raised before anything is written.
    """
    return str(RunDirectory.open(run if run is None else str(run), argument="run").path / "attacks" / now)


def run_group(directory: str) -> str:
    """Group of a run in a dashboard: the jobs of a sweep, or all runs with the same settings and seed."""
    return Path(directory).absolute().parent.name


def run_name(directory: str) -> str:
    """Name of a run in a dashboard, different for every run."""
    path = Path(directory).absolute()
    return f"{path.parent.name}/{path.name}"


def run_id(directory: str) -> str:
    """Identifier of a run in a dashboard, the same after a resume."""
    return hashlib.sha256(str(Path(directory).absolute()).encode()).hexdigest()[:16]


def per_partition(total: int, num_partitions: int) -> int:
    """The records of a step that each partition gives, at least 1: `total` of them divided by K.

    Where K is no number of partitions, which is refused elsewhere, it is `total`.
    """
    return max(1, total // num_partitions) if isinstance(num_partitions, int) and num_partitions > 0 else total
