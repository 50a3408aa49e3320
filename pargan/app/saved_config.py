"""Read the configuration in a run directory."""

from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory

NAMING_GROUPS = ("dataset", "loss", "model", "partition")
"""Groups whose chosen options name a run in tables."""

UNREADABLE = (YAMLError, OSError, UnicodeDecodeError, RecursionError, ValueError, OmegaConfBaseException)


def load_config(directory: RunDirectory) -> DictConfig:
    """The configuration that the run was trained with, with `run_directory` set to where the directory is now.

    Nothing in it is resolved or instantiated: see `pargan.app.trust`.

    Raises:
        ParganError: the file is damaged or missing.
    """
    cfg = as_stored(directory)
    cfg.run_directory = str(directory.path)
    return cfg


def as_stored(directory: RunDirectory) -> DictConfig:
    """The configuration exactly as it stands in the run directory.

    Raises:
        ParganError: the file is damaged or missing.
    """
    try:
        cfg = OmegaConf.load(directory.config)
    except UNREADABLE:
        cfg = None
    if not isinstance(cfg, DictConfig) or "run_directory" not in cfg:
        raise ParganError(f"{directory.config} is damaged; use an unaltered copy of the run directory")
    return cfg


def load_choices(directory: RunDirectory) -> tuple[dict[str, str | None], list[str]]:
    """The chosen option of each group, and the overrides of the command line; `${...}` in them stays a text.

    Raises:
        ParganError: the file is damaged or missing.
    """
    try:
        stored: Any = OmegaConf.to_container(OmegaConf.load(directory.hydra), resolve=False)
        hydra = stored["hydra"]
        choices = {str(group): option for group, option in hydra["runtime"]["choices"].items()}
        if not set(NAMING_GROUPS) <= set(choices):
            raise LookupError(NAMING_GROUPS)
        overrides = [str(override) for override in hydra["overrides"]["task"]]
    except (*UNREADABLE, LookupError, TypeError, AttributeError) as error:
        raise ParganError(f"{directory.hydra} is damaged; use an unaltered copy of the run directory") from error
    return choices, overrides
