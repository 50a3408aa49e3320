"""The command `pargan-report`, which makes report.html or sweep.html again from what a run or a sweep left."""

import argparse
import sys
from importlib.metadata import version
from pathlib import Path

from pargan.app.error_messages import exit_with
from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory
from pargan.io.sweep_directory import SweepDirectory


def report() -> None:
    """Entry of pargan-report: `pargan-report outputs/digits-js-k5-s0/<time>`."""
    parser = argparse.ArgumentParser(
        prog="pargan-report",
        description="Make report.html again from result.json and metrics.csv of a run or an audit, or sweep.html, "
        "pareto.png and the tables of a sweep from what its jobs left.",
    )
    parser.add_argument("run", type=Path, help="directory of a run or an audit that has ended, or of a sweep")
    parser.add_argument(
        "--include-records",
        action="store_true",
        help="also write private/report_with_records.html, which shows the most exposed members",
    )
    parser.add_argument("--version", action="version", version=f"pargan {version('pargan')}")
    arguments = parser.parse_args()

    folder = arguments.run.expanduser()
    try:
        if SweepDirectory(folder).exists:
            _report_sweep(SweepDirectory(folder), arguments.include_records)
        else:
            from pargan.report.html import write_report  # matplotlib takes a second, which --help should not

            print(write_report(RunDirectory(folder), arguments.include_records))
    except ParganError as error:
        exit_with(str(error))


def _report_sweep(directory: SweepDirectory, include_records: bool) -> None:
    """Report a sweep from what is on the disk, and name its jobs that failed or are missing on stderr."""
    if include_records:
        raise ParganError("--include-records is for a run; a sweep's report has numbers only", remedy="leave it out")
    from pargan.app.sweep import missing_jobs
    from pargan.report.sweep_html import write_sweep_report, write_sweep_tables

    missing = missing_jobs(directory)
    write_sweep_tables(directory)
    write_sweep_report(directory, missing)
    failed = [f"{name} failed: {result['error']}" for name, result in directory.results().items() if "error" in result]
    for text in [*failed, *missing]:
        print(f"note: {text}", file=sys.stderr)
    print(directory.report)
