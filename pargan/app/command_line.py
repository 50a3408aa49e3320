"""The words of the command line: in an order that Hydra reads, and as a user has to type them."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from pargan.errors import ParganError

FROM_HOME = re.compile(r"""(?s)([^=~]+=)(["']?)(~[^/"']*)(/.*|["']?)""")


def normalised(arguments: Sequence[str]) -> list[str]:
    """The same command line with options in front of overrides, and `~` in `key=~/...` as the home folder.

    Hydra reads `-m` only in front of overrides or behind all of them, and a shell expands `~` only at the beginning
    of a word.

    Raises:
        ParganError: an option that does not exist.
    """
    known = get_args_parser()._option_string_actions
    options, overrides = [], []
    remaining = list(arguments)
    while remaining:
        word = remaining.pop(0)
        if not word.startswith("-"):
            overrides.append(_from_home(word))
            continue
        name, separator, _ = word.partition("=")
        matching = [option for option in known if option == name or (name[:2] == "--" and option.startswith(name))]
        if not matching or name in ("-", "--"):
            key = name.lstrip("-")
            raise ParganError(
                f"{name} is not an option; write keys without dashes, as in {key or 'key'}=..., "
                f"and see --help for the options there are"
            )
        options.append(word)
        takes_value = known[matching[0]].nargs is None
        if takes_value and not separator and remaining:
            options.append(remaining.pop(0))
    return [*options, *overrides]


def as_typed(key: str, value: Any) -> str:
    """`key=value` as it works in a shell, with quotes for Hydra and for the shell where it needs them."""
    text = str(value)
    plain = f"{key}={text}"
    return plain if _is_read_as(plain, text) and shlex.quote(plain) == plain else shlex.quote(f"{key}={quoted(text)}")


def quoted(text: str) -> str:
    """A value in double quotes, which Hydra takes letter by letter: backslashes count in front of quotes only."""
    return '"' + re.sub(r'(\\*)("|$)', lambda match: match[1] * 2 + ('\\"' if match[2] else ""), text) + '"'


def _is_read_as(override: str, text: str) -> bool:
    try:
        return str(OverridesParser.create().parse_override(override).value()) == text
    except HydraException:
        return False


def _from_home(override: str) -> str:
    match = FROM_HOME.fullmatch(override)
    if match is None:
        return override
    key, quote, home, rest = match.groups()
    try:
        expanded = str(Path(home).expanduser())
    except RuntimeError:  # no user has that name
        return override
    return f"{key}{quote}{expanded}{rest}"
