"""The quality of generated records during training."""

import time
from typing import Any

import pytorch_lightning as pl

from pargan.callbacks.monitors import refuse_unmeasured
from pargan.callbacks.schedule import checked_interval, is_due, partition_datamodule
from pargan.records.pool import QualityRecords
from pargan.seeding import derive


class QualityCallback(pl.Callback):
    """Logs the quality metrics of the data set as `quality/<metric>`.

    The first of them, where lower is better, is also logged as `quality/distance`: a name that every data set has,
    for early stopping and the best checkpoint to monitor. What is chosen by it must not be chosen by the nonmembers,
    which are attacked afterwards: generated records are compared with up to half of the reference set. The audit at
    the end compares with nonmembers.

    Args:
        every_n_epochs: measures after every n-th epoch, the first, and epoch `max_epochs`.
        num_samples: generated records per measurement.
        num_records: at most this many records of each group to compare with.
        seed: for subsamples and latents.

    Raises:
        ParganError: an interval below 1, or a trainer without a `PartitionDataModule`.
    """

    def __init__(
        self, every_n_epochs: int = 10, num_samples: int = 500, num_records: int = 1000, seed: int = 0
    ) -> None:
        self.every_n_epochs = checked_interval(every_n_epochs)
        self.num_samples = num_samples
        self.num_records = num_records
        self.seed = seed
        self.seconds = 0.0
        self._records: QualityRecords | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Choose the records to compare with."""
        datamodule = partition_datamodule(trainer, self)
        self._records = datamodule.selection_records(self.num_records, derive(self.seed, "quality records"))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Measure and log the quality if it is due."""
        if self._records is None or not is_due(trainer, self.every_n_epochs):
            return
        start = time.perf_counter()
        pool = partition_datamodule(trainer, self).pool
        samples = pl_module.sample(self.num_samples, derive(self.seed, "quality samples")).cpu().numpy()
        metrics = pool.quality(pool.spec.snap(samples), self._records, self.seed)
        self.seconds += time.perf_counter() - start
        pl_module.log_dict({f"quality/{name}": value for name, value in metrics.items()})
        pl_module.log("quality/distance", next(iter(metrics.values())))
        refuse_unmeasured(trainer, "quality/", ["distance", *metrics])
