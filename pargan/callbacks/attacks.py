"""The leakage curve: membership inference attacks while the run trains."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from pargan.attacks import Attack, refuse_without_models
from pargan.audits.audit import attack_target
from pargan.audits.records import AttackRecords
from pargan.audits.settings import AuditSettings
from pargan.audits.targets import target_of
from pargan.callbacks.monitors import refuse_unmeasured
from pargan.callbacks.schedule import checked_interval, is_due, partition_datamodule
from pargan.io.files import append_text, write_atomically
from pargan.io.json_lines import read_json_lines

LOGGED = ("auc", "auc_low", "auc_high", "tpr_at_1pct_fpr")


class AttackCallback(pl.Callback):
    """Logs `attack/<name>/auc`, `auc_low`, `auc_high` and `tpr_at_1pct_fpr` of each attack.

    The networks' weights are bit-equal with and without this callback. For attacks at different intervals, or of
    different numbers of records, add one callback for each.

    Args:
        attacks: the attacks by name.
        every_n_epochs: they run after every n-th epoch, the first, and epoch `max_epochs`.
        num_records: at most this many members and as many nonmembers are attacked, the same ones every time; None
            takes all of them.
        num_samples: generated records the attacks may look at; drawn once per epoch, shared by all attacks.
        draws: bootstrap draws of the 95 % interval.
        seed: for subsamples, latents and bootstrap.
        path: a file to which every result is appended as one JSON line; a fit that starts at epoch e first removes the
            lines of epochs from e on.
        records: whom to attack; taken from the run's PartitionDataModule where this is None.

    Raises:
        ParganError: a value out of range, or an attack that trains reference models.
    """

    def __init__(
        self,
        attacks: Mapping[str, Attack],
        every_n_epochs: int = 1,
        num_records: int | None = 500,
        num_samples: int = 2000,
        draws: int = 500,
        seed: int = 0,
        path: str | Path | None = None,
        records: AttackRecords | None = None,
    ) -> None:
        refuse_without_models(attacks)
        self.attacks = dict(attacks)
        self.every_n_epochs = checked_interval(every_n_epochs)
        self.settings = AuditSettings(num_samples=num_samples, num_records=num_records, draws=draws, seed=seed)
        self.path = None if path is None else Path(path)
        self.records = records
        self.seconds = 0.0
        self._attacked: AttackRecords | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Choose the records once; drop the lines of epochs that a resumed run trains again."""
        num_records, seed = self.settings.num_records, self.settings.seed
        if self.records is not None:
            self._attacked = self.records.subset(num_records, seed)
        elif self.attacks:
            datamodule = partition_datamodule(
                trainer, self, "fit with a PartitionDataModule, or pass `records` to the callback"
            )
            records = AttackRecords.of(datamodule, num_records, seed)
            self._attacked = records if records.can_be_attacked else None  # as the audit at the end says
        if self.path is not None and self.path.is_file():
            lines = read_json_lines(self.path, "epoch")
            kept = [line for line, epoch in lines if epoch < trainer.current_epoch]
            write_atomically(self.path, "".join(f"{line}\n" for line in kept).encode())

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Run the attacks where they are due."""
        if self._attacked is None or not self.attacks or not is_due(trainer, self.every_n_epochs):
            return
        start = time.perf_counter()
        attacked, settings = self._attacked, self.settings
        target = target_of(
            *(pl_module, attacked.reference, settings.num_samples, settings.seed),
            reference_labels=attacked.reference_labels,
            condition_of=attacked.condition_of,
        )
        results = attack_target(target, self._attacked, self.attacks, self.settings)
        self.seconds += time.perf_counter() - start
        for result in results:
            metrics = result.to_dict()
            logged = {key: metrics[key] for key in LOGGED if metrics[key] is not None}
            pl_module.log_dict({f"attack/{result.name}/{key}": value for key, value in logged.items()})
            refuse_unmeasured(trainer, f"attack/{result.name}/", logged)
            if self.path is not None:
                append_text(self.path, json.dumps({"epoch": trainer.current_epoch, **metrics}) + "\n")
