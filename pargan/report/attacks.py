"""The files written after attacks: plots, and tables of records and partitions."""

from pathlib import Path

from pargan.audits.result import AuditResult
from pargan.io.optional import optional
from pargan.io.run_directory import RunDirectory
from pargan.records.spec import RecordSpec
from pargan.report.exposed_members import write_exposed, write_rows
from pargan.report.plots import roc_curves, score_histograms


def write_tables(audit: AuditResult, directory: RunDirectory) -> None:
    """Write records.csv and what its columns mean and, for K > 1, partitions.csv; nothing without attacks.

    Raises:
        ParganError: a file cannot be written.
    """
    if audit.risk is None:
        return
    write_rows(audit.risk.to_dicts(), directory.records)
    meanings = audit.risk.column_meanings().items()
    write_rows([{"column": column, "meaning": meaning} for column, meaning in meanings], directory.record_columns)
    if any(leakage.partition > 0 for leakage in audit.partitions):
        write_rows([leakage.to_dict() for leakage in audit.partitions], directory.partitions)


def draw_attacks(spec: RecordSpec, audit: AuditResult, directory: RunDirectory) -> list[Path]:
    """Draw ROC curves and scores, and write the most exposed members; a part that fails becomes a warning.

    Without attacks nothing is written.

    Returns:
        The plots of numbers; not the most exposed members, which are records of people.
    """
    if audit.risk is None:
        return []
    plots = []
    with optional("plots/roc.png"):
        plots.append(roc_curves(audit.attacks, directory.plots / "roc.png"))
    with optional("plots/scores.png"):
        plots.append(score_histograms(audit.attacks, directory.plots / "scores.png"))
    with optional("the sheet of the most exposed members"):
        write_exposed(spec, audit.risk, audit.members, audit.samples, directory)
    return plots
