"""`--help`: the groups with their options, and every key with its value and the comment that conf/ gives it."""

import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

import yaml
from hydra import compose, initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import OmegaConf

from pargan.app.config_directory import config_directories, config_directory, option_files
from pargan.app.yaml_comments import yaml_comments

COMMENT_COLUMN = 44
EXAMPLE = {"train": "data.batch_size=32", "attack": "audit.num_samples=2000", "sample": "num=1000", "export": "num=100"}
HIDDEN = ("_partial_", "_convert_")
OPTIONS = """Options:
  -m, --multirun     one run for each value of a list: -m seed=0,1,2
  --config-dir DIR   also take options from your own folder, such as DIR/loss/mine.yaml: loss=mine
  --cfg job          print the configuration as YAML, start nothing
  --version          print the version
  -h, --help         print this text for the options on the command line: dataset=csv --help"""


def help_text(config_name: str, arguments: Sequence[str]) -> str:
    """What `--help` prints for the configuration that the command line chose.

    Args:
        config_name: train, attack, sample or export.
        arguments: of the command line.
    """
    searched = [f"'file://{folder}'" for folder in config_directories()[1:]]
    overrides = [*get_args_parser().parse_args(list(arguments)).overrides, f"hydra.searchpath=[{','.join(searched)}]"]
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        cfg = compose(config_name, overrides, return_hydra_config=True)
        comments = _comments(loader, config_name, overrides)
        options = {name: sorted({file.stem for file in option_files(name)}) for name in _group_names(config_name)}
    keys: dict[str, Any] = OmegaConf.to_container(cfg, resolve=False)  # type: ignore[assignment]
    chosen = {**keys.pop("hydra")["runtime"]["choices"], "attack": list(keys.get("attack", ()))}
    width = max(80, min(shutil.get_terminal_size((100, 24)).columns, 120))
    groups = "\n".join(_groups(options, chosen, comments, width))
    values = "\n".join(_keys(keys, (), comments, width))
    chosen_by_group = f"Groups (group=option; chosen options are in brackets):\n{groups}\n\n" if groups else ""
    return (
        f"Usage: python {config_name}.py [key=value ...]\n\n{_header(config_name)}\n\n{OPTIONS}\n\n{chosen_by_group}"
        f"Keys (key=value, for example {EXAMPLE[config_name]}; ${{seed}} stands for the value of seed):\n{values}"
    )


def _comments(loader: ConfigLoader, config_name: str, overrides: list[str]) -> dict[tuple[str, ...], str]:
    """Comments by the key's place in the composed configuration; a later file's comment replaces an earlier one."""
    comments: dict[tuple[str, ...], str] = {}
    for default in loader.compute_defaults_list(config_name, overrides, RunMode.RUN).defaults:
        name, package = str(default.config_path), tuple((default.package or "").split(".")) if default.package else ()
        group = tuple(name.split("/")[:-1])
        files = [folder / f"{name}.yaml" for folder in config_directories()]
        for file in [file for file in files if file.is_file()][:1]:
            for path, comment in yaml_comments(file.read_text(encoding="utf-8")).items():
                is_chosen_option = path == () and package[: len(group)] == group
                if path or is_chosen_option:
                    comments[(*package, *path)] = comment
    return comments


def _header(config_name: str) -> str:
    lines = (config_directory() / f"{config_name}.yaml").read_text(encoding="utf-8").splitlines()
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in takewhile(lambda x: x.startswith("#"), lines))


def _group_names(config_name: str) -> list[str]:
    """The groups of the defaults list, in its order; recipes follow from the data set and the loss."""
    defaults = yaml.safe_load((config_directory() / f"{config_name}.yaml").read_text(encoding="utf-8"))["defaults"]
    names = [key for item in defaults if isinstance(item, dict) for key in item]
    return [name for name in names if " " not in name]  # not "optional recipe", "override hydra/..."


def _groups(
    options: Mapping[str, Sequence[str]], chosen: Mapping[str, Any], comments: Mapping[Any, str], width: int
) -> Iterator[str]:
    for group, names in options.items():
        is_chosen = chosen[group].__contains__ if isinstance(chosen[group], list) else chosen[group].__eq__
        listed = ", ".join(f"[{name}]" if is_chosen(name) else name for name in names)
        yield textwrap.fill(f"{group}: {listed}", width, initial_indent="  ", subsequent_indent="      ")
        if comment := comments.get(("defaults", group)):
            yield textwrap.fill(comment, width, initial_indent="      # ", subsequent_indent="      # ")


def _keys(
    node: Mapping[str, Any], path: tuple[str, ...], comments: Mapping[tuple[str, ...], str], width: int
) -> Iterator[str]:
    for key, value in node.items():
        if key in HIDDEN:
            continue
        place = (*path, key)
        is_group = isinstance(value, Mapping) and value
        text = "" if is_group else f" {_yaml(value)}"
        yield from _line(f"{'  ' * len(place)}{key}:{text}", comments.get(place, ""), width)
        if is_group:
            yield from _keys(value, place, comments, width)


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("\n").removesuffix("\n...")


def _line(left: str, comment: str, width: int) -> Iterator[str]:
    if not comment:
        yield left
        return
    first, *more = textwrap.wrap(comment, width - COMMENT_COLUMN - 2, break_on_hyphens=False)
    if len(left) >= COMMENT_COLUMN:
        yield left
        left = ""
    yield f"{left:{COMMENT_COLUMN}}# {first}"
    for line in more:
        yield f"{'':{COMMENT_COLUMN}}# {line}"
