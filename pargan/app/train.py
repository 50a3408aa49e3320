"""Train from a composed configuration: prepare, fit, audit, write."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning.loggers import Logger, WandbLogger

from pargan import report
from pargan.app.logged_config import logged_config
from pargan.app.logged_results import curve_summaries
from pargan.app.matched_categories import match_categories, note_on_categories
from pargan.app.monitor_checks import quality_names
from pargan.app.objects import build_module, cpu_threads, quiet_lightning
from pargan.app.prepare import PreparedRun, prepare
from pargan.app.rehearsal import how_long
from pargan.app.wandb_access import refuse_unreachable_wandb, wandb_errors
from pargan.app.write import describe_run, print_schema, shows_records, with_safe_cells, write_audit, write_schema
from pargan.audits.audit import audit_module
from pargan.errors import ParganError, counted
from pargan.io.loggers import finish_wandb, shows_images
from pargan.io.run_summary import define_summaries


def train(cfg: DictConfig, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Train, audit at full size, and leave everything in the run directory `cfg.run_directory`.

    Args:
        cfg: the composed training configuration, which is not changed.
        settings: what names the run in tables: data set, loss, num_partitions, seed, overrides.

    Returns:
        What result.json holds.
    """
    run = prepare(cfg)
    print_schema(run.datamodule.spec)
    write_schema(run.datamodule.spec, run.directory)
    for note in [*run.datamodule.pool.notes, *note_on_categories(cfg, run.module, run.datamodule.spec)]:
        print(f"note: {note}", flush=True)
    print(_sizes(run), flush=True)
    if (duration := how_long(cfg, run)) is not None:
        print(f"this will take {duration}", flush=True)
    with _opened_loggers(cfg, run) as loggers:
        fit_seconds = _fit(cfg, run, loggers)
        print(f"auditing with {', '.join(run.attacks) or 'no attack'}", flush=True)
        untrained = build_module(cfg, run.datamodule.spec, run.datamodule.conditioning)
        audit = audit_module(run.module, run.datamodule, run.attacks, run.audit, untrained)
        audit = report.with_better_epoch(audit, report.read_history(run.directory.metrics))
        observers = {name: call.seconds for name, call in run.callbacks.items() if hasattr(call, "seconds")}
        description = {
            "settings": dict(settings),
            **describe_run(run.module, run.datamodule),
            "timings": {"fit": fit_seconds, "in_fit": observers, "audit": audit.seconds},
        }
        step = run.module.generator_steps
        spec = with_safe_cells(run.datamodule.spec, cfg.get("csv_safe", False))  # runs of earlier versions have no key
        return write_audit(
            *(audit, spec, run.directory, description, loggers, step, cfg.log_real_records),
            include_records=shows_records(cfg),
            gate=run.gate,
        )


def objective(name: str, result: Mapping[str, Any]) -> float:
    """The one number of a run that a sweep's optimiser minimises.

    Args:
        name: quality/distance, quality/<metric> or attack/<name>/auc.
        result: what `train` returned.

    Raises:
        ParganError: `name` was not measured.
    """
    metrics = {f"quality/{metric}": value for metric, value in result["quality"].items()}
    metrics["quality/distance"] = next(iter(result["quality"].values()))
    metrics |= {f"attack/{attack['attack']}/auc": attack["auc"] for attack in result["attacks"]}
    if name not in metrics:
        raise ParganError(
            "was not measured", argument="objective", value=name, remedy=f"choose one of {', '.join(metrics)}"
        )
    return float(metrics[name])


def _sizes(run: PreparedRun) -> str:
    """On how much data, and how long, in a line."""
    membership, steps = run.datamodule.membership, run.datamodule.steps_per_epoch
    num_partitions, size = membership.partitions.shape
    held_out = (
        f"{counted(len(membership.nonmembers), 'nonmember')}, {counted(len(membership.reference), 'reference record')}"
    )
    max_epochs = run.trainer.max_epochs
    epochs = "epochs without end" if max_epochs in (None, -1) else counted(max_epochs, "epoch")
    continued = "" if run.checkpoint is None else f", continued from {run.checkpoint.name}"
    members = f"{counted(membership.members.size, 'member')} ({num_partitions} x {size:,})"
    return f"{members}, {held_out}; {epochs} of {counted(steps, 'step')}{continued}"


def _fit(cfg: DictConfig, run: PreparedRun, loggers: Sequence[Logger]) -> float:
    """Train, or continue a training; returns the seconds it took."""
    run.trainer.loggers = list(loggers)
    for logger in loggers:
        logger.log_hyperparams(logged_config(cfg, with_paths=cfg.log_real_records))
        if isinstance(logger, WandbLogger):  # names of quality metrics take a second to find
            define_summaries(logger, curve_summaries(run.attacks, quality_names(run.datamodule)))
    run.directory.create_private()
    run.datamodule.membership.save(run.directory.membership)
    with quiet_lightning(), cpu_threads(cfg.model.threads):
        start = time.perf_counter()
        run.trainer.fit(run.module, run.datamodule, ckpt_path=run.checkpoint)
        match_categories(cfg, run.module, run.datamodule)
        seconds = time.perf_counter() - start
        if run.trainer.checkpoint_callback is not None:  # the last epoch need not have been one of its epochs
            run.trainer.save_checkpoint(run.directory.last_checkpoint)
    return seconds


@contextmanager
def _opened_loggers(cfg: DictConfig, run: PreparedRun) -> Iterator[list[Logger]]:
    """The open loggers, metrics.csv among them; closed on errors too, so that a later run cannot write to them."""
    loggers: list[Logger] = [run.metrics]
    status = "failed"
    try:
        with quiet_lightning(), wandb_errors():
            refuse_unreachable_wandb(cfg.logger)
            loggers += instantiate(cfg.logger).values()
            for logger in loggers:
                _ = logger.experiment if isinstance(logger, WandbLogger) else None  # starts it, or fails, now
        if cfg.log_real_records and any(shows_images(logger) for logger in loggers):
            warning = "log_real_records=true sends images of real records, members among them, and paths to the loggers"
            print(f"warning: {warning}", file=sys.stderr)
        yield loggers
        status = "success"
    finally:
        for logger in loggers:
            logger.finalize(status)
        finish_wandb(exit_code=0 if status == "success" else 1)
