"""From the name of a parameter, which the core raises errors about, to the configuration key that sets it."""

import copy
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from traceback import walk_tb
from types import FrameType
from typing import Any

from hydra._internal.utils import _locate  # get_object prints what it cannot import
from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf

from pargan.app.error_messages import one_line
from pargan.errors import ParganError

NAMED_VALUE = re.compile(r"(?<![^\s(\[,])([A-Za-z_]\w*)=(None\b|True\b|False\b)?(?=\S)?")
REFERENCE = re.compile(r"\$\{([\w.]+)\}")
IN_YAML = {"None": "null", "True": "true", "False": "false"}


@contextmanager
def errors_in_configuration_keys(cfg: DictConfig, choices: Mapping[str, Any]) -> Iterator[None]:
    """Raise a ParganError of the code inside with configuration keys in place of parameters' names.

    Args:
        cfg: the configuration that the code inside was built from.
        choices: group -> chosen option, shown as the value of a key that is a group.
    """
    cfg = copy.deepcopy(cfg)  # instantiate() replaces some ${...} of the original by their values
    try:
        yield
    except Exception as error:
        found, node = _cause(error)
        if found is not None:
            raise ParganError(_Translation(cfg, choices, found, node).message()) from error
        if isinstance(error, InstantiationException):
            key = _Translation(cfg, choices, ParganError(""), node).raising[0] if node else "the configuration"
            raise ParganError(_not_built(key, error)) from error
        raise


def _cause(error: BaseException) -> tuple[ParganError | None, str | None]:
    """The ParganError behind an error, and the configuration node that Hydra was building if it says so."""
    node, current = None, error
    while not isinstance(current, ParganError):
        full_key = re.search(r"full_key: (\S+)", str(current)) if isinstance(current, InstantiationException) else None
        node = full_key.group(1) if full_key else node
        following = current.__cause__ or current.__context__
        if following is None:
            return None, node
        current = following
    return current, node


def _not_built(key: str, error: InstantiationException) -> str:
    missing = re.search(r"Error locating target '(.*?)'", str(error))
    if missing:
        return (
            f"{key}._target_={missing.group(1)} cannot be imported; "
            f"give the full dotted name of a class, for example torch.optim.Adam"
        )
    target = re.search(r"'([^']*)'", str(error))
    remedy = f"; see the arguments of {target.group(1)}" if target else ""
    return f"{key} cannot be built: {one_line(str(error.__cause__ or error))}{remedy}"


class _Translation:
    def __init__(self, cfg: DictConfig, choices: Mapping[str, Any], error: ParganError, node: str | None) -> None:
        self.raw: dict[str, Any] = OmegaConf.to_container(cfg, resolve=False)  # type: ignore[assignment]
        self.cfg, self.choices, self.error = cfg, choices, error
        self.nodes = dict(_nodes(self.raw))
        self.raising = [self._followed(node)] if node is not None else list(self._raising_nodes())

    def message(self) -> str:
        error = self.error
        if error.argument is None and error.remedy is None:
            return str(error)  # a whole message
        key = error.argument and self.key(error.argument, error.has_value)
        value = self.choices.get(key, error.value) if key else error.value
        given = (
            "" if error.argument is None else (key or error.argument) + (f"={typed(value)}" if error.has_value else "")
        )
        remedy = f"; {self.text(error.remedy)}" if error.remedy else ""
        return f"{given} {self.text(error.problem)}{remedy}".strip()

    def text(self, text: str) -> str:
        """With the key in place of the name in every `name=value`."""

        def replaced(match: re.Match[str]) -> str:
            name, value = match.group(1), match.group(2)
            key = self.key(name, self.error.has_value and name == self.error.argument)
            if key is None:
                return match.group()
            is_new = OmegaConf.select(self.cfg, key, default=KeyError) is KeyError  # Hydra asks for a + then
            return f"{'+' if is_new else ''}{key}={IN_YAML.get(value, '')}"

        return NAMED_VALUE.sub(replaced, text)

    def key(self, name: str, has_value: bool = False) -> str | None:
        """The key that sets the parameter `name`; None if there is none, or no telling which.

        Of the nodes that raised the error, or else of the shallowest key with that name outside of other packages'
        components. Where the error has a value, the key must have it too.
        """
        if "." in name:
            return name
        for names in (self._at, self._parameters):  # a key of the configuration before one that could be added to it
            for node in self.raising:
                if name in names(node):
                    return self._followed(f"{node}.{name}")
        ours = [node for node, target in self.nodes.items() if is_ours(target)]
        keys = [f"{node}.{name}".removeprefix(".") for node in ours if name in self._at(node)]
        if has_value:
            keys = [key for key in keys if self._has_value(key)]
        depths = [key.count(".") for key in keys]
        shallowest = {self._followed(key) for key in keys if key.count(".") == min(depths)}
        return shallowest.pop() if len(shallowest) == 1 else None

    def _raising_nodes(self) -> Iterator[str]:
        """Nodes whose class or function is among the calls that led to the error, the last call first."""
        targets = {node: _imported(target) for node, target in self.nodes.items() if target is not None}
        for frame in reversed([frame for frame, _ in walk_tb(self.error.__traceback__)]):
            matching = [node for node, target in targets.items() if target is not None and _is_call_of(frame, target)]
            if len(matching) > 1:
                name = str(self.error.argument)
                matching = [node for node in matching if self._has_value(f"{node}.{name}")]
            if len(matching) == 1:
                yield matching[0]

    def _parameters(self, node: str) -> set[str]:
        target = _imported(self.nodes.get(node) or "")
        return {*self._at(node), *(parameters(target) if target is not None else ())}

    def _at(self, node: str) -> Mapping[str, Any]:
        at: Any = self.raw
        for name in filter(None, node.split(".")):
            at = at.get(name, {}) if isinstance(at, Mapping) else {}
        return at if isinstance(at, Mapping) else {}

    def _has_value(self, key: str) -> bool:
        """Whether the key has the value that the error is about, or names a group's option."""
        value = OmegaConf.select(self.cfg, key, default=None)
        plain = OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
        return self._followed(key) in self.choices or plain == self.error.value

    def _followed(self, key: str) -> str:
        """The key that `${...}` takes the value from."""
        node, _, name = key.rpartition(".")
        if node:
            node = self._followed(node)
        key = f"{node}.{name}".removeprefix(".")
        reference = REFERENCE.fullmatch(str(self._at(node).get(name)))
        return self._followed(reference.group(1)) if reference else key


def _nodes(raw: Mapping[str, Any], node: str = "") -> Iterator[tuple[str, str | None]]:
    yield node, raw.get("_target_")
    for key, value in raw.items():
        if isinstance(value, Mapping):
            yield from _nodes(value, f"{node}.{key}".removeprefix("."))


def _imported(target: str) -> Any:
    """The class or function; None if its package has not been imported, so that it cannot have raised an error."""
    if target.partition(".")[0] not in sys.modules:
        return None
    try:
        return _locate(target)
    except Exception:
        return None


def parameters(target: Any) -> list[str]:
    """Names of the parameters of a class or function; [] if Python does not know them."""
    try:
        return list(inspect.signature(target).parameters)
    except (TypeError, ValueError):
        return []


def _is_call_of(frame: FrameType, target: Any) -> bool:
    if isinstance(target, type):
        return type(frame.f_locals.get("self")) is target
    return frame.f_code is getattr(inspect.unwrap(target), "__code__", None)


def is_ours(target: str | None) -> bool:
    """Whether the target of a node, if it has one, is not a user's own component."""
    return target is None or str(target).startswith(("pargan.", "pytorch_lightning."))


def typed(value: Any) -> str:
    """A value as one types it on the command line."""
    return IN_YAML.get(str(value), str(value))
