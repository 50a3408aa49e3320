"""The configuration that a run directory holds."""

from omegaconf import DictConfig, OmegaConf
from yaml import YAMLError

from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory


def load_config(directory: RunDirectory) -> DictConfig:
    """The configuration the run was trained with; `run_directory` in it is where the run lies now.

    Raises:
        ParganError: the file is not a configuration any more.
    """
    try:
        cfg = OmegaConf.load(directory.config)
    except (YAMLError, OSError, UnicodeDecodeError):
        cfg = None
    if not isinstance(cfg, DictConfig) or "run_directory" not in cfg:
        raise ParganError(f"{directory.config} is damaged; use an unaltered copy of the run directory")
    cfg.run_directory = str(directory.path)
    return cfg
