"""What loggers are told of the configuration: nothing about where files of this machine lie."""

from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf

PATHS = (
    *("run_directory", "data_dir", "resume", "inception", "path", "schema", "folder", "dirpath", "default_root_dir"),
    *("save_dir", "dir"),
)
"""Keys whose values are paths."""


def logged_config(cfg: DictConfig, with_paths: bool = False) -> dict[str, Any]:
    """The configuration with its references resolved, for a logger, which may send it to a server.

    Args:
        cfg: the composed configuration.
        with_paths: keep paths. Otherwise keys that hold one are left out, because the name of a file or folder can
            name a patient, a customer or the user.
    """
    plain: Any = OmegaConf.to_container(cfg, resolve=True)
    return plain if with_paths else _without_paths(plain)


def _without_paths(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _without_paths(value) for key, value in node.items() if not _is_path(key, value)}
    if isinstance(node, list):
        return [_without_paths(value) for value in node if not _is_path("", value)]
    return node


def _is_path(key: object, value: Any) -> bool:
    return isinstance(value, str) and (key in PATHS or (value.startswith(("/", "~", "./", "../")) and len(value) > 1))
