"""A command writes where nothing lies yet, so that nobody's files are overwritten, mixed with others or taken away."""

from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from pargan.app.error_messages import say_and_exit
from pargan.io.run_directory import RunDirectory


class FreshFolder(Callback):
    """Ends a command that was told to write into a folder with files in it, before Hydra writes there."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Of a single run."""
        _end_if_used(config, "hydra.run.dir")

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Of a sweep."""
        _end_if_used(config, "hydra.sweep.dir")


def _end_if_used(config: DictConfig, key: str) -> None:
    HydraConfig.instance().set_config(config)  # as Hydra does next: a folder's name may hold the seed or the data set
    try:
        folder = Path(str(OmegaConf.select(config, key)))
    except OmegaConfBaseException:
        return  # Hydra meets the same error next, and that one is heard
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    resume = f", or resume={folder} to continue that run" if RunDirectory(folder).membership.exists() else ""
    # Of an exception Hydra would make a warning here, and go on.
    say_and_exit(f"{key}={folder} holds files already; give a new or an empty folder{resume}")
