"""The output directory of a command: refused if it is not empty, and removed if the command is refused."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pargan.app.command_line import as_typed
from pargan.app.error_messages import exit_with
from pargan.app.interrupted import sweep_again
from pargan.app.sweep import stored_overrides
from pargan.io.files import PARTIAL
from pargan.io.locks import is_locked
from pargan.io.run_directory import README, RunDirectory
from pargan.io.sweep_directory import SweepDirectory

LEFTOVERS = frozenset({".hydra", ".training.lock", "multirun.yaml", "private", "README.txt"})
"""What a command leaves that was killed before it had done anything: the next one may use the folder."""

_missing: list[Path] = []
"""The folders that did not exist when the command of this process started: its output directory and parents."""


class FreshFolder(Callback):
    """Ends a command whose output directory already holds files, before Hydra writes there."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check the directory of a single run."""
        _exit_if_not_empty(config, "hydra.run.dir")

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check the directory of a sweep, which the command that started it continues."""
        _exit_if_not_empty(config, "hydra.sweep.dir", _is_same_sweep)


def remove_created(folder: Path) -> None:
    """Empty an output directory, and remove it and its parents as far as this command created them."""
    created = [folder, *folder.parents]
    created = [path for path in created if path.absolute() in _missing]
    for path in folder.iterdir() if folder.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in created:
        if not path.is_dir() or any(path.iterdir()):
            return
        path.rmdir()


def _is_same_sweep(config: DictConfig, folder: Path) -> bool:
    """Whether the folder holds the sweep that this command started, which is now to be continued."""
    directory = SweepDirectory(folder)
    before = stored_overrides(directory)
    if before is None:
        return False
    if before != list(config.hydra.overrides.task):
        again = sweep_again(folder, before)
        exit_with(f"{folder} holds another sweep; give a new or an empty folder, or continue that one with {again}")
    if running := [job.path.name for job in directory.jobs() if is_locked(job.lock)]:
        exit_with(f"{folder} is still being trained by another process: {', '.join(running)}; wait until it has ended")
    return True


def _exit_if_not_empty(
    config: DictConfig, key: str, may_continue: Callable[[DictConfig, Path], bool] = lambda config, folder: False
) -> None:
    HydraConfig.instance().set_config(config)  # as Hydra does next: a folder's name may hold the seed or the data set
    try:
        folder = Path(str(OmegaConf.select(config, key)))
    except OmegaConfBaseException:
        return  # Hydra meets the same error next, and reports it
    _missing[:] = [path for path in (folder.absolute(), *folder.absolute().parents) if not path.exists()]
    if not folder.is_dir() or _is_unused(folder) or may_continue(config, folder):
        return
    resume = f", or {as_typed('resume', folder)} to continue that run" if _is_run(folder) else ""
    # Hydra would turn an exception into a warning here and continue.
    exit_with(f"{as_typed(key, folder)} holds files already; give a new or an empty folder{resume}")


def _is_run(folder: Path) -> bool:
    return RunDirectory(folder).membership.exists()


def _is_unused(folder: Path) -> bool:
    """Whether nothing lies in a folder, or no more than a command left that was killed at its start."""
    directory = RunDirectory(folder)
    kept = {path.name for path in folder.iterdir() if not PARTIAL.fullmatch(path.name)}
    if not kept <= LEFTOVERS or directory.result.exists():
        return False
    readme = folder / "README.txt"
    if readme.exists() and readme.read_text(errors="replace") != README:
        return False  # the user's own
    if any(not PARTIAL.fullmatch(path.name) for path in directory.private.rglob("*")):
        return False
    return not directory.lock.exists() or not is_locked(directory.lock)
