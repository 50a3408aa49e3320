"""The leakage curve: membership inference attacks while the run trains."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from pargan.attacks import Attack, refuse_without_models
from pargan.audits import AttackResult
from pargan.audits.evaluation import AttackRecords, attack_target, target_of
from pargan.callbacks.monitors import refuse_unmeasured
from pargan.callbacks.schedule import checked_interval, is_due, partition_datamodule
from pargan.io.files import append_text, write_atomically

LOGGED = ("auc", "auc_low", "auc_high", "tpr_at_1pct_fpr")


@dataclass(frozen=True)
class ScheduledAttack:
    """An attack and when it runs in training.

    Attributes:
        attack: the attack.
        every_n_epochs: it runs after every n-th epoch, and after the first and the last.
        num_records: it runs on at most this many members and as many nonmembers, the same ones every time.
    """

    attack: Attack
    every_n_epochs: int = 1
    num_records: int = 500

    def __post_init__(self) -> None:
        checked_interval(self.every_n_epochs)


class AttackCallback(pl.Callback):
    """Logs `attack/<name>/auc`, `auc_low`, `auc_high` and `tpr_at_1pct_fpr` of each attack.

    The networks' weights are bit-equal with and without this callback.

    Args:
        attacks: the attacks by name, each with its own rhythm.
        num_samples: generated records the attacks may look at; drawn once per epoch, shared by all attacks.
        draws: bootstrap draws of the 95 % interval.
        seed: for subsamples, latents and bootstrap.
        path: a file to which every result is appended as one JSON line.
        records: whom to attack; taken from the run's PartitionDataModule where this is None.
    """

    def __init__(
        self,
        attacks: Mapping[str, ScheduledAttack],
        num_samples: int = 2000,
        draws: int = 500,
        seed: int = 0,
        path: str | Path | None = None,
        records: AttackRecords | None = None,
    ) -> None:
        refuse_without_models({name: scheduled.attack for name, scheduled in attacks.items()})
        self.attacks = dict(attacks)
        self.num_samples = num_samples
        self.draws = draws
        self.seed = seed
        self.path = None if path is None else Path(path)
        self.records = records
        self.seconds = 0.0
        self._by_size: dict[int, AttackRecords] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Choose the records once; forget the lines of epochs that a resumed run trains again."""
        for size in {scheduled.num_records for scheduled in self.attacks.values()}:
            self._by_size[size] = self._choose(trainer, size)
        if self.path is not None and self.path.is_file():
            kept = [line for line in self.path.read_text().splitlines() if _is_before(line, trainer.current_epoch)]
            write_atomically(self.path, "".join(f"{line}\n" for line in kept).encode())

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Run the attacks that are due."""
        due = {name: each for name, each in self.attacks.items() if is_due(trainer, each.every_n_epochs)}
        if not due:
            return
        start = time.perf_counter()
        results = self._run(due, pl_module)
        self.seconds += time.perf_counter() - start
        for result in results:
            metrics = result.to_dict()
            measured = {key: metrics[key] for key in LOGGED if metrics[key] is not None}
            pl_module.log_dict({f"attack/{result.name}/{key}": value for key, value in measured.items()})
            refuse_unmeasured(trainer, f"attack/{result.name}/", measured)
            if self.path is not None:
                append_text(self.path, json.dumps({"epoch": trainer.current_epoch, **metrics}) + "\n")

    def _choose(self, trainer: pl.Trainer, size: int) -> AttackRecords:
        if self.records is None:
            datamodule = partition_datamodule(
                trainer, self, "fit with a PartitionDataModule, or pass `records` to the callback"
            )
            return AttackRecords.of(datamodule, size, self.seed)
        return self.records.subset(size, self.seed)

    def _run(self, due: Mapping[str, ScheduledAttack], pl_module: Any) -> list[AttackResult]:
        any_size = next(iter(self._by_size.values()))
        target = target_of(pl_module, any_size.reference, self.num_samples, self.seed, any_size.reference_labels)
        results: list[AttackResult] = []
        for size, records in self._by_size.items():
            attacks = {name: each.attack for name, each in due.items() if each.num_records == size}
            results += attack_target(target, records, attacks, self.draws, self.seed)
        return results


def _is_before(line: str, epoch: int) -> bool:
    try:
        return bool(json.loads(line)["epoch"] < epoch)
    except json.JSONDecodeError:  # the process was killed in the middle of this line
        return False
