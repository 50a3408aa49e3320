"""Overrides of the command line that Hydra's grammar has no words for."""

from collections.abc import Sequence

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from pargan.app.command_line import quoted
from pargan.app.config_directory import option_files
from pargan.errors import ParganError

MAPPINGS = ("dataset.types",)
"""Keys whose value names columns of the user, which may hold any letters."""

CONDITION = "fail_if"
"""Key whose value holds < and >."""


def readable(argument: str) -> str:
    """An argument of the command line; a mapping or condition that Hydra cannot read is given to it as text, in quotes.

    `dataset.types={größe: numeric, "petal length (cm)": numeric}` becomes a text, which the reader of tables takes
    for the mapping. Everything else stays as it is.
    """
    key, _, value = argument.partition("=")
    if key.lstrip("+") == CONDITION and not _is_readable(argument):
        return f"{key}={quoted(value)}"
    if key.lstrip("+") not in MAPPINGS or _is_readable(argument):
        return argument
    try:
        mapping = yaml.safe_load(value)
    except yaml.YAMLError:
        return argument
    if not isinstance(mapping, dict):
        return argument
    text = yaml.safe_dump(mapping, default_flow_style=True, allow_unicode=True, width=10**9).strip()
    escaped = text.replace('"', '\\"')
    return f'{key}="{escaped}"'


def refuse_nameless_options(arguments: Sequence[str]) -> None:
    """Refuse an option of a group that is no name, such as dataset=null or attack=[1].

    Raises:
        ParganError: with the options there are.
    """
    for argument in arguments:
        key = argument.partition("=")[0].lstrip("+")
        options = sorted({file.stem for file in option_files(key)}) if key and not key.startswith("-") else []
        if not options or not _is_readable(argument):
            continue
        override = OverridesParser.create().parse_override(argument)
        if override.is_delete() or override.is_sweep_override():
            continue
        value = override.value()
        if not all(isinstance(name, str) for name in (value if isinstance(value, list) else [value])):
            raise ParganError(
                f"{argument} names no option", remedy=f"choose one of {', '.join(f'{key}={name}' for name in options)}"
            )


def _is_readable(override: str) -> bool:
    try:
        OverridesParser.create().parse_overrides([override])
    except HydraException:
        return False
    return True
