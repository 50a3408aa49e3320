"""Values that would fail late, train for ever or train to nonsense, refused before anything is built or written."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from pargan.errors import ParganError


@dataclass(frozen=True)
class Rule:
    """What a value must be: a test, and the words for it."""

    accepts: Callable[[Any], bool]
    wanted: str


def _whole(least: int) -> Rule:
    return Rule(lambda value: _is_whole(value) and value >= least, f"a whole number, {least} or more")


def _optional(rule: Rule) -> Rule:
    return Rule(lambda value: value is None or rule.accepts(value), f"{rule.wanted}, or null")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_whole(value) or isinstance(value, float)


POSITIVE = Rule(lambda value: _is_number(value) and value > 0, "a number above 0")
SIZE = Rule(lambda value: value is None or _is_number(value), "a count such as 500, a share such as 0.5, or null")
EPOCHS = Rule(
    lambda value: _is_whole(value) and (value >= 1 or value == -1),
    "a whole number, 1 or more, or -1 for no limit",
)
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")  # with bf16-true, records and weights would be of two kinds

# The whole key or its last word decides: most words mean the same wherever they stand in the configuration.
RULES: Mapping[str, Rule] = {
    "seed": _whole(0),
    "num_partitions": _whole(1),
    "evaluate_every": _whole(1),
    "every_n_epochs": _whole(1),
    "generator_steps": _optional(_whole(1)),
    "max_epochs": EPOCHS,
    "batch_size": _whole(1),
    "num_workers": _whole(0),
    "threads": _optional(_whole(1)),
    "data.members": SIZE,  # attack.py knows files by these words
    "data.nonmembers": SIZE,
    "data.reference": SIZE,
    "d_steps": _whole(1),
    "latent_dim": _whole(1),
    "lr": POSITIVE,
    "penalty_weight": Rule(lambda value: _is_number(value) and value >= 0, "a number, 0 or more"),
    "num_samples": _whole(1),
    "num_records": _optional(_whole(1)),
    "num_quality": _whole(2),
    "inception": Rule(lambda value: value is None or isinstance(value, str), "the path of a file, or null"),
    "draws": _whole(1),
    "controls": Rule(lambda value: isinstance(value, bool), "true or false"),
    "models": _whole(1),
    "share": Rule(lambda value: _is_number(value) and 0 < value < 1, "a number above 0 and below 1"),
    "gamma": Rule(lambda value: _is_number(value) and value >= 1, "a number, 1 or more"),
    "precision": Rule(lambda value: str(value) in PRECISIONS, f"one of {', '.join(PRECISIONS)}"),
}


def check_values(cfg: DictConfig) -> None:
    """Compare every value of a composed configuration with the rule for its key.

    Raises:
        ParganError: the first value that breaks its rule.
    """
    for key, value in _leaves(OmegaConf.to_container(cfg, resolve=True)):
        rule = RULES.get(key) or RULES.get(key.rpartition(".")[2])
        if rule is not None and not rule.accepts(value):
            raise ParganError(f"{key}={_typed(value)} does not work; give {rule.wanted}")


def check_objective(cfg: DictConfig) -> None:
    """Refuse an objective that no run of this configuration can measure, before it trains.

    Which quality metrics there are only the data set's own measure knows, so those are taken on trust here.

    Raises:
        ParganError: `cfg.objective` is neither a quality metric nor the AUC of a chosen attack.
    """
    aucs = [f"attack/{name}/auc" for name in cfg.attack]
    if not str(cfg.objective).startswith("quality/") and cfg.objective not in aucs:
        known = ", ".join(["quality/distance", *aucs])
        raise ParganError(f"objective={cfg.objective} is not measured by this run; choose one of {known}")


def _typed(value: Any) -> str:
    return "null" if value is None else str(value)


def _leaves(node: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value
