"""Refuse a non-empty output directory."""

from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pargan.app.error_messages import exit_with
from pargan.io.run_directory import RunDirectory


class FreshFolder(Callback):
    """Ends a command whose output directory already holds files, before Hydra writes there."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check the directory of a single run."""
        _exit_if_not_empty(config, "hydra.run.dir")

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check the directory of a sweep."""
        _exit_if_not_empty(config, "hydra.sweep.dir")


def _exit_if_not_empty(config: DictConfig, key: str) -> None:
    HydraConfig.instance().set_config(config)  # as Hydra does next: a folder's name may hold the seed or the data set
    try:
        folder = Path(str(OmegaConf.select(config, key)))
    except OmegaConfBaseException:
        return  # Hydra meets the same error next, and reports it
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    resume = f", or resume={folder} to continue that run" if RunDirectory(folder).membership.exists() else ""
    # Hydra would turn an exception into a warning here and continue.
    exit_with(f"{key}={folder} holds files already; give a new or an empty folder{resume}")
