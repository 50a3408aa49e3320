"""One line for the user from an error of ours, of Hydra's or of OmegaConf's: the key, the value, the remedy."""

import difflib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import (
    ConfigCompositionException,
    HydraException,
    MissingConfigException,
    OverrideParseException,
)
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    InterpolationKeyError,
    KeyValidationError,
    MissingMandatoryValue,
    OmegaConfBaseException,
    UnsupportedInterpolationType,
    ValidationError,
)

from pargan.app.command_line import as_typed, quoted
from pargan.app.config_directory import option_files
from pargan.errors import ParganError
from pargan.io.files import DISK_FULL, write_error

UNKNOWN_KEY = (KeyValidationError, ConfigKeyError, ConfigAttributeError)


def exit_with(message: str) -> NoReturn:
    """Print an error message on stderr and exit with status 1."""
    print(f"{Path(sys.argv[0]).name}: {as_called(message)}", file=sys.stderr)
    sys.exit(1)


def as_called(text: str) -> str:
    """The text with pargan-train for train.py, and the other commands alike, if the user called that command."""
    if not Path(sys.argv[0]).name.startswith("pargan-"):
        return text
    return re.sub(r"(python )?\b(train|attack|sample|export)\.py\b", r"pargan-\2", text)


def error_message(error: BaseException) -> str | None:
    """The message for the user, or None where the error is a bug that needs its stack trace."""
    chain = list(_chain(error))
    for link in chain:
        if isinstance(link, ParganError):
            return one_line(str(link))
    for link in chain:
        if isinstance(link, MissingConfigException) and link.missing_cfg_file:
            return _unknown_option(link)
        if isinstance(link, MissingMandatoryValue):
            return f"{link.full_key} has no value; give one: {link.full_key}=..."
        if isinstance(link, OverrideParseException):
            return _unreadable(link)
        if _is_out_of_memory(link):
            return (
                f"the memory is not enough ({one_line(str(link))[:150]}); lower data.batch_size, the sizes of model "
                f"or audit.num_samples"
            )
        if isinstance(link, OSError) and link.errno in DISK_FULL:
            return str(write_error(Path(str(link.filename or "a file of the run")), link))
        if isinstance(link, OSError) and link.filename is not None:  # which may come from reading or from writing
            return f"{link.filename} cannot be used ({link.strerror}); check its permissions or give another path"
    cause = error.__cause__
    is_composing = isinstance(error, ConfigCompositionException)
    if is_composing and isinstance(cause, UNKNOWN_KEY) and isinstance(cause.parent_node, DictConfig):
        return _unknown_key(cause)
    if is_composing and isinstance(cause, ValidationError):
        return f"{_of_command_line(str(cause.full_key))} does not work: {_first_line(cause)}"
    if is_composing and "--multirun" in str(error):
        return _sweep_of_one_run(_quoted(error))
    if is_composing and (listed := _listed_option()) is not None:
        return listed
    if is_composing and (taken := re.match(r"Error merging override (~\S+)", str(error))):
        return f"{taken[1]} cannot be taken away: its value depends on the run; leave {taken[1]} out"
    for link in chain:
        if isinstance(link, InterpolationKeyError | UnsupportedInterpolationType):
            return _broken_reference(link)
    if isinstance(error, HydraException | OmegaConfBaseException):
        return _first_lines(error)
    return None


def _is_out_of_memory(error: BaseException) -> bool:
    is_torchs = "can't allocate memory" in str(error) or type(error).__name__ == "OutOfMemoryError"
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and is_torchs)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _unknown_option(error: MissingConfigException) -> str:
    group, _, value = str(error.missing_cfg_file).rpartition("/")
    if not group:
        return f"--config-name={value} is not known; leave it out"
    options = sorted({file.stem for file in option_files(group)})
    return f"{group}={value} is not known{guess(value, options)}; choose one of {', '.join(options)}"


def _unknown_key(error: OmegaConfBaseException) -> str:
    key, node = str(error.full_key), error.parent_node
    names = [str(name) for name in node if not str(name).startswith("_")]
    prefix = f"{key.rpartition('.')[0]}." if error.parent_node._get_full_key(None) else ""
    known = [f"{prefix}{name}" for name in names]
    holders = _holders(key) if "_target_" in node else []  # the node of a group has one
    if holders:
        return f"{key} is a key of {', '.join(holders)} only; name one of them beside it"
    remedies = [f"choose one of {', '.join(known)}"] if known else []
    if "_target_" in node and not guess(key, known):
        remedies += [f"+{key}=... sets a parameter of {node['_target_']} that is not listed"]
    if not remedies:
        parent, _, name = key.rpartition(".")
        remedies = [f"give {parent} as a whole: '{parent}={{{name}: ...}}'"]
    return f"{key} is not a key{guess(key, known)}; {', or '.join(remedies)}"


def _of_command_line(key: str) -> str:
    """The override of a key as it was typed; the key alone if it was not."""
    return next((word for word in sys.argv[1:] if word.lstrip("+").startswith(f"{key}=")), key)


def _sweep_of_one_run(override: str) -> str:
    key, _, value = override.partition("=")
    return (
        f"{override} is a list of values for one run; add -m to train with each of them, or give "
        f"{as_typed(key, value)} if it is one value"
    )


def _listed_option() -> str | None:
    """A group that takes one option and was given a list, which Hydra reports at another place."""
    for word in sys.argv[1:]:
        group, _, value = word.partition("=")
        if value.startswith("[") and group != "attack" and option_files(group):
            several = value.strip("[]").replace(" ", "")
            return f"{word} is a list, and {group} takes one option; -m {group}={several} trains with each of them"
    return None


def _broken_reference(error: OmegaConfBaseException) -> str:
    """A `${...}` that leads nowhere: to a key that is not there or was taken away, or to an unknown function."""
    text = _first_line(error)
    named = re.search(r"Interpolation key '([^']*)'|Interpolation type (\S+)", text, re.IGNORECASE)
    name = (named.group(1) or named.group(2)) if named else ""
    if name and f"~{name}" in sys.argv:
        return f"~{name} takes away a key that others refer to; leave it out, or give {name}=..."
    typed = next((word for word in sys.argv[1:] if name and f"${{{name}" in word), None)
    where = typed or _of_command_line(str(error.full_key or "a value"))
    if named and named.group(1):
        return f"{where} refers to {name}, which is not a key; see --help for the keys there are"
    return f"{where} cannot be resolved ({text}); give a value, or refer to a key, as ${{seed}} does"


def _first_line(error: BaseException) -> str:
    """What OmegaConf says, without the lines about the places in its own tree."""
    return str(error).strip().splitlines()[0].rstrip(".")


def _holders(key: str) -> list[str]:
    """The options of a group that have the key, as one types them: dataset.path -> dataset=csv, ..."""
    group, _, name = key.rpartition(".")
    return sorted(f"{group}={file.stem}" for file in option_files(group) if name in OmegaConf.load(file))


def _quoted(error: BaseException) -> str:
    found = re.search(r"'([^']*)'", str(error))
    return found.group(1) if found else "an override"


def guess(value: str, options: Sequence[str]) -> str:
    """` (did you mean ...?)` if one of the options is spelled almost like the value."""
    near = difflib.get_close_matches(value, options, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _unreadable(error: OverrideParseException) -> str:
    override = str(error.override)
    key, separator, value = override.partition("=")
    if separator and value.startswith("{") and value.endswith("}"):
        group, _, name = key.partition(".")
        return (
            f"{override} cannot be read: names in braces must be plain letters and digits; give it in a file, "
            f"such as my_conf/{group}/mine.yaml with the lines 'defaults: [csv]' and '{name}: {value}', "
            f"and --config-dir my_conf {group}=mine"
        )
    if separator and _is_readable(f"{key}={quoted(value)}"):
        return f"{override} cannot be read; with quotes it is taken letter by letter: {as_typed(key, value)}"
    return (
        f"{override} cannot be read; write key=value, for example num_partitions=5, "
        f"and lists in quotes: 'attack=[nearest_neighbour,monte_carlo]'"
    )


def _is_readable(override: str) -> bool:
    try:
        OverridesParser.create().parse_overrides([override])
    except OverrideParseException:
        return False
    return True


def _first_lines(error: BaseException) -> str:
    # Hydra puts the cause behind its own line, and a hint for programmers after it.
    lines = [line.strip() for line in f"{error}\n{error.__cause__ or ''}".splitlines()]
    lines = [line for line in lines if line and not re.match(r"(full_key|object_type|reference_type)[:=]", line)]
    return "; ".join(line.rstrip(".") for line in lines) + "; see conf/ or --help for the keys there are"


def one_line(text: str) -> str:
    """The text without line breaks and what is not printable, such as codes that colour a terminal, or half a byte."""
    words = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).split()
    return "".join(letter for letter in " ".join(words) if letter.isprintable())
