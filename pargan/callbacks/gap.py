"""The generalization gap of every discriminator during training."""

import time
from typing import Any

import numpy as np
import pytorch_lightning as pl

from pargan.attacks import standardised_logits
from pargan.audits.records import AttackRecords
from pargan.audits.targets import target_of
from pargan.callbacks.monitors import refuse_unmeasured
from pargan.callbacks.schedule import checked_interval, is_due, partition_datamodule
from pargan.metrics.gap import generalization_gap


class GeneralizationGap(pl.Callback):
    """Logs the generalization gap as `gap/partition_<k>` and `gap/mean`, in standard deviations of the logit.

    Args:
        every_n_epochs: measures after every n-th epoch, the first, and epoch `max_epochs`.
        num_records: at most this many members of all partitions together, and as many nonmembers.
        seed: for the choice of records.

    Raises:
        ParganError: an interval below 1, or a trainer without a `PartitionDataModule`.
    """

    def __init__(self, every_n_epochs: int = 10, num_records: int = 500, seed: int = 0) -> None:
        self.every_n_epochs = checked_interval(every_n_epochs)
        self.num_records = num_records
        self.seed = seed
        self.seconds = 0.0
        self._records: AttackRecords | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Choose the records."""
        records = AttackRecords.of(partition_datamodule(trainer, self), self.num_records, self.seed)
        self._records = records if records.can_be_attacked else None

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Measure and log the gap if it is due."""
        if self._records is None or not is_due(trainer, self.every_n_epochs):
            return
        start = time.perf_counter()
        records = self._records
        assert records.partition is not None  # those of a datamodule are known
        target = target_of(
            pl_module, records.reference, num_samples=1, seed=self.seed, condition_of=records.condition_of
        )
        members, nonmembers = (
            standardised_logits(target, group.to(pl_module.device)).cpu().numpy()
            for group in (records.members, records.nonmembers)
        )
        gaps = generalization_gap(members, records.partition.numpy(), nonmembers)
        self.seconds += time.perf_counter() - start
        # The gap of a partition without any chosen member is NaN.
        metrics = {f"partition_{k}": gap for k, gap in enumerate(gaps) if not np.isnan(gap)}
        metrics["mean"] = np.nanmean(gaps)
        pl_module.log_dict({f"gap/{name}": value for name, value in metrics.items()})
        refuse_unmeasured(trainer, "gap/", metrics)
