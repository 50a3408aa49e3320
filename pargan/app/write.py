"""What an audit leaves behind, the same for training, runs and files: result.json, tables, plots, the terminal."""

import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger
from rich.console import Console, RenderableType

from pargan import report
from pargan.app.logged_results import run_summary
from pargan.app.sweep import PRINTED_WIDTH
from pargan.audits.gate import Gate
from pargan.audits.result import AuditResult
from pargan.data.datamodule import PartitionDataModule
from pargan.data.membership import Membership
from pargan.errors import counted
from pargan.gan.module import ParGANModule
from pargan.io.files import write_atomically
from pargan.io.loggers import log_image, log_table
from pargan.io.optional import optional
from pargan.io.provenance import provenance
from pargan.io.run_directory import RunDirectory
from pargan.io.run_summary import log_summary
from pargan.records.spec import RecordSpec
from pargan.records.tables import TableSpec

SHOWN = 500
"""Generated records in a plot, and as many real ones beside them."""


def write_audit(
    audit: AuditResult,
    spec: RecordSpec,
    directory: RunDirectory,
    description: Mapping[str, Any],
    loggers: Sequence[Logger] = (),
    step: int = 0,
    log_real_records: bool = False,
    include_records: bool = False,
    gate: Gate | None = None,
) -> dict[str, Any]:
    """Write result.json, then tables and generated records, then plots and the report, and print the summary.

    Metrics are written as soon as they exist: a plot that fails, or a logger, becomes a warning.

    Args:
        audit: what was measured.
        spec: the record format.
        directory: where to write.
        description: what else result.json holds: settings, data, timings, ...
        loggers: shown the plots and a table of the metrics.
        step: the generator step under which loggers show them.
        log_real_records: give loggers the plot that shows real records beside generated ones, and the most exposed
            members, and the path of the report. By default no record of the data goes to a logger.
        include_records: also write a report that shows the most exposed members.
        gate: what the result is compared with: `gate` in result.json, junit.xml, and a last line.

    Returns:
        What result.json holds.

    Raises:
        ParganError: a file of metrics or records cannot be written.
    """
    compared = None if gate is None else gate.apply(audit)
    result = {
        "schema_version": report.SCHEMA_VERSION,
        "status": "finished",
        **description,
        **audit.to_dict(),
        "gate": None if compared is None else compared.to_dict(),
        "notes": [*description.get("notes", []), *audit.notes()],
        "provenance": provenance(),
    }
    directory.create_private()
    write_atomically(directory.result, json.dumps(result, indent=2).encode())
    directory.junit.unlink(missing_ok=True)  # of the run before it was continued
    if compared is not None:
        write_atomically(directory.junit, report.junit_xml(compared))
    report.write_tables(audit, directory)
    if audit.access != "samples":  # else they came from a file of the user's
        spec.write(audit.samples, directory.samples / "generated")
    plots = _plots(audit, spec, directory, log_real_records)
    with optional("report.html"):
        report.write_report(directory, include_records)
    for logger in loggers:
        with optional(f"the end of the run in {type(logger).__name__}"):
            for plot in plots:
                log_image(logger, f"final/{plot.stem}", plot, step)
            log_table(logger, "final/metrics", ["metric", "value", "95 % low", "95 % high"], _rows(audit))
            log_summary(logger, run_summary(result, directory, log_real_records))
    files = {"report": directory.report, "records by risk": directory.records}
    here = {
        name: directory.from_here / file.relative_to(directory.path) for name, file in files.items() if file.is_file()
    }
    summary = report.summary(result, directory.from_here, here)
    with optional("summary.txt"):
        write_atomically(directory.summary, f"{_plain_text(summary)}\n".encode())
    _print(summary)
    if compared is not None:
        print(compared, flush=True)
    return result


def _print(shown: RenderableType) -> None:
    """Print to a terminal in its width and colours; to a file or a pipe as plain text."""
    if sys.stdout.isatty():
        Console().print(shown, crop=False)
    else:
        print(_plain_text(shown))


def _plain_text(shown: RenderableType) -> str:
    """Text in `PRINTED_WIDTH` columns, without the spaces that fill up lines."""
    text = io.StringIO()
    Console(file=text, width=PRINTED_WIDTH).print(shown, crop=False)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def print_schema(spec: RecordSpec) -> None:
    """Print what the columns of a table were taken for; other records have none."""
    if isinstance(spec, TableSpec) and spec.schema is not None:
        _print(report.schema_table(spec.schema))


def write_schema(spec: RecordSpec, directory: RunDirectory) -> None:
    """Write what the columns of a table were taken for to schema.json; other records have none.

    Raises:
        ParganError: the file cannot be written.
    """
    if isinstance(spec, TableSpec) and spec.schema is not None:
        spec.schema.write(directory.schema)


def _plots(audit: AuditResult, spec: RecordSpec, directory: RunDirectory, log_real_records: bool) -> list[Path]:
    """Draw every plot that can be drawn; returns those for loggers."""
    generated, real = audit.samples[:SHOWN], audit.nonmembers[:SHOWN] if len(audit.nonmembers) else None
    with optional("the samples beside real records"):
        report.draw_samples(spec, generated, real, directory.compared_samples / "final.png")
    plots = []
    with optional("samples/generated.png"):
        plots.append(report.draw_samples(spec, generated, None, directory.samples / "generated.png"))
    for name, draw in (("plots/loss.png", report.loss_curves), ("plots/auc.png", report.auc_curves)):
        with optional(name):
            curve = draw(directory)
            plots += [] if curve is None else [curve]
    plots += report.draw_attacks(spec, audit, directory)
    if log_real_records:
        real_records = (directory.compared_samples / "final.png", directory.exposed_images)
        plots += [path for path in real_records if path.is_file()]
    return plots


def shows_records(cfg: DictConfig) -> bool:
    """Whether a report with records was asked for; a run of an earlier version has no such key."""
    return bool(OmegaConf.select(cfg, "report.include_records", default=False))


def with_safe_cells(spec: RecordSpec, csv_safe: bool) -> RecordSpec:
    """The record format, which in a table marks cells that a spreadsheet would run as formulas if `csv_safe`."""
    return replace(spec, csv_safe=True) if csv_safe and isinstance(spec, TableSpec) else spec


def describe_run(module: ParGANModule, datamodule: PartitionDataModule) -> dict[str, Any]:
    """How long a module was trained, and on what: JSON-ready."""
    membership = datamodule.membership
    steps, steps_per_epoch = module.generator_steps, datamodule.steps_per_epoch
    return {
        # Not Lightning's own count, which in a checkpoint that a callback saved is one less.
        "training": {
            "epochs": steps // steps_per_epoch,
            "generator_steps": steps,
            "steps_per_epoch": steps_per_epoch,
        },
        "data": {
            "records": len(datamodule.pool),
            "partitions": list(membership.partitions.shape),
            "members": membership.members.size,
            "nonmembers": len(membership.nonmembers),
            "reference": len(membership.reference),
            "fingerprint": membership.pool_fingerprint,
            "pairs": len(membership.pairs),
            "duplicates_found": membership.duplicates_found,
            "duplicates_dropped": membership.duplicates_dropped,
            "notes": list(datamodule.pool.notes),
        },
        "notes": _notes_on_copies(membership),
    }


def _notes_on_copies(membership: Membership) -> list[str]:
    if not membership.duplicates_dropped:
        return []
    words = ("record equals another one and was", "records equal another one and were")
    return [
        f"{counted(membership.duplicates_dropped, *words)} left out; data.duplicates=together keeps all copies of a "
        f"record in one group"
    ]


def _rows(audit: AuditResult) -> list[list[Any]]:
    rows: list[list[Any]] = [[f"quality/{name}", value, None, None] for name, value in audit.quality.items()]
    for result in audit.attacks:
        metrics = result.metrics
        rows.append([f"attack/{result.name}/auc", metrics.auc, metrics.auc_low, metrics.auc_high])
    return rows
