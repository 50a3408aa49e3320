"""Where the configuration files are."""

import sys
from pathlib import Path

from hydra._internal.utils import get_args_parser

PACKAGE = Path(__file__).resolve().parent.parent


def config_directory() -> Path:
    """conf/ of the checkout that this code belongs to, or the copy inside an installed package.

    Found from this file's place, so that code and configuration always have the same version, whatever other
    checkout the environment has installed.
    """
    installed = PACKAGE / "conf"
    return installed if installed.is_dir() else PACKAGE.parent / "conf"


def config_directories() -> list[Path]:
    """The places where Hydra looks for options, in its order: conf/, then the folder of --config-dir if given."""
    chosen = get_args_parser().parse_known_args(sys.argv[1:])[0].config_dir
    return [config_directory(), *([Path(chosen).absolute()] if chosen else [])]


def option_files(group: str) -> list[Path]:
    """The YAML files of a group's options."""
    return [file for folder in config_directories() for file in folder.joinpath(group).glob("*.yaml")]
