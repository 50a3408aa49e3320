"""Build the configuration of a resumed run: the saved one plus the overrides that are allowed."""

from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from pargan.app.saved_config import NAMING_GROUPS, load_config
from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory

MAY_CHANGE = (
    *(
        "trainer",
        "logger",
        "callbacks",
        "audit",
        "generator_steps",
        "data_dir",
        "inception",
        "log_real_records",
        "objective",
        "report",
        "fail_if",
    ),
    "dataset.path",  # the membership's fingerprint refuses other records
)


def resumed_config(directory: RunDirectory, overrides: Sequence[str], composed: DictConfig) -> DictConfig:
    """The saved configuration of a run, with the values of `overrides`.

    Args:
        directory: of the run.
        overrides: of the command line, without resume= itself.
        composed: the configuration that Hydra composed from the command line. Only `acceleration` and `trust` are
            taken from it: the first changes the speed of the training alone, and a run may continue on a machine
            without a GPU.

    Raises:
        ParganError: an override would change the run's results, or names a key that does not exist; the run names
            code or paths that are not trusted.
    """
    cfg, given = load_config(directory), []
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        key = override.key_or_group
        if key.split(".")[0] == "acceleration" and "acceleration" in cfg and "acceleration" in composed:
            cfg.acceleration = composed.acceleration
            continue
        if key == "trust":
            continue
        if key == "dataset" and _is_same_kind_of_file(cfg, composed):
            continue  # needed for Hydra to accept dataset.path
        before = OmegaConf.select(cfg, key, throw_on_missing=False, default=KeyError)
        if not {key, key.split(".")[0]} & set(MAY_CHANGE) or before is KeyError or isinstance(before, DictConfig):
            raise ParganError(
                f"{override.input_line} cannot be given with resume=, which keeps the run's own settings; "
                f"only acceleration and single values under {', '.join(MAY_CHANGE)} may change, "
                f"for example trainer.max_epochs=2000"
            )
        value = override.value()
        if key == "inception":
            _refuse_other_units(before, value)
        OmegaConf.update(cfg, key, value)
        given.append(value)
    from pargan.app.allowed_targets import Trust  # not at import: they import PyTorch, which --help does not need
    from pargan.app.trust import check_trusted

    check_trusted(cfg, directory, Trust.of(composed.trust), given)
    return cfg


def _is_same_kind_of_file(ours: DictConfig, composed: DictConfig) -> bool:
    """Whether `dataset=` names the run's own option, and that option reads a file of the user."""
    return "path" in composed.dataset and composed.dataset.get("_target_") == ours.dataset.get("_target_")


def _refuse_other_units(before: Any, after: Any) -> None:
    """Early stopping and best.ckpt compare the quality before the interruption with that after it."""
    if before is None and after is not None:
        raise ParganError(
            f"inception={after} cannot be given with resume=, because the run's quality so far was measured in other "
            f"features, which do not compare; leave inception out, and give it to attack.py when the run has ended"
        )
    if before is not None and after is None:
        raise ParganError(
            f"inception=null cannot be given with resume=, because the run's quality so far was measured with "
            f"inception={before}, and others do not compare; give the path of the same weights, wherever they are now"
        )


def settings_of(cfg: DictConfig, choices: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The settings that name a run in tables: chosen options, K, seed, and every override of the command line.

    Args:
        cfg: the composed configuration.
        choices: the option of each group.
        overrides: of the command line that started the run.
    """
    chosen = {group: choices[group] for group in NAMING_GROUPS}
    named = {"num_partitions": cfg.num_partitions, "seed": cfg.seed}
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    typed = {override.key_or_group: override.get_value_element_as_str() for override in parsed}
    return {**typed, **chosen, **named}
