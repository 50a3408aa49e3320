"""Read the configuration in a run directory."""

from omegaconf import DictConfig, OmegaConf
from yaml import YAMLError

from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory


def load_config(directory: RunDirectory) -> DictConfig:
    """The configuration that the run was trained with, with `run_directory` set to where the directory is now.

    Raises:
        ParganError: the file is damaged or missing.
    """
    try:
        cfg = OmegaConf.load(directory.config)
    except (YAMLError, OSError, UnicodeDecodeError):
        cfg = None
    if not isinstance(cfg, DictConfig) or "run_directory" not in cfg:
        raise ParganError(f"{directory.config} is damaged; use an unaltered copy of the run directory")
    cfg.run_directory = str(directory.path)
    return cfg
