"""Check the configuration of a run directory before anything is built from it: its author can be a stranger.

What it names must be on the list of `pargan.app.allowed_targets`, what it writes must lie inside the run directory,
and `${...}` may only point to other keys. Nothing is imported from, called by or written for a configuration that is
refused.
"""

import inspect
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from omegaconf.grammar.gen.OmegaConfGrammarParser import OmegaConfGrammarParser
from omegaconf.grammar_parser import parse
from pytorch_lightning.callbacks import ModelCheckpoint

from pargan.app.allowed_targets import LOOKUPS, Trust, allowed_target, package_to_trust
from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory

RESOLVERS = ("pargan.run_name", "pargan.run_group", "pargan.run_id", "pargan.per_partition")
ENVIRONMENT = ("${oc.env:PARGAN_DATA_DIR,data}", "${oc.env:WANDB_MODE,online}")
"""The only variables of this machine that a stored configuration may read, spelled as conf/ spells them."""

WRITTEN = (
    *("path", "folder", "result", "backup", "dirpath", "default_root_dir", "save_dir", "dir", "root_dir", "log_dir"),
    "exclude_batches_path",
)
"""Parameters of callbacks, loggers and the Trainer that say where they write."""

ELSEWHERE_BY_DEFAULT = ("default_root_dir", "save_dir", "root_dir", "exclude_batches_path")
"""Those of Lightning that mean the current folder where they are not given."""

HYDRA_KEYS = ("_target_", "_partial_", "_recursive_", "_convert_", "_args_")


def check_trusted(cfg: DictConfig, directory: RunDirectory, trust: Trust, given: Collection[object] = ()) -> None:
    """Refuse a configuration that could run a stranger's code or write outside of its run directory.

    Read, but never written, may be any file of records (`dataset.path`) and Inception's weights (`inception`).

    Args:
        cfg: the stored configuration, with the user's changes and with `run_directory` set to where it lies now.
        directory: of the run.
        trust: what the user trusts beside pargan, torch and Lightning.
        given: values that the user gave; a path among them may lie anywhere.

    Raises:
        ParganError: what is refused, under which key, and what to type if it is trusted.
    """
    if trust.everything:
        return
    raw = OmegaConf.to_container(cfg, resolve=False)
    for key, text in _texts(raw):
        if text not in given:
            _check_interpolations(key, text, directory)
    for key, node in _components(raw):
        _check_target(key, node, trust)
    try:
        resolved = OmegaConf.to_container(cfg, resolve=True)
    except OmegaConfBaseException as error:
        raise ParganError(f"{directory.config} is damaged; use an unaltered copy of the run directory") from error
    for key, node in _components(resolved):
        _check_paths(key, node, directory, trust, given)


def overrides_to_resume(cfg: DictConfig) -> list[str]:
    """What must be typed beside `resume=` for a run with this configuration, such as `trust=my_losses`.

    [] for a run of pargan's own components, in this machine's folder for data sets.
    """
    targets = [str(node["_target_"]) for _, node in _components(OmegaConf.to_container(cfg, resolve=False))]
    packages = sorted({package for target in targets if (package := package_to_trust(target))})
    named = {0: [], 1: [f"trust={','.join(packages)}"]}.get(len(packages), [f"trust=[{','.join(packages)}]"])
    is_elsewhere = "data_dir" in cfg.dataset and cfg.data_dir != _usual_data_dir()
    return [*named, *([f"data_dir={cfg.data_dir}"] if is_elsewhere else [])]


def _check_target(key: str, node: Mapping[str, Any], trust: Trust) -> None:
    target = node["_target_"]
    named = str(target)
    if target in LOOKUPS:
        named = str(node.get("path"))
        if set(node) - {"_convert_"} == {"_target_", "path"} and allowed_target(named, trust) is not None:
            return
    elif isinstance(target, str) and allowed_target(target, trust) is not None:
        return
    where = f"{key}._target_" if named == str(target) else f"{key}.path"
    package = package_to_trust(named)
    if package is None:
        raise ParganError(
            f"{where}={named} of the run's configuration is not a network, loss, attack, callback or data set that a "
            f"run may name; do not use this run directory, or give trust=true if you know its author"
        )
    raise ParganError(
        f"{where}={named} of the run's configuration is code that comes neither with pargan nor with torch.nn, "
        f"torch.optim or pytorch_lightning; if you trust it, give trust={package}"
    )


def _check_interpolations(key: str, text: str, directory: RunDirectory) -> None:
    """Refuse `${...}` that reads this machine, or whose meaning could change after the check."""
    if "$" not in text or text in ENVIRONMENT:
        return
    try:
        is_refused = "\\$" in text or any(_is_refused(part) for part in _parts(parse(text)))
    except OmegaConfBaseException as error:
        raise ParganError(f"{directory.config} is damaged; use an unaltered copy of the run directory") from error
    if is_refused:
        raise ParganError(
            f"{key}={text} of the run's configuration is computed when it is read; do not use this run directory, or "
            f"give trust=true if you know its author"
        )


def _is_refused(part: Any) -> bool:
    if isinstance(part, OmegaConfGrammarParser.InterpolationResolverContext):
        return part.getText() not in ENVIRONMENT and part.resolverName().getText() not in RESOLVERS
    if isinstance(part, OmegaConfGrammarParser.InterpolationNodeContext):
        return part.getText().count("${") > 1  # ${a.${b}}
    return False


def _parts(tree: Any) -> Iterator[Any]:
    yield tree
    for number in range(tree.getChildCount()):
        yield from _parts(tree.getChild(number))


def _check_paths(
    key: str, node: Mapping[str, Any], directory: RunDirectory, trust: Trust, given: Collection[object]
) -> None:
    target = str(node["_target_"])
    if target in LOOKUPS or trust.covers(target):
        return
    found = allowed_target(target, trust)
    arguments = {name: value for name, value in _arguments(found, node).items() if not _is_component(value)}
    if target.startswith("pargan.data."):  # reads records, and writes nothing but a download
        _check_data_dir(arguments.get("data_dir"), directory, given)
        return
    for name, value in arguments.items():
        texts = [text for _, text in _texts(value, into_components=False)]
        paths = [value] if name in WRITTEN else [text for text in texts if _looks_like_a_path(text)]
        for path in paths:
            if path is not None and path not in given and not _is_inside(path, directory):
                raise ParganError(
                    f"{key}.{name}={path} of the run's configuration lies outside of the run directory; give "
                    f"{key}.{name}={directory.from_here}/... , or trust=true if you know who made the run"
                )
    if target.startswith("pytorch_lightning.") and not issubclass(found, ModelCheckpoint):
        for name in ELSEWHERE_BY_DEFAULT:
            if name in inspect.signature(found).parameters and arguments.get(name) is None:
                raise ParganError(
                    f"{key}.{name} is missing in the run's configuration, and {target} would write to the current "
                    f"folder; give trust=true if you know who made the run"
                )
    if arguments.get("model_registry") is not None:
        raise ParganError(
            f"{key}.model_registry={arguments['model_registry']} of the run's configuration would upload the "
            f"networks; give trust=true if you know who made the run"
        )


def _check_data_dir(value: Any, directory: RunDirectory, given: Collection[object]) -> None:
    """A download creates files in `data_dir`, so a stranger must not choose it."""
    if value is None or value in given or value == _usual_data_dir() or _is_inside(value, directory):
        return
    raise ParganError(
        f"data_dir={value} of the run's configuration is not this machine's folder for data sets, and missing files "
        f"would be downloaded into it; give data_dir={value} if it is right"
    )


def _usual_data_dir() -> str:
    return os.environ.get("PARGAN_DATA_DIR", "data")


def _arguments(target: Any, node: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by parameter name; positional ones too."""
    named = {str(name): value for name, value in node.items() if name not in HYDRA_KEYS}
    positional = node.get("_args_") or []
    names = [*inspect.signature(target).parameters]
    names += [f"argument {place}" for place in range(len(names), len(positional))]
    return named | dict(zip(names, positional, strict=False))


def _looks_like_a_path(text: str) -> bool:
    """Whether a text that is no `monitor` or name could lead anywhere: absolute, upwards, or an address."""
    return text.startswith(("/", "~")) or "://" in text or ".." in Path(text).parts


def _is_inside(path: object, directory: RunDirectory) -> bool:
    if not isinstance(path, str) or path.startswith("~") or "://" in path or "\0" in path:
        return False
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(directory.path))


def _is_component(node: Any) -> bool:
    return isinstance(node, Mapping) and "_target_" in node


def _components(node: Any, key: str = "") -> Iterator[tuple[str, Mapping[Any, Any]]]:
    if isinstance(node, Mapping):
        if _is_component(node):
            yield key, node
        for name, value in node.items():
            yield from _components(value, f"{key}.{name}".removeprefix("."))
    elif isinstance(node, Sequence) and not isinstance(node, str | bytes):
        for place, value in enumerate(node):
            yield from _components(value, f"{key}[{place}]")


def _texts(node: Any, key: str = "", into_components: bool = True) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield key, node
    elif isinstance(node, Mapping):
        if into_components or not _is_component(node):
            for name, value in node.items():
                yield from _texts(value, f"{key}.{name}".removeprefix("."), into_components)
    elif isinstance(node, Sequence) and not isinstance(node, bytes):
        for place, value in enumerate(node):
            yield from _texts(value, f"{key}[{place}]", into_components)
