"""Overrides of the command line that Hydra's grammar has no words for."""

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from pargan.app.command_line import quoted

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


def _is_readable(override: str) -> bool:
    try:
        OverridesParser.create().parse_overrides([override])
    except HydraException:
        return False
    return True
