"""Fail early if a callback monitors a metric that is never logged."""

from collections.abc import Mapping

from pytorch_lightning import Callback
from pytorch_lightning.callbacks import ModelCheckpoint

from pargan.callbacks import AttackCallback, GeneralizationGap, QualityCallback
from pargan.callbacks.attacks import LOGGED
from pargan.errors import ParganError


def check_monitors(callbacks: Mapping[str, Callback], num_partitions: int) -> None:
    """Refuse callbacks that monitor what no other one logs: Lightning would notice late, or not at all.

    Which quality metrics there are only the data set's own measure knows: those are taken on trust here, and
    looked at after the first epoch (`pargan.callbacks.monitors`). So are all where a callback is not one of ours.

    Args:
        callbacks: by their names in the configuration.
        num_partitions: K.

    Raises:
        ParganError: the first monitor that will not be there.
    """
    if any(
        type(each).__module__.partition(".")[0] not in ("pargan", "pytorch_lightning") for each in callbacks.values()
    ):
        return
    ours = callbacks.values()
    has_quality = any(isinstance(each, QualityCallback) for each in ours)
    has_gap = any(isinstance(each, GeneralizationGap) for each in ours)
    attacks = [name for each in ours if isinstance(each, AttackCallback) for name in each.attacks]
    main = ["quality/distance"] if has_quality else []
    main += ["gap/mean"] if has_gap else []
    main += [f"attack/{name}/auc" for name in attacks]
    main += ["loss/generator", "loss/discriminator"]
    known = {*main, *(f"attack/{name}/{metric}" for name in attacks for metric in LOGGED)}
    known |= {f"loss/discriminator_{k}" for k in range(num_partitions)}
    known |= {f"gap/partition_{k}" for k in range(num_partitions) if has_gap}
    for name, callback in callbacks.items():
        monitor = getattr(callback, "monitor", None)
        on_trust = monitor is None or (has_quality and monitor.startswith("quality/"))
        counted = isinstance(callback, ModelCheckpoint) and monitor in ("epoch", "step")
        if not on_trust and not counted and monitor not in known:
            raise ParganError(
                f"callbacks.{name}.monitor={monitor} is not measured by this run; choose one of {', '.join(main)}"
            )
