"""Refuse values that a component of the configuration does not take, before anything is built or written."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from hydra._internal.utils import _locate  # get_object prints what it cannot import
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from pargan.app.argument_keys import typed
from pargan.app.error_messages import guess
from pargan.app.value_types import annotations, fits, wanted
from pargan.errors import ParganError

ANNOTATED = ("pargan.", "pytorch_lightning.", "torch.")
"""Beginnings of `_target_` whose parameters have annotations to compare with."""


FLAGS: Mapping[str, tuple[Any, ...]] = {
    "_partial_": (True, False),
    "_recursive_": (True, False),
    "_convert_": ("none", "partial", "object", "all"),
}
"""Keys that Hydra takes of every component -> their values."""

GIVEN_BY_CODE = {"module": {"generator", "discriminator", "spec", "conditioning"}}
"""Parameters that no key sets, by the node whose component takes them."""


def check_arguments(cfg: DictConfig) -> None:
    """Compare the keys and values of every node that has a `_target_` with the parameters of that class or function.

    Types of values are compared for components of pargan, PyTorch and Lightning, which annotate them.

    Raises:
        ParganError: a key that is no parameter, a parameter without a key, or a value of another type.
    """
    for node, raw in _components(OmegaConf.to_container(cfg, resolve=False)):
        _check_flags(cfg, node, raw)
        values = {name: _resolved(cfg, f"{node}.{name}", value) for name, value in raw.items()}
        target = values["_target_"]
        try:
            located = _locate(target)
            parameters = inspect.signature(located).parameters
        except Exception:  # Hydra reports what cannot be imported; some built-in callables have no signature
            continue
        takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
        for name in values:
            if not takes_any and not name.startswith("_") and name not in parameters:
                raise ParganError(
                    f"{node}.{name} is not an argument of {target}{guess(name, list(parameters))}; "
                    f"leave it out (~{node}.{name}) or choose one of {', '.join(parameters)}"
                )
        if str(target).startswith(ANNOTATED):
            check_types(located, values, node)
            _check_missing(parameters.values(), values, node)


def _check_flags(cfg: DictConfig, node: str, raw: Mapping[str, Any]) -> None:
    """What Hydra itself reads of a node, and would complain about in its own words."""
    if not isinstance(target := _resolved(cfg, f"{node}._target_", raw["_target_"]), str):
        remedy = "give the full dotted name of a class, for example torch.optim.Adam"
        raise ParganError("is no name", argument=f"{node}._target_", value=typed(target), remedy=remedy)
    for flag, allowed in FLAGS.items():
        value = _resolved(cfg, f"{node}.{flag}", raw.get(flag, allowed[0]))
        if value not in allowed or type(value) is not type(allowed[0]):  # 1 equals True
            remedy = f"give one of {', '.join(map(typed, allowed))}"
            raise ParganError("does not work", argument=f"{node}.{flag}", value=typed(value), remedy=remedy)


def check_types(target: Callable, values: Mapping[str, Any], node: str) -> None:
    """Compare values with the annotations of the parameters that they are given to.

    Args:
        target: a class or function.
        values: parameter -> plain value, other names are ignored.
        node: the configuration key of `values`, for errors.

    Raises:
        ParganError: a value that does not fit.
    """
    known = annotations(target)
    for name, value in values.items():
        if name in known and not fits(value, known[name]):
            remedy = f"give {wanted(known[name])}"
            key = f"{node}.{name}"
            if isinstance(value, int | float) and fits("", known[name]):
                remedy += f"""; a number as text is '{key}="{typed(value)}"'"""
            raise ParganError("does not work", argument=key, value=typed(value), remedy=remedy)


def _check_missing(parameters: Iterable[inspect.Parameter], values: Mapping[str, Any], node: str) -> None:
    if values.get("_partial_"):
        return
    for parameter in parameters:
        is_optional = parameter.default is not parameter.empty or parameter.kind in (
            parameter.VAR_KEYWORD,
            parameter.VAR_POSITIONAL,
        )
        if not is_optional and parameter.name not in {*values, *GIVEN_BY_CODE.get(node, ())}:
            raise ParganError(
                f"{node}.{parameter.name} is missing; leave ~{node}.{parameter.name} out, "
                f"or give {node}.{parameter.name}=..."
            )


def check_optimizers(cfg: DictConfig) -> None:
    """Build both optimizers on a dummy parameter and step once, so that their checks run before anything is written.

    Raises:
        ParganError: an optimizer refuses its settings.
    """
    for name in ("generator_optimizer", "discriminator_optimizer"):
        node = cfg.module[name]
        parameter = torch.nn.Parameter(torch.zeros(1))
        parameter.grad = torch.zeros(1)
        try:
            instantiate(node)([parameter]).step()
        except ParganError:
            raise
        except (TypeError, ValueError, RuntimeError, ArithmeticError, LookupError, AttributeError) as error:
            if "closure" in str(error):
                raise ParganError(
                    "needs to evaluate the loss several times a step, which two opposing networks do not allow",
                    argument=f"module.{name}._target_",
                    value=node._target_,
                    remedy="choose another, for example torch.optim.Adam",
                ) from error
            given = {key: value for key, value in node.items() if not str(key).startswith("_")}
            suspects = [
                key
                for key, value in given.items()
                if isinstance(value, str) or str(value) in str(error) or f" {key.removesuffix('s')} " in str(error)
            ]
            keys = ", ".join(f"module.{name}.{key}={typed(given[key])}" for key in suspects or given)
            raise ParganError(f"{keys} does not work; {node._target_}: {error}") from error


def _resolved(cfg: DictConfig, key: str, value: Any) -> Any:
    """The plain value at a key, with what `${...}` stands for."""
    if not isinstance(value, str) or "${" not in value:
        return value
    found = OmegaConf.select(cfg, key)
    return OmegaConf.to_container(found, resolve=True) if OmegaConf.is_config(found) else found


def _components(node: Any, key: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(node, Mapping):
        if "_target_" in node:
            yield key, node
        for name, value in node.items():
            yield from _components(value, f"{key}.{name}".removeprefix("."))
