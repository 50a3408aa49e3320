"""Refuse values that a component of the configuration does not take, before anything is built or written."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from hydra._internal.utils import _locate  # get_object prints what it cannot import
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from pargan.app.argument_keys import typed
from pargan.app.error_messages import guess
from pargan.errors import ParganError


def check_arguments(cfg: DictConfig) -> None:
    """Compare the keys of every node that has a `_target_` with the parameters of that class or function.

    Raises:
        ParganError: a key that is no parameter.
    """
    for node, values in _components(OmegaConf.to_container(cfg, resolve=False)):
        target = values["_target_"]
        try:
            parameters = inspect.signature(_locate(target)).parameters
        except Exception:  # Hydra reports what cannot be imported; some built-in callables have no signature
            continue
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
            continue
        for name in values:
            if not name.startswith("_") and name not in parameters:
                raise ParganError(
                    f"{node}.{name} is not an argument of {target}{guess(name, list(parameters))}; "
                    f"leave it out (~{node}.{name}) or choose one of {', '.join(parameters)}"
                )


def check_optimizers(cfg: DictConfig) -> None:
    """Build both optimizers on a dummy parameter, so that their own checks run before anything is written.

    Raises:
        ParganError: an optimizer refuses its settings.
    """
    for name in ("generator_optimizer", "discriminator_optimizer"):
        node = cfg.module[name]
        try:
            instantiate(node)([torch.nn.Parameter(torch.zeros(1))])
        except ParganError:
            raise
        except (TypeError, ValueError, RuntimeError) as error:
            given = {key: value for key, value in node.items() if not str(key).startswith("_")}
            suspects = [key for key, value in given.items() if isinstance(value, str) or str(value) in str(error)]
            keys = ", ".join(f"module.{name}.{key}={typed(given[key])}" for key in suspects or given)
            raise ParganError(f"{keys} does not work; {node._target_}: {error}") from error


def _components(node: Any, key: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(node, Mapping):
        if isinstance(node.get("_target_"), str):
            yield key, node
        for name, value in node.items():
            yield from _components(value, f"{key}.{name}".removeprefix("."))
