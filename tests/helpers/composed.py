"""Configurations as the command line composes them."""

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, open_dict

from pargan.app import resolvers
from pargan.app.config_directory import config_directory

GROUPS = (
    "partition",
    "loss",
    "optimizer",
    "latents",
    "acceleration",
    "model",
    "callbacks",
    "logger",
    "experiment",
    "trainer",
)
"""Groups of conf/ of which any option may be chosen for any training."""


def composed_with_hydra(*overrides, name="train", folder="nowhere"):
    """The composed configuration, and its node `hydra`; a run's directory is `folder`."""
    resolvers.register()
    place = [f"run_directory={folder}"] if name == "train" else []
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        cfg = compose(name, [*place, *overrides], return_hydra_config=True)
    hydra = cfg.hydra
    with open_dict(cfg):
        del cfg["hydra"]
    return cfg, hydra


def composed(*overrides, name="train", folder="nowhere") -> DictConfig:
    """The composed configuration."""
    return composed_with_hydra(*overrides, name=name, folder=folder)[0]


def options(group):
    """The names of the YAML files of a group."""
    return sorted(path.stem for path in (config_directory() / group).glob("*.yaml"))
