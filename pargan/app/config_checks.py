"""Refuse values that would fail late, never stop, or train nothing useful, before PyTorch is imported."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from pargan.app.argument_keys import is_ours, typed
from pargan.app.config_directory import config_directory, option_files
from pargan.app.error_messages import guess
from pargan.errors import ParganError


@dataclass(frozen=True)
class Rule:
    """A test of a value, and the description of what passes it."""

    accepts: Callable[[Any], bool]
    wanted: str


def _whole(least: int) -> Rule:
    return Rule(lambda value: _is_whole(value) and value >= least, f"a whole number, {least} or more")


def _optional(rule: Rule) -> Rule:
    return Rule(lambda value: value is None or rule.accepts(value), f"{rule.wanted}, or null")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_one_device(value: Any) -> bool:
    """Whether Lightning trains on one device, so in one process; `auto` would take every GPU of the machine."""
    return value in (1, "1") or (isinstance(value, list) and len(value) == 1 and _is_whole(value[0]) and value[0] >= 0)


def _is_size(value: Any) -> bool:
    return (_is_whole(value) and value >= 1) or (isinstance(value, float) and 0 < value < 1)


SIZE = Rule(lambda value: value is None or _is_size(value), "a count such as 500, a share such as 0.5, or null")
EPOCHS = Rule(
    lambda value: _is_whole(value) and (value >= 1 or value == -1),
    "a whole number, 1 or more, or -1 for no limit",
)
FOR_TABLES = "for_tables"
"""The option of the group `attack` whose attacks are run on tables only."""

ONE_DEVICE = "1, or [2] for the third GPU of the machine: training uses one process and one device"
OBJECTS = {
    "train": (
        *("dataset", "loss", "partition", "conditioning", "latents", "acceleration", "trainer"),
        *("model.generator", "model.discriminator"),
    ),
    "attack": ("target",),
}
"""Nodes that an option of a group fills, each of which builds an object."""

PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")  # with bf16-true, records and weights would be of two kinds

COUNT = _whole(1)
SEED = _whole(0)
BOOLEAN = Rule(lambda value: isinstance(value, bool), "true or false")
PATH = Rule(
    lambda value: value is None or (isinstance(value, str) and value != ""),
    "a path; write ./ before a number, as in ./2024",
)

# Values of components are checked by their constructors. Here are keys that several components or none use, and
# those whose constructors are not ours.
RULES: Mapping[str, Rule] = {
    "seed": SEED,
    "num_partitions": COUNT,
    "evaluate_every": COUNT,
    **dict.fromkeys(("log_real_records", "report.include_records", "csv_safe", "drop_copies", "sample_file"), BOOLEAN),
    "generator_steps": _optional(COUNT),
    "fail_if": Rule(
        lambda value: value is None or isinstance(value, str), "a condition, such as samples.auc.low > 0.55"
    ),
    **dict.fromkeys(("data_dir", "inception", "resume", "dataset.path", "dataset.schema"), PATH),
    **dict.fromkeys(("run", "members", "nonmembers", "reference", "synthetic", "weights"), PATH),  # of attack.py
    **dict.fromkeys(("out", "path"), PATH),  # of sample.py, export.py and target=release
    "num": _optional(COUNT),
    "batch_size": COUNT,
    "trainer.max_epochs": EPOCHS,
    "trainer.precision": Rule(lambda value: str(value) in PRECISIONS, f"one of {', '.join(PRECISIONS)}"),
    "trainer.devices": Rule(_is_one_device, ONE_DEVICE),
    "trainer.num_nodes": Rule(lambda value: value == 1, "1: training uses one process"),
    "trainer.strategy": Rule(lambda value: value in ("auto", "single_device"), "auto: training uses one process"),
    "trainer.gradient_clip_val": Rule(lambda value: value is None, "null: Lightning cannot clip with two optimizers"),
    "trainer.accumulate_grad_batches": Rule(
        lambda value: value == 1, "1: Lightning cannot accumulate with two optimizers"
    ),
    "trainer.limit_train_batches": Rule(
        lambda value: (
            value is None or (_is_whole(value) and value >= 1) or (isinstance(value, float) and 0 < value <= 1)
        ),
        "a number of batches, a share above 0, or null",
    ),
    "trainer.fast_dev_run": Rule(lambda value: value is False, "false; experiment=smoke is a run of seconds"),
    "trainer.overfit_batches": Rule(lambda value: value == 0, "0; data.members=100 trains on few records"),
    "data.batch_size": COUNT,
    "data.num_workers": _whole(0),
    **dict.fromkeys(("data.members", "data.nonmembers", "data.reference"), SIZE),
    "model.threads": _optional(COUNT),
    "model.latent_dim": COUNT,
    "latent_dim": COUNT,
    "module.d_steps": COUNT,
    "callbacks.gap.num_records": _optional(COUNT),
    "callbacks.quality.num_samples": COUNT,
    "callbacks.quality.num_records": _optional(COUNT),
    "callbacks.samples.num_samples": COUNT,
}


def check_values(cfg: DictConfig) -> None:
    """Compare every value of a composed configuration with the rule for its key, but for a user's own components.

    Raises:
        ParganError: the first value that breaks its rule.
    """
    for key, value in _leaves(OmegaConf.to_container(cfg, resolve=True)):
        rule = RULES.get(key, SEED if key.endswith(".seed") else None)
        if rule is not None and not rule.accepts(value):
            raise ParganError("does not work", argument=key, value=typed(value), remedy=f"give {rule.wanted}")


def check_structure(cfg: DictConfig, config_name: str) -> None:
    """Refuse a configuration in which a key of conf/<config_name>.yaml, or a whole node of it, was taken away.

    Raises:
        ParganError: a key that is missing, or a value in place of a node.
    """
    text = (config_directory() / f"{config_name}.yaml").read_text(encoding="utf-8")
    for key, original in yaml.safe_load(text).items():
        if key in ("defaults", "hydra"):
            continue
        if key not in cfg:
            raise ParganError("is missing", argument=key, remedy=f"leave ~{key} out")
        if isinstance(original, Mapping) and not isinstance(cfg[key], DictConfig):
            raise ParganError(
                "is no value: other keys are below it",
                argument=key,
                value=typed(cfg[key]),
                remedy=f"leave it out, or give one of them, {key}.<key>=...",
            )
        if isinstance(original, Mapping) and "_target_" in original:
            _check_target(cfg, key)
    for key in OBJECTS[config_name]:
        _check_target(cfg, key)
    for group in ("callbacks", "logger", "attack"):
        for name, value in (cfg.get(group) or {}).items():
            if str(name).startswith("_") or "_target_" in cfg.attack:
                continue
            remedy = f"~{group}.{name} leaves it out"
            if not isinstance(value, DictConfig):
                raise ParganError("is not an object", argument=f"{group}.{name}", value=typed(value), remedy=remedy)
            if (group, name) != ("attack", FOR_TABLES):  # a group of attacks
                _check_target(cfg, f"{group}.{name}", f", and {remedy}")


def _check_target(cfg: DictConfig, key: str, more: str = "") -> None:
    node = OmegaConf.select(cfg, key, throw_on_missing=False)
    if isinstance(node, DictConfig) and "_target_" not in node:
        raise ParganError("is missing", argument=f"{key}._target_", remedy=f"leave ~{key}._target_ out{more}")


def check_recipe(choices: Mapping[str, Any], overrides: Sequence[str]) -> None:
    """Refuse an option that the command line names and Hydra skips if it is missing, as it does with recipes.

    Args:
        choices: group -> chosen option.
        overrides: of the command line.

    Raises:
        ParganError: the option is not there.
    """
    for override in overrides:
        group, _, value = override.partition("=")
        options = sorted(file.stem for file in option_files(group))
        if group in choices and choices[group] == value and options and value not in options:
            raise ParganError(
                f"is not known{guess(value, options)}",
                argument=group,
                value=value,
                remedy=f"choose one of {', '.join(options)}, or leave it out",
            )


def check_objective(cfg: DictConfig) -> None:
    """Refuse an objective that no run of this configuration can measure, before it trains.

    Names of quality metrics are not checked here: the data set defines them.

    Raises:
        ParganError: `cfg.objective` is neither a quality metric nor the AUC of a chosen attack.
    """
    aucs = [f"attack/{name}/auc" for name in cfg.attack]
    if not str(cfg.objective).startswith("quality/") and cfg.objective not in aucs:
        remedy = f"choose one of {', '.join(['quality/distance', *aucs])}"
        raise ParganError("is not measured by this run", argument="objective", value=cfg.objective, remedy=remedy)


def _leaves(node: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if not is_ours(node.get("_target_")):
        return
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key not in RULES:
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value
