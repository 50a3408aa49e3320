"""Attack from a composed configuration: load, audit, write."""

import time
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

from pargan import report
from pargan.app.component_checks import check_arguments
from pargan.app.gate_checks import build_gate
from pargan.app.load_run import load_run
from pargan.app.monitor_checks import quality_names
from pargan.app.objects import build_attacks
from pargan.app.reference_models import with_reference_models
from pargan.app.write import describe_run, shows_records, with_safe_cells, write_audit
from pargan.audits.audit import audit_module
from pargan.io.run_directory import RunDirectory


def attack(cfg: DictConfig, output: Path) -> dict[str, Any]:
    """Attack what `cfg.target` names, and write to `output`.

    Returns:
        What result.json in `output` holds.
    """
    check_arguments(cfg)
    result: dict[str, Any] = instantiate(cfg.target)(cfg, output)
    return result


def attack_run(cfg: DictConfig, output: Path) -> dict[str, Any]:
    """target=run: rebuild the finished run `cfg.run` from its directory alone, attack it, and write to `output`."""
    settings = instantiate(cfg.audit)
    run = load_run(
        cfg.run,
        str(cfg.checkpoint),
        cfg.device,
        data_dir=cfg.data_dir,
        dataset_path=cfg.dataset.path,
        inception=cfg.inception,
        trust=cfg.trust,
    )
    # A damaged file is refused before hours of attacks. Of another checkpoint the history of the last one says nothing.
    history = report.read_history(run.directory.metrics) if str(cfg.checkpoint) == "last" else {}
    chosen = build_attacks(cfg, run.datamodule.spec)
    gate = build_gate(cfg, chosen, settings.controls, lambda: quality_names(run.datamodule))
    start = time.perf_counter()
    attacks = with_reference_models(chosen, run, seed=settings.seed, num_samples=settings.num_samples)
    reference_seconds = time.perf_counter() - start
    audit = audit_module(run.module, run.datamodule, attacks, settings, run.untrained())
    audit = report.with_better_epoch(audit, history)
    description = {
        "settings": {"run": str(run.directory.path), "checkpoint": cfg.checkpoint, "seed": cfg.seed},
        **describe_run(run.module, run.datamodule),
        "timings": {"reference_models": reference_seconds, "audit": audit.seconds},
    }
    spec = with_safe_cells(run.datamodule.spec, cfg.csv_safe)
    return write_audit(audit, spec, RunDirectory(output), description, include_records=shows_records(cfg), gate=gate)
