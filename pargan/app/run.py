"""Train or attack from a composed configuration: build in data-flow order, fit, evaluate, report."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger
from rich.console import Console

from pargan import report
from pargan.app.build import Built, build, build_attacks, build_trainer, cpu_threads, device_of, quiet_lightning
from pargan.app.monitor_checks import check_monitors
from pargan.app.reference_models import with_reference_models
from pargan.app.saved_config import load_config
from pargan.app.sweep import PRINTED_WIDTH
from pargan.attacks import Attack, refuse_without_models
from pargan.audits.evaluation import Evaluation, evaluate
from pargan.callbacks import BackupPreviousResult, RowBeforeCheckpoint
from pargan.data.membership import Membership
from pargan.errors import ParganError
from pargan.io.checkpoints import load_checkpoint
from pargan.io.files import write_atomically
from pargan.io.loggers import EpochCsvLogger, finish_wandb, log_image, log_table
from pargan.io.provenance import provenance
from pargan.io.run_directory import RunDirectory

SHOWN = 500  # generated records in an image, and real ones beside them


def train(cfg: DictConfig, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Train, evaluate at full size, and leave everything in the run directory `cfg.run_directory`.

    A run directory that already holds a membership file is continued from its last checkpoint.

    Args:
        cfg: the composed training configuration.
        settings: what names the run in tables: data set, loss, num_partitions, seed, overrides.

    Returns:
        What result.json holds.
    """
    attacks = build_attacks(cfg)
    refuse_without_models(attacks, remedy="leave it out here and run it with attack.py run=...")
    callbacks = instantiate(cfg.callbacks, _convert_="all")
    check_monitors(callbacks, cfg.num_partitions)
    directory = RunDirectory(Path(cfg.run_directory))
    membership, checkpoint = _left_behind(directory)
    built = build(cfg, membership, torch.device("cpu") if cfg.trainer.accelerator == "cpu" else None)
    built.module.refuse_half_precision(cfg.trainer.precision)
    if cfg.generator_steps is not None:
        epochs = ceil(cfg.generator_steps / built.datamodule.steps_per_epoch)
        # Whichever ends first, so that a trainer.max_epochs on the command line is never passed over.
        cfg.trainer.max_epochs = epochs if cfg.trainer.max_epochs == -1 else min(epochs, cfg.trainer.max_epochs)
    loggers: list[Logger] = []
    finished = False
    try:
        rows = EpochCsvLogger(directory.metrics)
        loggers += [rows, *instantiate(cfg.logger).values()]
        with quiet_lightning(), cpu_threads(cfg.model.threads):
            own = [RowBeforeCheckpoint(rows), BackupPreviousResult(directory.result, directory.result_before)]
            trainer = build_trainer(cfg, [*callbacks.values(), *own], loggers)
            built.module.acceleration.refuse(trainer.strategy.root_device, str(cfg.trainer.precision))
            for logger in loggers:
                logger.log_hyperparams(_plain(cfg))
            built.datamodule.membership.save(directory.membership)
            started = time.perf_counter()
            trainer.fit(built.module, built.datamodule, ckpt_path=checkpoint)
            fit_seconds = time.perf_counter() - started
            if trainer.checkpoint_callback is not None:  # the last epoch need not have been one of its epochs
                trainer.save_checkpoint(directory.last_checkpoint)
        evaluation = _evaluated(cfg, built, attacks)
        observers = {name: each.seconds for name, each in callbacks.items() if hasattr(each, "seconds")}
        result = {
            "status": "finished",
            "settings": dict(settings),
            **_measured(built, evaluation),
            "timings": {"fit": fit_seconds, "in_fit": observers, "evaluation": evaluation.seconds},
            "provenance": provenance(),
        }
        _leave(directory, built, evaluation, result, loggers)
        finished = True
        return result
    finally:
        for logger in loggers:
            logger.finalize("success" if finished else "failed")
        finish_wandb(0 if finished else 1)


def attack(cfg: DictConfig, output: Path) -> dict[str, Any]:
    """Attack what `cfg.target` names, and write to `output`.

    Returns:
        What result.json in `output` holds.
    """
    result: dict[str, Any] = instantiate(cfg.target)(cfg, output)
    return result


def attack_run(cfg: DictConfig, output: Path) -> dict[str, Any]:
    """target=run: rebuild the finished run `cfg.run` from its directory alone, attack it, and write to `output`."""
    directory = RunDirectory.open(cfg.run)
    trained = load_config(directory)
    if cfg.data_dir is not None:
        trained.data_dir = cfg.data_dir
    if cfg.dataset.path is not None:
        if "path" not in trained.dataset:
            raise ParganError(
                f"dataset.path={cfg.dataset.path} cannot be given: the run's data set reads no such file; leave it out"
            )
        trained.dataset.path = cfg.dataset.path
    trained.inception = cfg.inception
    device = device_of(cfg.device)
    checkpoint = load_checkpoint(directory.checkpoint(str(cfg.checkpoint)))
    built = build(trained, Membership.load(directory.membership), device)
    built.module.on_load_checkpoint(checkpoint)
    built.datamodule.load_state_dict(checkpoint[type(built.datamodule).__qualname__])
    built.module.load_state_dict(checkpoint["state_dict"])
    built.module.to(device)
    started = time.perf_counter()
    attacks = with_reference_models(
        build_attacks(cfg),
        trained,
        built,
        directory,
        seed=cfg.seed,
        device=device,
        num_samples=cfg.evaluation.num_samples,
    )
    reference_seconds = time.perf_counter() - started
    evaluation = _evaluated(cfg, built, attacks)
    result = {
        "status": "finished",
        "settings": {"run": str(directory.path), "checkpoint": cfg.checkpoint, "seed": cfg.seed},
        **_measured(built, evaluation),
        "timings": {"reference_models": reference_seconds, "evaluation": evaluation.seconds},
        "provenance": provenance(),
    }
    _leave(replace(directory, path=output), built, evaluation, result, loggers=[])
    return result


def objective(cfg: DictConfig, result: Mapping[str, Any]) -> float:
    """The one number of a run that a sweep's optimiser minimises.

    Raises:
        ParganError: `cfg.objective` is not among the run's metrics.
    """
    metrics = {f"quality/{name}": value for name, value in result["quality"].items()}
    metrics["quality/distance"] = next(iter(result["quality"].values()))
    metrics |= {f"attack/{each['attack']}/auc": each["auc"] for each in result["attacks"]}
    if cfg.objective not in metrics:
        raise ParganError(f"objective={cfg.objective} was not measured; choose one of {', '.join(metrics)}")
    return float(metrics[cfg.objective])


def _plain(cfg: DictConfig) -> dict[str, Any]:
    return {str(key): value for key, value in dict(OmegaConf.to_container(cfg, resolve=True)).items()}  # type: ignore[arg-type]


def _left_behind(directory: RunDirectory) -> tuple[Membership | None, Path | None]:
    """The membership and the checkpoint of an interrupted run; neither in a new one.

    A run that was stopped before its first checkpoint starts anew with the same membership.
    """
    if not directory.membership.is_file():
        return None, None
    membership = Membership.load(directory.membership)
    if not directory.last_checkpoint.is_file():
        return membership, None
    load_checkpoint(directory.last_checkpoint)  # refuses a damaged one before anything is built on it
    return membership, directory.last_checkpoint


def _evaluated(cfg: DictConfig, built: Built, attacks: Mapping[str, Attack]) -> Evaluation:
    return evaluate(built.module, built.datamodule, attacks, **cfg.evaluation, seed=cfg.seed, untrained=built.untrained)


def _measured(built: Built, evaluation: Evaluation) -> dict[str, Any]:
    membership = built.datamodule.membership
    steps, steps_per_epoch = built.module.generator_steps, built.datamodule.steps_per_epoch
    return {
        # Not Lightning's own count, which in a checkpoint that a callback saved is one less.
        "training": {
            "epochs": steps // steps_per_epoch,
            "generator_steps": steps,
            "steps_per_epoch": steps_per_epoch,
        },
        **evaluation.to_dict(),
        "data": {
            "records": len(built.datamodule.pool),
            "partitions": list(membership.partitions.shape),
            "members": membership.members.size,
            "nonmembers": len(membership.nonmembers),
            "reference": len(membership.reference),
            "duplicates_found": membership.duplicates_found,
            "duplicates_dropped": membership.duplicates_dropped,
        },
    }


def _leave(
    directory: RunDirectory,
    built: Built,
    evaluation: Evaluation,
    result: Mapping[str, Any],
    loggers: Sequence[Logger],
) -> None:
    """Images, generated records, result.json last, then the table."""
    spec = built.datamodule.spec
    real = built.datamodule.take_nonmembers(SHOWN)
    images = [report.draw_samples(spec, evaluation.samples[:SHOWN], real, directory.samples / "final.png")]
    images += [curve for draw in (report.loss_curves, report.auc_curves) if (curve := draw(directory)) is not None]
    images += report.write_attacks(spec, evaluation, directory)
    spec.write(evaluation.samples, directory.samples / "generated")
    write_atomically(directory.result, json.dumps(result, indent=2).encode())
    for logger in loggers:
        for image in images:
            log_image(logger, f"final/{image.stem}", image, built.module.generator_steps)
        log_table(logger, "final/metrics", ["metric", "value", "95 % low", "95 % high"], _rows(result))
    console = Console(width=None if sys.stdout.isatty() else PRINTED_WIDTH)
    console.print(report.summary(result, directory.from_here), crop=False)


def _rows(result: Mapping[str, Any]) -> list[list[Any]]:
    rows = [[f"quality/{name}", value, None, None] for name, value in result["quality"].items()]
    return rows + [[f"attack/{a['attack']}/auc", a["auc"], a["auc_low"], a["auc_high"]] for a in result["attacks"]]
