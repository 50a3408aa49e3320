"""Everything a training needs, built before anything is written: every refusal, then every object."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning import Callback, Trainer

from pargan.app.component_checks import check_arguments, check_optimizers
from pargan.app.config_digest import ConfigDigestInCheckpoint, check_config_digest
from pargan.app.gate_checks import build_gate
from pargan.app.memory_checks import check_memory
from pargan.app.monitor_checks import check_monitors, quality_names, refuse_unmeasured_quality
from pargan.app.objects import build_attacks, build_datamodule, build_module, build_trainer, quiet_lightning
from pargan.attacks import Attack, refuse_without_models
from pargan.audits.gate import Gate
from pargan.audits.settings import AuditSettings
from pargan.callbacks import BackupPreviousResult, RowBeforeCheckpoint
from pargan.data.datamodule import PartitionDataModule
from pargan.data.membership import Membership
from pargan.errors import ParganError
from pargan.gan.dry_run import refuse_unfit_networks
from pargan.gan.module import ParGANModule
from pargan.io.checkpoints import load_checkpoint
from pargan.io.json_lines import read_json_lines
from pargan.io.loggers import EpochCsvLogger
from pargan.io.run_directory import RunDirectory


@dataclass(frozen=True)
class PreparedRun:
    """A run that is ready to be trained.

    Attributes:
        directory: where it writes.
        datamodule: its data, set up.
        module: its networks, with initial weights.
        trainer: without loggers, which write as soon as they exist.
        metrics: the logger of metrics.csv.
        callbacks: those of the configuration, by name.
        attacks: by name.
        audit: settings of the final audit.
        gate: what its result is compared with; None without `fail_if`.
        checkpoint: where an interrupted run continues; None in a new run.
    """

    directory: RunDirectory
    datamodule: PartitionDataModule
    module: ParGANModule
    trainer: Trainer
    metrics: EpochCsvLogger
    callbacks: Mapping[str, Callback]
    attacks: Mapping[str, Attack]
    audit: AuditSettings
    gate: Gate | None
    checkpoint: Path | None


def prepare(cfg: DictConfig) -> PreparedRun:
    """Build everything that a training needs; writes nothing.

    A run directory that already holds a membership file is continued from its last checkpoint.

    Raises:
        ParganError: whatever is wrong with the configuration, the data, the networks or the directory.
    """
    directory = RunDirectory(Path(cfg.run_directory))
    membership, checkpoint = _interrupted(directory)
    check_arguments(cfg)
    check_optimizers(cfg)
    attacks = build_attacks(cfg)
    refuse_without_models(attacks, remedy="leave it out here and run it with attack.py run=...")
    callbacks: dict[str, Callback] = instantiate(cfg.callbacks, _convert_="all")
    check_monitors(callbacks, cfg.num_partitions)
    audit = instantiate(cfg.audit)
    device = torch.device("cpu") if cfg.trainer.accelerator == "cpu" else None
    datamodule = build_datamodule(cfg, membership, device)
    check_memory(cfg, datamodule.spec)
    module = build_module(cfg, datamodule.spec, datamodule.conditioning)
    _refuse_other_num_partitions(module, datamodule)
    refuse_unfit_networks(module, datamodule.spec.shape, datamodule.batch_size)
    module.refuse_half_precision(cfg.trainer.precision)
    refuse_unmeasured_quality(cfg.objective, callbacks, datamodule)
    _refuse_no_batch(cfg, datamodule.steps_per_epoch)
    gate = build_gate(cfg, attacks, audit.controls, lambda: quality_names(datamodule))
    metrics = EpochCsvLogger(directory.metrics)
    internal: list[Callback] = [
        RowBeforeCheckpoint(metrics),
        BackupPreviousResult(directory.result, directory.result_before),
        ConfigDigestInCheckpoint(directory),
    ]
    with quiet_lightning():
        trainer = build_trainer(cfg, [*callbacks.values(), *internal], _max_epochs(cfg, datamodule.steps_per_epoch))
    module.acceleration.refuse(trainer.strategy.root_device, str(cfg.trainer.precision))
    return PreparedRun(directory, datamodule, module, trainer, metrics, callbacks, attacks, audit, gate, checkpoint)


def _max_epochs(cfg: DictConfig, steps_per_epoch: int) -> int:
    """The epochs of `generator_steps` or `trainer.max_epochs`, whichever ends first."""
    limit: int = cfg.trainer.max_epochs
    if cfg.generator_steps is None:
        return limit
    epochs = ceil(cfg.generator_steps / steps_per_epoch)
    return epochs if limit == -1 else min(epochs, limit)


def _refuse_no_batch(cfg: DictConfig, steps_per_epoch: int) -> None:
    share = cfg.trainer.get("limit_train_batches")
    if isinstance(share, float) and share * steps_per_epoch < 1:
        raise ParganError(
            f"leaves no batch of the {steps_per_epoch} of an epoch",
            argument="trainer.limit_train_batches",
            value=share,
            remedy="give a number of batches, as in +trainer.limit_train_batches=1",
        )


def _refuse_other_num_partitions(module: ParGANModule, datamodule: PartitionDataModule) -> None:
    if module.num_partitions != datamodule.num_partitions:
        raise ParganError(
            f"differs from data.num_partitions={datamodule.num_partitions}",
            argument="module.num_partitions",
            value=module.num_partitions,
            remedy="give num_partitions=... alone, which sets both",
        )


def _interrupted(directory: RunDirectory) -> tuple[Membership | None, Path | None]:
    """The membership and the checkpoint of an interrupted run; neither in a new one.

    A run that was stopped before its first checkpoint starts anew with the same membership.
    """
    if not directory.membership.is_file():
        return None, None
    membership = Membership.load(directory.membership)
    if not directory.last_checkpoint.is_file():
        return membership, None
    # Refuses a damaged one before anything is built on it.
    check_config_digest(directory, load_checkpoint(directory.last_checkpoint))
    if directory.attacks.is_file():
        read_json_lines(directory.attacks, "epoch")
    return membership, directory.last_checkpoint
