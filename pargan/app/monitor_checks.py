"""Fail early if a callback monitors or shows a metric that is never logged."""

from collections.abc import Mapping, Sequence

from pytorch_lightning import Callback
from pytorch_lightning.callbacks import ModelCheckpoint

from pargan.callbacks import AttackCallback, EpochProgress, GeneralizationGap, QualityCallback
from pargan.callbacks.attacks import LOGGED
from pargan.callbacks.progress import SHOWN
from pargan.data.datamodule import PartitionDataModule
from pargan.errors import ParganError

FEW = 50  # real records whose quality is measured, for the names of the metrics alone


def check_monitors(callbacks: Mapping[str, Callback], num_partitions: int) -> None:
    """Refuse callbacks that monitor or show a metric that no callback logs: it would be noticed late, or not at all.

    Names of quality metrics are checked by `refuse_unmeasured_quality`, because the data set defines them. If there is
    a callback of the user's own, all names are checked after the first epoch (`pargan.callbacks.monitors`).

    Args:
        callbacks: by their names in the configuration.
        num_partitions: K.

    Raises:
        ParganError: the first monitored name that will not be logged.
    """
    packages = {type(callback).__module__.partition(".")[0] for callback in callbacks.values()}
    if packages - {"pargan", "pytorch_lightning"}:
        return
    has_quality = any(isinstance(callback, QualityCallback) for callback in callbacks.values())
    has_gap = any(isinstance(callback, GeneralizationGap) for callback in callbacks.values())
    attacks = [name for call in callbacks.values() if isinstance(call, AttackCallback) for name in call.attacks]
    for name, callback in callbacks.items():
        if isinstance(callback, EpochProgress):
            _refuse_unknown_attacks(name, callback, attacks)
    main = ["quality/distance"] if has_quality else []
    main += ["gap/mean"] if has_gap else []
    main += [f"attack/{name}/auc" for name in attacks]
    main += ["loss/generator", "loss/discriminator"]
    known = {*main, *(f"attack/{name}/{metric}" for name in attacks for metric in LOGGED)}
    numbered = ["loss/discriminator_", *(["gap/partition_"] if has_gap else [])]
    for name, callback in callbacks.items():
        monitor = getattr(callback, "monitor", None)
        is_checked_later = monitor is None or (has_quality and monitor.startswith("quality/"))
        counted = isinstance(callback, ModelCheckpoint) and monitor in ("epoch", "step")
        prefix, _, k = (monitor or "").rpartition("_")
        is_numbered = f"{prefix}_" in numbered and k.isdecimal() and int(k) < num_partitions
        if not is_checked_later and not counted and monitor not in known and not is_numbered:
            raise ParganError(
                "is not measured by this run",
                argument=f"callbacks.{name}.monitor",
                value=monitor,
                remedy=f"choose one of {', '.join(main)}",
            )


def _refuse_unknown_attacks(name: str, progress: EpochProgress, attacks: Sequence[str]) -> None:
    # Stored configurations of earlier versions name those of SHOWN, whatever attacks the run has.
    if {*progress.attacks} - {*attacks, *SHOWN}:
        raise ParganError(
            "names attacks that do not run during training",
            argument=f"callbacks.{name}.attacks",
            value=f"[{','.join(progress.attacks)}]",
            remedy=f"choose among {', '.join(attacks)}" if attacks else "give null",
        )


def refuse_unmeasured_quality(
    objective: str, callbacks: Mapping[str, Callback], datamodule: PartitionDataModule
) -> None:
    """Refuse the name of a quality metric that the data set does not measure, before anything is trained.

    The names come from measuring a few real records, because a data set's measure is a function that may return any.

    Args:
        objective: the metric that a sweep's optimizer minimises; other names than quality/... are not checked here.
        callbacks: by their names in the configuration; so are the names that they monitor.
        datamodule: set up.

    Raises:
        ParganError: no quality metric has that name.
    """
    names = {"objective": objective}
    names |= {f"callbacks.{name}.monitor": getattr(callback, "monitor", "") for name, callback in callbacks.items()}
    names = {key: name for key, name in names.items() if name and name.startswith("quality/")}
    if not {*names.values()} - {"quality/distance"}:
        return
    known = ["quality/distance", *(f"quality/{name}" for name in quality_names(datamodule))]
    for key, name in names.items():
        if name not in known:
            remedy = f"choose one of {', '.join(known)}"
            raise ParganError("is not measured by this run", argument=key, value=name, remedy=remedy)


def quality_names(datamodule: PartitionDataModule) -> list[str]:
    """The quality metrics that the data set measures, from measuring a few real records."""
    records = datamodule.quality_records(FEW)
    return list(datamodule.pool.quality(records.nonmembers[:FEW], records, 0))
